package node

import (
	"iter"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// proc is a program that runs in virtual time: it is written as if it waited, and the network resumes it when what it
// waits for has come.
type proc struct {
	net   *network
	next  func() (func() bool, bool)
	ready func() bool // what it waits for
	over  bool
	wait  func(ready func() bool)
}

// spawn starts a program.
func (n *network) spawn(body func(p *proc)) *proc {
	p := &proc{net: n, ready: func() bool { return true }}
	next, _ := iter.Pull(func(yield func(func() bool) bool) {
		p.wait = func(ready func() bool) { yield(ready) }
		body(p)
	})
	p.next = next
	n.procs = append(n.procs, p)
	n.after(0, func() {})
	return p
}

// resumeProcs goes on with the programs that can.
func (n *network) resumeProcs() {
	for i := 0; i < len(n.procs); i++ {
		for p := n.procs[i]; !p.over && p.ready(); {
			ready, more := p.next()
			if !more {
				p.over = true
				break
			}
			p.ready = ready
		}
	}
}

// sleep waits for an amount of time.
func (p *proc) sleep(d clock.Millis) {
	over := false
	p.net.after(d, func() { over = true })
	p.wait(func() bool { return over })
}

// wire is a client's connection to one node.
type wire struct {
	end    *end
	in     []byte
	broken bool
}

// connect opens a connection to an address; nil: nobody is there.
func (p *proc) connect(addr string) *wire {
	n := p.net
	w := &wire{}
	local := &end{net: n}
	local.read = func(b []byte) { w.in = append(w.in, b...) }
	local.done = func() { w.broken = true }
	w.end = local
	p.sleep(n.latency())
	to, kind := n.listener(addr)
	if to == nil || kind != Client {
		return nil
	}
	to.accept(Client, local)
	return w
}

// do sends a request and waits for its reply. ok is false when the connection broke, or there was no reply in time.
func (p *proc) do(w *wire, args ...string) (reply string, ok bool) {
	const patienceMillis = 3000
	if w.broken {
		return "", false
	}
	w.end.send(resp.AppendCommandStrings(nil, args...))
	late := false
	p.net.after(patienceMillis, func() { late = true })
	size := 0
	p.wait(func() bool {
		size = replySize(w.in)
		return size > 0 || w.broken || late
	})
	if size == 0 {
		w.end.close()
		w.broken = true
		return "", false
	}
	reply = string(w.in[:size])
	w.in = w.in[size:]
	return reply, true
}

// replySize is how long the reply at the head of b is; 0: it is incomplete.
func replySize(b []byte) int {
	line, n := resp.ReplyLine(b)
	if n == 0 {
		return 0
	}
	count, _ := strconv.Atoi(string(line[1:]))
	switch line[0] {
	case '$':
		if count >= 0 {
			n += count + 2
		}
		if n > len(b) {
			return 0
		}
	case '*':
		for range count {
			item := replySize(b[n:])
			if item == 0 {
				return 0
			}
			n += item
		}
	}
	return n
}

// bulk is the content of a bulk reply.
func bulk(reply string) string {
	_, rest, _ := strings.Cut(reply, "\r\n")
	return strings.TrimSuffix(rest, "\r\n")
}

// bulks are the elements of an array of bulks.
func bulks(reply string) (items []string) {
	b := []byte(reply)
	_, n := resp.ReplyLine(b)
	for b = b[n:]; len(b) > 0; {
		size := replySize(b)
		items = append(items, bulk(string(b[:size])))
		b = b[size:]
	}
	return items
}

// client follows the protocol as Redis Cluster clients do: it asks the node it believes to own the slot, and goes where it
// is sent.
type client struct {
	p     *proc
	addrs []string // of nodes to begin with
	owner map[slot.Slot]string
	wires map[string]*wire
}

func (p *proc) client() *client {
	c := &client{p: p, owner: map[slot.Slot]string{}, wires: map[string]*wire{}}
	for _, r := range p.net.hosts {
		c.addrs = append(c.addrs, r.addr())
	}
	return c
}

// wire is a connection to an address, perhaps an old one; nil: nobody is there.
func (c *client) wire(addr string) *wire {
	if w := c.wires[addr]; w != nil && !w.broken {
		return w
	}
	w := c.p.connect(addr)
	c.wires[addr] = w
	return w
}

// do runs a command for a key, for as long as limit. A command whose reply was lost is sent again.
func (c *client) do(limit clock.Millis, key string, args ...string) (reply string, ok bool) {
	n := c.p.net
	s := slot.OfString(key)
	for end := n.now.Mono + limit; n.now.Mono < end; {
		addr := c.owner[s]
		if addr == "" {
			addr = c.addrs[n.rand.IntN(len(c.addrs))]
		}
		reply, ok := c.ask(addr, false, args)
		for ok && strings.HasPrefix(reply, "-ASK ") {
			reply, ok = c.ask(strings.Fields(reply)[2], true, args)
		}
		switch {
		case !ok:
			delete(c.owner, s)
			c.p.sleep(20)
		case strings.HasPrefix(reply, "-MOVED "):
			c.owner[s] = strings.Fields(reply)[2]
		case strings.HasPrefix(reply, "-CLUSTERDOWN "), strings.HasPrefix(reply, "-TRYAGAIN "), strings.HasPrefix(reply, "-UNBLOCKED "):
			c.p.sleep(20)
		default:
			return reply, true
		}
	}
	return "", false
}

// ask runs a command at one node.
func (c *client) ask(addr string, asking bool, args []string) (reply string, ok bool) {
	w := c.wire(addr)
	if w == nil {
		return "", false
	}
	if asking {
		if reply, ok := c.p.do(w, "ASKING"); !ok || reply != "+OK\r\n" {
			return "", false
		}
	}
	return c.p.do(w, args...)
}
