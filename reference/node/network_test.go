package node

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/config"
)

// network joins nodes and clients in virtual time. Streams keep their order, but are cut into random pieces that take
// random times. Nothing here sleeps, and one seed gives one run.
type network struct {
	t     testing.TB
	rand  *rand.Rand
	now   clock.Instant
	due   events
	made  uint64 // events so far: those of one moment happen in the order they were made
	hosts []*machineRoom
	procs []*proc
	// apart says whether two hosts cannot reach each other; nil: all can.
	apart func(a, b *machineRoom) bool
}

// wallStart is the wall clock at virtual time zero.
const wallStart clock.Millis = 1_700_000_000_000

func newNetwork(t testing.TB, seed uint64) *network {
	return &network{t: t, rand: rand.New(rand.NewPCG(seed, 7)), now: clock.Instant{Mono: 1, Wall: wallStart}}
}

// machineRoom is where one node runs: its addresses, its disk, and what drives it.
type machineRoom struct {
	net     *network
	name    string
	port    uint16
	node    *Node
	options map[string]string
	disk    []byte // nodes.conf
	alive   bool
	ends    []*end // open connections
	wakeAt  clock.Millis
	// bytesLeft, when not negative, is how many bytes the node may still write before it is killed in the middle of it.
	bytesLeft int
	log       []string
}

// end is one end of a connection.
type end struct {
	net    *network
	room   *machineRoom // nil at a client's end
	conn   *Conn
	other  *end
	read   func(b []byte) // of a client's end
	closed bool           // nothing more is delivered to this end
	lastAt clock.Millis   // when the last piece sent from here arrives: later ones do not overtake it
	shut   bool           // nothing more is sent from this end
	done   func()         // a client is told that the connection ended
}

// event is something that happens at a time.
type event struct {
	at  clock.Millis
	seq uint64
	do  func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	*e = (*e)[:last]
	return x
}

func (n *network) at(when clock.Millis, do func()) {
	n.made++
	heap.Push(&n.due, event{max(when, n.now.Mono), n.made, do})
}

func (n *network) after(d clock.Millis, do func()) { n.at(n.now.Mono+d, do) }

// latency is how long a piece takes.
func (n *network) latency() clock.Millis { return clock.Millis(n.rand.IntN(3)) }

// run lets things happen until cond holds, and fails the test when that takes longer than limit.
func (n *network) run(limit clock.Millis, what string, cond func() bool) {
	n.t.Helper()
	end := n.now.Mono + limit
	for !cond() {
		if len(n.due) == 0 || n.due[0].at > end {
			n.fatalf("after %d ms still waiting: %s", limit, what)
		}
		e := heap.Pop(&n.due).(event)
		if d := e.at - n.now.Mono; d > 0 {
			n.now = n.now.Add(d)
		}
		e.do()
		n.resumeProcs()
	}
}

// pass lets an amount of time pass.
func (n *network) pass(d clock.Millis) {
	n.t.Helper()
	over := false
	n.after(d, func() { over = true })
	n.run(d+1, "time to pass", func() bool { return over })
}

func (n *network) fatalf(format string, args ...any) {
	n.t.Helper()
	for _, r := range n.hosts {
		for _, line := range r.log[max(0, len(r.log)-25):] {
			n.t.Logf("%s: %s", r.name, line)
		}
	}
	n.t.Fatalf("at %d ms: "+format, append([]any{n.now.Mono}, args...)...)
}

// add makes a host and starts its node.
func (n *network) add(name string, port uint16, nodesConf []byte, options map[string]string) *machineRoom {
	r := &machineRoom{net: n, name: name, port: port, options: options, disk: nodesConf, bytesLeft: -1}
	n.hosts = append(n.hosts, r)
	r.start()
	return r
}

