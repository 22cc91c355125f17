package steps

import (
	"context"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// clientLimit bounds one command of a client: some of them take their own seconds (WAIT, MIGRATE).
const clientLimit = 15 * time.Second

// client is a client of the scenario: it sends what it is told, to the node it is told, and never acts on a reply. It keeps one
// connection to each node, so that READONLY, ASKING and MULTI last as they would.
type client struct {
	w     *World
	conns map[*member]*wire.Conn
}

// client finds or makes a client by the name the steps give it.
func (w *World) client(name string) *client {
	if w.clients[name] == nil {
		w.clients[name] = &client{w: w, conns: map[*member]*wire.Conn{}}
	}
	return w.clients[name]
}

// conn is the client's connection to a node.
func (c *client) conn(ctx context.Context, m *member) (*wire.Conn, error) {
	if conn := c.conns[m]; conn != nil {
		return conn, nil
	}
	conn, err := wire.Dial(ctx, m.Addr())
	if err != nil {
		return nil, err
	}
	conn.Trace(func(e wire.Exchange) { c.w.trace.add(m.name, e) })
	c.conns[m] = conn
	return conn, nil
}

// do sends a command to a node and takes the reply.
func (c *client) do(m *member, args ...string) (wireValue, error) {
	ctx, cancel := context.WithTimeout(c.w.ctx, clientLimit)
	defer cancel()
	conn, err := c.conn(ctx, m)
	if err != nil {
		return wireValue{}, c.w.silence(m, err)
	}
	value, err := conn.Do(ctx, args...)
	if err != nil {
		c.drop(m)
		return wireValue{}, c.w.silence(m, err)
	}
	c.w.last = reply{m, args, value}
	return value, nil
}

// pipeline sends commands in one write.
func (c *client) pipeline(m *member, commands ...[]string) ([]wireValue, error) {
	ctx, cancel := context.WithTimeout(c.w.ctx, clientLimit)
	defer cancel()
	conn, err := c.conn(ctx, m)
	if err != nil {
		return nil, c.w.silence(m, err)
	}
	values, err := conn.Pipeline(ctx, commands...)
	if err != nil {
		c.drop(m)
	}
	return values, c.w.silence(m, err)
}

// drop forgets the connection to a node, which is gone or of no more use.
func (c *client) drop(m *member) {
	if conn := c.conns[m]; conn != nil {
		conn.Close()
		delete(c.conns, m)
	}
}

// close ends all connections.
func (c *client) close() {
	for m := range c.conns {
		c.drop(m)
	}
}

// words splits a command as features write it: blanks separate, double quotes keep blanks and make empty words.
func words(command string) ([]string, error) {
	var all []string
	for rest := strings.TrimSpace(command); rest != ""; rest = strings.TrimLeft(rest, " ") {
		if rest[0] != '"' {
			word, after, _ := strings.Cut(rest, " ")
			all, rest = append(all, word), after
			continue
		}
		end := strings.IndexByte(rest[1:], '"')
		if end < 0 {
			return nil, nonsense("%s has a quote that does not end", command)
		}
		all, rest = append(all, rest[1:1+end]), rest[end+2:]
	}
	if len(all) == 0 {
		return nil, nonsense("an empty command")
	}
	return all, nil
}

// commandText is a command in one readable line.
func commandText(args []string) string {
	const longest = 120
	text := wire.Value{Kind: wire.Bulk, Text: strings.Join(args, " ")}.String()
	text = strings.TrimPrefix(text, "bulk ")
	if len(text) > longest {
		text = text[:longest] + `..."`
	}
	return text
}
