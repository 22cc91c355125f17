package steps

import (
	"net"
	"regexp"
	"strings"

	"github.com/clusterspec/clusterspec/reports"
)

// How steps speak of nodes. The capture of who is read by World.who.
const (
	one  = `([A-Z]\d?)`
	list = `([A-Z]\d?(?:, [A-Z]\d?)*)`
	who  = `((?:every|each)(?: running)? node|all nodes|nodes? [A-Z]\d?(?:, [A-Z]\d?)*)`
)

// node finds a node by its name.
func (w *World) node(name string) (*member, error) {
	if w.cluster == nil {
		return nil, nonsense("there is no cluster; begin with a Given that asks for one")
	}
	if m := w.cluster.member(name); m != nil {
		return m, nil
	}
	if w.single != nil && w.single.name == name {
		return w.single.member, nil
	}
	return nil, nonsense("there is no node %s", name)
}

// nodes finds the nodes of a list: "A, B1".
func (w *World) nodes(names string) ([]*member, error) {
	var found []*member
	for _, name := range strings.Split(names, ", ") {
		m, err := w.node(name)
		if err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	return found, nil
}

// who finds the nodes a subject means: "node A", "nodes A, B", "every node", "every running node".
func (w *World) who(subject string) ([]*member, error) {
	switch {
	case w.cluster == nil:
		return nil, nonsense("there is no cluster; begin with a Given that asks for one")
	case strings.Contains(subject, "running"):
		return w.cluster.running(), nil
	case strings.HasPrefix(subject, "node"):
		_, names, _ := strings.Cut(subject, " ")
		return w.nodes(names)
	}
	return w.cluster.members, nil
}

// each carries something out for every node of a subject and stops at the first error.
func (w *World) each(subject string, do func(*member) error) error {
	members, err := w.who(subject)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := do(m); err != nil {
			return err
		}
	}
	return nil
}

// eachView checks the view of every node of a subject.
func (w *World) eachView(subject string, judge func(*view) error) error {
	return w.each(subject, func(m *member) error {
		v, err := w.view(m)
		if err != nil {
			return err
		}
		return judge(v)
	})
}

// view is what a node says of the cluster now.
func (w *World) view(m *member) (*view, error) {
	v, err := w.cluster.view(w.ctx, m)
	return v, w.silence(m, err)
}

// ask puts a question of the judge's own to a node.
func (w *World) ask(m *member, args ...string) (wireValue, error) {
	reply, err := m.ask(w.ctx, args...)
	return reply, w.silence(m, err)
}

// askInt puts a question whose answer is a number.
func (w *World) askInt(m *member, args ...string) (int, error) {
	reply, err := w.ask(m, args...)
	if err != nil {
		return 0, err
	}
	n, ok := reply.Int()
	if !ok {
		return 0, &failure{Node: m.name, Want: []string{"an integer in answer to " + commandText(args)}, Got: reply.String()}
	}
	return int(n), nil
}

// silence makes a failure out of trouble on the wire: a node that should answer and does not is wrong.
func (w *World) silence(m *member, err error) error {
	if err == nil || verdictOf(err) == reports.Fail {
		return err
	}
	if w.ctx.Err() != nil {
		return errInterrupted
	}
	return &failure{Node: m.name, Want: []string{"an answer"}, Got: err.Error()}
}

// placeholder is a detail of a node, a port where nobody listens, or a folder of the scenario's own: <B.addr>, <unused.port>, <scratch.dir>.
var placeholder = regexp.MustCompile(`<(\w+)\.(\w+)>`)

// resolve replaces placeholders by what they stand for.
func (w *World) resolve(text string) (string, error) {
	var failed error
	resolved := placeholder.ReplaceAllStringFunc(text, func(p string) string {
		m := placeholder.FindStringSubmatch(p)
		value, err := w.detail(m[1], m[2])
		if err != nil {
			failed = err
		}
		return value
	})
	return resolved, failed
}

func (w *World) detail(name, what string) (string, error) {
	switch name {
	case "unused":
		return unusedPort()
	case "scratch":
		return w.scratchDir()
	}
	m, err := w.node(name)
	if err != nil {
		return "", err
	}
	switch what {
	case "addr":
		return m.Addr(), nil
	case "ip":
		return m.host(), nil
	case "port":
		return m.port(), nil
	case "busport":
		return itoa(m.BusPort()), nil
	case "id":
		return m.id, nil
	}
	return "", nonsense("a node has no %s", what)
}

// unusedPort is a port where nobody listens, and no node will: nodes take theirs from another range.
func unusedPort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	return port, err
}