// start starts the node from what is on disk.
func (r *machineRoom) start() {
	n := r.net
	options := config.New()
	options.SetAtStart("save", "") // snapshots have tests of their own
	for name, value := range r.options {
		if err := options.SetAtStart(name, value); err != nil {
			n.t.Fatal(err)
		}
	}
	node, err := New(Config{
		Options: options, NodesConf: r.disk, Port: r.port, BusPort: r.port + 10000, Seed: n.rand.Uint64(), Now: n.now,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	r.node, r.alive, r.bytesLeft = node, true, -1
	r.turn()
}

func (r *machineRoom) addr() string { return "127.0.0.1:" + strconv.Itoa(int(r.port)) }

// kill ends the node at once. What it wrote before still arrives; what others send to it does not.
func (r *machineRoom) kill() {
	if !r.alive {
		return
	}
	r.alive = false
	r.log = append(r.log, fmt.Sprintf("%d killed", r.net.now.Mono))
	for _, e := range slices.Clone(r.ends) {
		e.close()
	}
	r.ends = nil
}

// turn drives the node as the package comment says.
func (r *machineRoom) turn() {
	if !r.alive {
		return
	}
	n := r.net
	e := r.node.Turn(n.now)
	for _, line := range e.Log {
		r.log = append(r.log, fmt.Sprintf("%d %s", n.now.Mono, line.Text))
	}
	if e.Save != nil {
		r.disk = slices.Clone(e.Save)
		r.node.Saved(n.now, nil)
	}
	for _, c := range e.Write {
		r.write(c)
		if !r.alive {
			return
		}
	}
	for _, c := range e.Close {
		if end, ok := c.Shell.(*end); ok {
			end.close()
		}
	}
	for _, c := range e.Dial {
		r.dial(c)
	}
	if e.Exit != nil {
		r.kill()
		return
	}
	r.wake(e.Deadline)
}

// wake calls Turn at a deadline, unless there was one meanwhile that set another.
func (r *machineRoom) wake(at clock.Millis) {
	r.wakeAt = at
	r.net.at(at, func() {
		if r.alive && r.wakeAt == at {
			r.turn()
		}
	})
}

// write takes all of a Conn's Out, or what the node may still write before it is killed.
func (r *machineRoom) write(c *Conn) {
	e, ok := c.Shell.(*end)
	out := c.Out()
	killed := r.bytesLeft >= 0 && r.bytesLeft < len(out)
	if killed {
		out = out[:r.bytesLeft]
	}
	if ok && !e.shut {
		e.send(slices.Clone(out))
	}
	if r.bytesLeft >= 0 {
		r.bytesLeft -= len(out)
	}
	if killed {
		r.kill()
		return
	}
	r.node.Wrote(r.net.now, c, len(out))
	if len(c.Out()) > 0 {
		r.write(c)
	}
}

// dial connects to another host, if there is one.
func (r *machineRoom) dial(c *Conn) {
	n := r.net
	local := &end{net: n, room: r, conn: c}
	c.Shell = local
	r.ends = append(r.ends, local)
	n.after(n.latency(), func() {
		if local.closed || !r.alive {
			return
		}
		to, kind := n.listener(c.Addr)
		if to == nil || n.apart != nil && n.apart(r, to) {
			local.forget()
			local.closed = true
			r.node.Closed(n.now, c, "connection refused")
			r.turn()
			return
		}
		to.accept(kind, local)
		r.node.Connected(n.now, c, clientAddr(), addrPort(c.Addr))
		r.turn()
	})
}

// listener finds who listens at an address, on which of its ports.
func (n *network) listener(addr string) (*machineRoom, Kind) {
	for _, r := range n.hosts {
		switch {
		case !r.alive:
		case addr == r.addr():
			return r, Client
		case addr == "127.0.0.1:"+strconv.Itoa(int(r.port)+10000):
			return r, BusIn
		}
	}
	return nil, 0
}

// accept takes a connection, whose other end is remote.
func (r *machineRoom) accept(kind Kind, remote *end) {
	local := &end{net: r.net, room: r, other: remote}
	remote.other = local
	local.conn = r.node.Accept(r.net.now, kind, addrPort(r.addr()), clientAddr())
	local.conn.Shell = local
	r.ends = append(r.ends, local)
	r.turn()
}

func addrPort(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

// clientAddr is where all connections come from.
func clientAddr() netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:50000") }

// send carries bytes to the other end, in pieces.
func (e *end) send(b []byte) {
	n, to := e.net, e.other
	for len(b) > 0 {
		size := len(b)
		if n.rand.IntN(4) == 0 {
			size = 1 + n.rand.IntN(size)
		}
		piece := b[:size]
		b = b[size:]
		e.lastAt = max(e.lastAt, n.now.Mono+n.latency())
		n.at(e.lastAt, func() { to.deliver(piece) })
	}
}

// deliver hands bytes to this end's owner.
func (e *end) deliver(b []byte) {
	switch {
	case e.closed:
	case e.room == nil:
		e.read(b)
	case e.room.alive:
		e.room.node.Receive(e.net.now, e.conn, b)
		e.room.turn()
	}
}

// close ends the connection from this end. The other end is told after all that was sent before.
func (e *end) close() {
	if e.closed {
		return
	}
	e.closed, e.shut = true, true
	e.forget()
	if to := e.other; to != nil {
		e.lastAt = max(e.lastAt, e.net.now.Mono+e.net.latency())
		e.net.at(e.lastAt, to.ended)
	}
}

// ended tells this end's owner that the other side closed the connection.
func (e *end) ended() {
	if e.closed {
		return
	}
	e.closed, e.shut = true, true
	e.forget()
	switch {
	case e.room == nil:
		e.done()
	case e.room.alive:
		e.room.node.Closed(e.net.now, e.conn, "closed by the other side")
		e.room.turn()
	}
}

// forget takes the end out of its host's list.
func (e *end) forget() {
	if e.room != nil {
		if i := slices.Index(e.room.ends, e); i >= 0 {
			e.room.ends = slices.Delete(e.room.ends, i, i+1)
		}
	}
}
