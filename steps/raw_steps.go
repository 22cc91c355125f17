package steps

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// A connection on which something is sent whose answer comes later, or never: commands that block, and bytes that no client would send.

func (w *World) rawActions() []sentence {
	return []sentence{
		{`a client sends "([^"]*)" to node ` + one + ` and waits`, w.sendsAndWaits},
		{`a client sends the bytes (".*") to node ` + one, w.sendsBytes},
		{`a client sends (\d+) bytes (".*") to node ` + one, w.sendsManyBytes},
	}
}

func (w *World) rawStatements() []sentence {
	return []sentence{
		{`the answer is (.+)`, w.answerIs},
		{`there is no answer yet`, w.noAnswerYet},
		{`the connection is closed`, w.connectionIsClosed},
	}
}

// waiting is such a connection and what has come on it.
type waiting struct {
	on   *member
	conn *wire.Conn
	got  *wireValue
	err  error // what ended it
}

func (x *waiting) close() {
	if x.conn != nil {
		x.conn.Close()
	}
}

// openWaiting opens the connection of the next sentences.
func (w *World) openWaiting(name string, send func(*wire.Conn) error) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	ctx, cancel := w.limited()
	defer cancel()
	conn, err := wire.Dial(ctx, m.Addr())
	if err != nil {
		return w.silence(m, err)
	}
	w.waiting.close()
	w.waiting = waiting{on: m, conn: conn}
	conn.Trace(func(e wire.Exchange) { w.trace.add(m.name, e) })
	return w.silence(m, send(conn))
}

func (w *World) sendsAndWaits(command, name string) error {
	args, err := w.command(command)
	if err != nil {
		return err
	}
	return w.openWaiting(name, func(c *wire.Conn) error { return c.Send(args...) })
}

func (w *World) sendsBytes(quoted, name string) error {
	return w.sendsManyBytes(0, quoted, name)
}

// sendsManyBytes repeats a text until there are as many bytes, or sends it once. A server that closes in the middle of it has answered.
func (w *World) sendsManyBytes(count int, quoted, name string) error {
	bytes, err := strconv.Unquote(quoted)
	if err != nil || bytes == "" {
		return nonsense("%s is no text in quotes", quoted)
	}
	if count > 0 {
		bytes = strings.Repeat(bytes, count/len(bytes)+1)[:count]
	}
	return w.openWaiting(name, func(c *wire.Conn) error {
		if err := c.SendRaw([]byte(bytes)); err != nil && !isReset(err) {
			return err
		}
		return nil
	})
}

// look takes the answer if it has come.
func (x *waiting) look(ctx context.Context, limit time.Duration) {
	if x.got != nil || x.err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	value, err := x.conn.Receive(ctx)
	switch {
	case err == nil:
		x.got = &value
	case isReset(err):
		x.err = err
	}
}

func (w *World) answerIs(want string) error {
	x := &w.waiting
	if x.conn == nil {
		return nonsense("nothing was sent whose answer could come")
	}
	x.look(w.ctx, lookLimit)
	if x.got == nil {
		return w.check(x.on.name, false, x.absence(), want)
	}
	return w.judge(x.on, *x.got, want)
}

func (x *waiting) absence() string {
	if x.err != nil {
		return "no answer: " + x.err.Error()
	}
	return "no answer"
}

func (w *World) noAnswerYet() error {
	x := &w.waiting
	if x.conn == nil {
		return nonsense("nothing was sent whose answer could come")
	}
	x.look(w.ctx, pollInterval)
	got := x.absence()
	if x.got != nil {
		got = x.got.String()
	}
	return w.check(x.on.name, x.got == nil && x.err == nil, got, "nothing")
}

// connectionIsClosed looks for the end of the stream, after the answer if there was one.
func (w *World) connectionIsClosed() error {
	x := &w.waiting
	if x.conn == nil {
		return nonsense("no connection was opened")
	}
	if x.err == nil {
		ctx, cancel := context.WithTimeout(w.ctx, lookLimit)
		defer cancel()
		value, err := x.conn.Receive(ctx)
		if err == nil {
			return w.check(x.on.name, false, value.String(), "the end of the connection")
		}
		x.err = err
	}
	return w.check(x.on.name, isReset(x.err), x.err.Error(), "the end of the connection")
}
