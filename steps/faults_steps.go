package steps

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/faults"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

// The network between the nodes is the proxy's. The judge and the clients of a scenario reach every node all the same.
func (w *World) faultsActions() []sentence {
	return []sentence{
		{who + ` (?:is|are) cut off from the others`, w.cutOff},
		{who + ` (?:is|are) cut off from ` + who, w.cutOffFrom},
		{`every link between node ` + one + ` and node ` + one + ` breaks`, w.breakLinks},
		{`(all|` + frameKinds + `) frames from ` + who + ` to ` + who + ` are lost`, w.loseFrames},
		{`(all|` + frameKinds + `) frames from ` + who + ` to ` + who + ` take (half a|\d+) node timeouts? longer`, w.delayFrames},
		{`the network is whole again`, w.heal},
	}
}

// frameKinds is a list of types of frames: "ping and pong", "auth-req".
const frameKinds = `[a-z-]+(?: and [a-z-]+)*`

func (w *World) faultsStatements() []sentence {
	return []sentence{
		{who + ` (?:has|have) sent node ` + one + ` (an?|no) ` + frames + `(?: frame)?(?: about node ` + one + `)?`, w.hasSentNode},
		{`no running node has asked for votes`, w.nobodyAskedForVotes},
	}
}

// proxy is in the path of every link of the scenario's cluster.
func (w *World) proxy() (*faults.Proxy, error) {
	if w.cluster == nil || w.cluster.faults == nil {
		return nil, nonsense("nothing is in the path of the links; the scenario needs the tag @needs:proxy")
	}
	return w.cluster.faults, nil
}

// change changes what the proxy does between the nodes of two subjects.
func (w *World) change(kind, one, other string, do func(r *faults.Rules, one, other []string)) error {
	p, err := w.proxy()
	if err != nil {
		return err
	}
	from, err := w.namesOf(one)
	if err != nil {
		return err
	}
	to, err := w.namesOf(other)
	if err != nil {
		return err
	}
	ends := slices.Compact(slices.Sorted(slices.Values(slices.Concat(from, to))))
	w.did(kind, ends...)
	p.Change(func(r *faults.Rules) { do(r, from, to) })
	return nil
}

// namesOf lists the nodes of a subject by name.
func (w *World) namesOf(subject string) ([]string, error) {
	members, err := w.who(subject)
	var names []string
	for _, m := range members {
		names = append(names, m.name)
	}
	return names, err
}

func (w *World) cutOff(subject string) error {
	return w.change("cut", subject, "every node", func(r *faults.Rules, group, all []string) {
		r.Cut(group, slices.DeleteFunc(all, func(name string) bool { return slices.Contains(group, name) }))
	})
}

func (w *World) cutOffFrom(one, other string) error {
	return w.change("cut", one, other, (*faults.Rules).Cut)
}

func (w *World) breakLinks(one, other string) error {
	p, err := w.proxy()
	if err == nil {
		w.did("break", one, other)
		p.Break(one, other)
	}
	return err
}

func (w *World) loseFrames(what, from, to string) error {
	types, err := typesOf(what)
	if err != nil {
		return err
	}
	return w.change("lose", from, to, func(r *faults.Rules, from, to []string) {
		r.Add(faults.Filter{From: from, To: to, Types: types, Drop: true})
	})
}

func (w *World) delayFrames(what, from, to, timeouts string) error {
	types, err := typesOf(what)
	if err != nil {
		return err
	}
	delay := w.nodeTimeout / 2
	if timeouts != "half a" {
		delay = time.Duration(number(timeouts)) * w.nodeTimeout
	}
	return w.change("delay", from, to, func(r *faults.Rules, from, to []string) {
		r.Add(faults.Filter{From: from, To: to, Types: types, Delay: delay})
	})
}

// typesOf reads "all" or "ping and pong".
func typesOf(what string) ([]bus.Type, error) {
	if what == "all" {
		return nil, nil
	}
	var types []bus.Type
	for _, name := range strings.Split(what, " and ") {
		t, known := bus.TypeOf(name)
		if !known {
			return nil, nonsense("there are no %s frames", name)
		}
		types = append(types, t)
	}
	return types, nil
}

func (w *World) heal() error {
	p, err := w.proxy()
	if err == nil {
		w.did("heal", p.Nodes()...)
		p.Change((*faults.Rules).Heal)
	}
	return err
}

func (w *World) hasSentNode(subject, to, article, kind, about string) error {
	p, err := w.proxy()
	if err != nil {
		return err
	}
	wanted, _ := bus.TypeOf(kind)
	id, what := "", kind+" frame"
	if about != "" {
		m, err := w.node(about)
		if err != nil {
			return err
		}
		id, what = m.id, what+" about "+about
	}
	return w.each(subject, func(m *member) error {
		n := p.Log.Count(func(s *bus.Seen) bool {
			return s.From == m.name && s.To == to && s.Frame.Type.Plain() == wanted && (id == "" || s.Frame.About == id)
		})
		want := "at least one"
		if article == "no" {
			want = "none"
		}
		return w.check(m.name, (n > 0) == (article != "no"), fmt.Sprintf("%s to node %s: %d", what, to, n), fmt.Sprintf("%s to node %s: %s", what, to, want))
	})
}

func (w *World) nobodyAskedForVotes() error {
	p, err := w.proxy()
	if err != nil {
		return err
	}
	return w.each("every running node", func(m *member) error {
		n := p.Log.Count(func(s *bus.Seen) bool { return s.From == m.name && s.Frame.Type == bus.VoteRequest })
		return w.checkEqual(m.name, fmt.Sprintf("vote requests: %d", n), "vote requests: 0")
	})
}
