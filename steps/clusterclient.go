package steps

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// maxRedirections bounds how often one command is sent on: a cluster that settles needs a few, one that does not would have it for ever.
const maxRedirections = 200

// clusterClient is what the specification asks of a client: it remembers which node said MOVED for which slot, follows ASK for one
// command, and tries again on TRYAGAIN.
type clusterClient struct {
	ctx   context.Context
	trace func(node string, e wire.Exchange)
	start string         // the first node to ask when nothing is known of a slot
	nodes []string       // whom else to ask first, in turn
	route map[int]string // slot to address
	conns map[string]*wire.Conn
	// What it met on its way.
	moved, asked, again int
}

func newClusterClient(ctx context.Context, start string, trace func(string, wire.Exchange)) *clusterClient {
	return &clusterClient{ctx: ctx, trace: trace, start: start, route: map[int]string{}, conns: map[string]*wire.Conn{}}
}

// learn fills the slot map from an answer of CLUSTER SLOTS.
func (c *clusterClient) learn(entries []wire.SlotEntry, addr func(wire.SlotNode) string) {
	for _, e := range entries {
		for slot := e.From; slot <= e.To; slot++ {
			c.route[slot] = addr(e.Nodes[0])
		}
		c.nodes = append(c.nodes, addr(e.Nodes[0]))
	}
}

// do sends a command about a key to whoever is thought to own its slot, and follows.
func (c *clusterClient) do(key string, args ...string) (wireValue, error) {
	slot := wire.SlotOf(key)
	addr, asking := c.addr(slot), false
	for range maxRedirections {
		value, err := c.send(addr, asking, args)
		if err != nil {
			return value, err
		}
		next := strings.Fields(value.Text)
		switch code := value.ErrorCode(); {
		case code == "MOVED" && len(next) == 3:
			c.moved++
			c.route[slot] = next[2]
			addr, asking = next[2], false
		case code == "ASK" && len(next) == 3:
			c.asked++
			addr, asking = next[2], true
		case code == "TRYAGAIN":
			c.again++
			addr, asking = c.addr(slot), false
			time.Sleep(pollInterval)
		default:
			return value, nil
		}
	}
	return wireValue{}, fmt.Errorf("%s was redirected %d times", commandText(args), maxRedirections)
}

func (c *clusterClient) set(key, value string) error {
	reply, err := c.do(key, "SET", key, value)
	if err == nil && reply.IsError() {
		err = fmt.Errorf("SET %s was answered by %s", key, reply)
	}
	return err
}

func (c *clusterClient) get(key string) (string, error) {
	reply, err := c.do(key, "GET", key)
	if err == nil && reply.IsError() {
		err = fmt.Errorf("GET %s was answered by %s", key, reply)
	}
	return reply.Text, err
}

func (c *clusterClient) addr(slot int) string {
	if addr := c.route[slot]; addr != "" {
		return addr
	}
	return c.start
}

// send puts a command on the wire, with ASKING in front where a node was told to ask.
func (c *clusterClient) send(addr string, asking bool, args []string) (wireValue, error) {
	ctx, cancel := context.WithTimeout(c.ctx, clientLimit)
	defer cancel()
	conn, err := c.conn(ctx, addr)
	if err != nil {
		return wireValue{}, err
	}
	if !asking {
		return conn.Do(ctx, args...)
	}
	values, err := conn.Pipeline(ctx, []string{"ASKING"}, args)
	if err != nil {
		return wireValue{}, err
	}
	return values[1], nil
}

func (c *clusterClient) conn(ctx context.Context, addr string) (*wire.Conn, error) {
	if conn := c.conns[addr]; conn != nil {
		return conn, nil
	}
	conn, err := wire.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	if c.trace != nil {
		conn.Trace(func(e wire.Exchange) { c.trace(addr, e) })
	}
	c.conns[addr] = conn
	return conn, nil
}

// pipeline sends commands about keys in batches, one pipeline a node, and follows redirections one by one.
func (c *clusterClient) pipeline(keys []string, command func(key string) []string) ([]wireValue, error) {
	const batch = 500
	values := make([]wireValue, len(keys))
	byAddr := map[string][]int{}
	for i, key := range keys {
		addr := c.addr(wire.SlotOf(key))
		byAddr[addr] = append(byAddr[addr], i)
	}
	for addr, indexes := range byAddr {
		for len(indexes) > 0 {
			some := indexes[:min(batch, len(indexes))]
			indexes = indexes[len(some):]
			if err := c.batch(addr, some, keys, command, values); err != nil {
				return nil, err
			}
		}
	}
	return values, nil
}

func (c *clusterClient) batch(addr string, indexes []int, keys []string, command func(string) []string, values []wireValue) error {
	ctx, cancel := context.WithTimeout(c.ctx, clientLimit)
	defer cancel()
	conn, err := c.conn(ctx, addr)
	if err != nil {
		return err
	}
	var commands [][]string
	for _, i := range indexes {
		commands = append(commands, command(keys[i]))
	}
	replies, err := conn.Pipeline(ctx, commands...)
	if err != nil {
		return err
	}
	for n, i := range indexes {
		values[i] = replies[n]
		if code := replies[n].ErrorCode(); code == "MOVED" || code == "ASK" || code == "TRYAGAIN" {
			if values[i], err = c.do(keys[i], commands[n]...); err != nil {
				return err
			}
		}
	}
	return nil
}

// forget drops all connections and what was remembered of slots, and begins anew with another node.
func (c *clusterClient) forget() {
	c.close()
	clear(c.conns)
	clear(c.route)
	if len(c.nodes) > 0 {
		c.start = c.nodes[0]
		c.nodes = append(c.nodes[1:], c.start)
	}
}

func (c *clusterClient) close() {
	for _, conn := range c.conns {
		conn.Close()
	}
}
