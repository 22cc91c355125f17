package steps

import (
	"cmp"
	"context"
	"strings"

	"github.com/cucumber/godog"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// Which client a step means; the first one is meant when nothing else is said.
const whichClient = `(a|the first|another) client`

func (w *World) clientActions() []sentence {
	return []sentence{
		{whichClient + ` sends "([^"]*)" to node ` + one, w.sends},
		{whichClient + ` sends to node ` + one + `:`, w.sendsAll},
		{whichClient + ` sends to node ` + one + ` in one pipeline:`, w.sendsPipeline},
		{`the client follows the redirection`, w.followsRedirection},
		{`every node answers each of these itself:`, w.everyNodeAnswers},
	}
}

func (w *World) clientStatements() []sentence {
	return []sentence{
		{`the reply is (.+)`, w.replyIs},
		{`"([^"]*)" sent to node ` + one + ` gives (.+)`, w.gives},
		{`the client was redirected once, to node ` + one, w.wasRedirectedTo},
		{`a key of slot (\d+) is served by node ` + one + `, and every other node says MOVED to ([A-Z]\d?)`, w.slotIsServedBy},
		{`a value written under "([^"]*)" on node ` + one + ` can be read there`, w.canBeWrittenAndRead},
		{`a read-only client of node ` + one + ` reads "([^"]*)" from key "([^"]*)"`, w.readOnlyClientReads},
	}
}

// clientNamed is the client a step means.
func (w *World) clientNamed(which string) *client {
	if which == "another" {
		return w.client("another")
	}
	return w.client("first")
}

// command prepares a command as a step has it: placeholders, then words.
func (w *World) command(text string) ([]string, error) {
	resolved, err := w.resolve(text)
	if err != nil {
		return nil, err
	}
	return words(resolved)
}

func (w *World) sends(which, command, name string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	args, err := w.command(command)
	if err != nil {
		return err
	}
	_, err = w.clientNamed(which).do(m, args...)
	return err
}

func (w *World) replyIs(text string) error {
	if w.last.from == nil {
		return nonsense("nothing was sent yet")
	}
	return w.judge(w.last.from, w.last.value, text)
}

// judge compares a reply with what a step expects, or with what the target's profile has in its place.
func (w *World) judge(m *member, value wireValue, text string) error {
	text = cmp.Or(w.instead[text], text)
	resolved, err := w.resolve(text)
	if err != nil {
		return err
	}
	want, err := parseExpectation(resolved)
	if err != nil {
		return err
	}
	return w.check(m.name, want.matches(value), value.String(), want.text)
}

func (w *World) sendsAll(which, name string, table *godog.Table) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	c := w.clientNamed(which)
	return w.eachRow(table, func(command []string, want string) error {
		value, err := c.do(m, command...)
		if err != nil {
			return err
		}
		return inRow(command, w.judge(m, value, want))
	})
}

// eachRow goes through a table with the columns command and reply.
func (w *World) eachRow(table *godog.Table, do func(command []string, want string) error) error {
	if len(table.Rows) < 2 || table.Rows[0].Cells[0].Value != "command" || table.Rows[0].Cells[1].Value != "reply" {
		return nonsense("the table wants the columns command and reply, and rows")
	}
	for _, row := range table.Rows[1:] {
		command, err := w.command(row.Cells[0].Value)
		if err != nil {
			return err
		}
		if err := do(command, row.Cells[1].Value); err != nil {
			return err
		}
	}
	return nil
}

// inRow says in a failure which row of the table it was.
func inRow(command []string, err error) error {
	if f, ok := err.(*failure); ok {
		f.Asked = commandText(command)
	}
	return err
}

func (w *World) sendsPipeline(which, name string, table *godog.Table) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	var commands [][]string
	var wants []string
	err = w.eachRow(table, func(command []string, want string) error {
		commands, wants = append(commands, command), append(wants, want)
		return nil
	})
	if err != nil {
		return err
	}
	values, err := w.clientNamed(which).pipeline(m, commands...)
	for i := 0; i < len(values) && err == nil; i++ {
		err = inRow(commands[i], w.judge(m, values[i], wants[i]))
	}
	return err
}

func (w *World) gives(command, name, want string) error {
	if err := w.sends("a", command, name); err != nil {
		return err
	}
	return w.replyIs(want)
}

func (w *World) followsRedirection() error {
	to, asking, err := w.redirection()
	if err != nil {
		return err
	}
	c, request := w.client("first"), w.last.request
	if asking {
		if _, err := c.do(to, "ASKING"); err != nil {
			return err
		}
	}
	_, err = c.do(to, request...)
	w.data.redirectedTo = append(w.data.redirectedTo, to.name)
	return err
}

// redirection reads MOVED or ASK from the last reply.
func (w *World) redirection() (to *member, asking bool, err error) {
	want := []string{`error "MOVED ..."`, `error "ASK ..."`}
	code, rest, _ := strings.Cut(w.last.value.Text, " ")
	_, addr, _ := strings.Cut(rest, " ")
	if !w.last.value.IsError() || code != "MOVED" && code != "ASK" {
		return nil, false, w.check(w.last.from.name, false, w.last.value.String(), want...)
	}
	for _, m := range w.cluster.members {
		if m.Addr() == addr {
			return m, code == "ASK", nil
		}
	}
	return nil, false, w.check(w.last.from.name, false, w.last.value.String(), "the address of a node of the cluster")
}

func (w *World) wasRedirectedTo(name string) error {
	return w.checkEqual("", strings.Join(w.data.redirectedTo, ", "), name)
}

func (w *World) slotIsServedBy(slot int, name, _ string) error {
	owner, err := w.node(name)
	if err != nil {
		return err
	}
	key := keyOfSlot(slot)
	return w.each("every node", func(m *member) error {
		value, err := w.client("first").do(m, "GET", key)
		if err != nil {
			return err
		}
		if m == owner {
			return w.judge(m, value, "null")
		}
		return w.judge(m, value, `error "MOVED `+itoa(slot)+` <`+name+`.addr>"`)
	})
}

func (w *World) canBeWrittenAndRead(key, name string) error {
	if err := w.gives(`SET `+key+` written`, name, `simple "OK"`); err != nil {
		return err
	}
	return w.gives(`GET `+key, name, `bulk "written"`)
}

func (w *World) readOnlyClientReads(name, value, key string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	c := w.client("read-only")
	if _, err := c.do(m, "READONLY"); err != nil {
		return err
	}
	got, err := c.do(m, "GET", key)
	if err != nil {
		return err
	}
	return w.check(name, got.Kind == wire.Bulk && got.Text == value, got.String(), wireValue{Kind: wire.Bulk, Text: value}.String())
}

func (w *World) everyNodeAnswers(table *godog.Table) error {
	return w.each("every node", func(m *member) error { return w.sendsAll("a", m.name, table) })
}

// keyOfSlot is the first key of the form k0, k1... that lies in the slot.
func keyOfSlot(slot int) string {
	for i := 0; ; i++ {
		if key := "k" + itoa(i); wire.SlotOf(key) == slot {
			return key
		}
	}
}

// limited is a context for one command of a client.
func (w *World) limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(w.ctx, clientLimit)
}
