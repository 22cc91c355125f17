package sim

import (
	"slices"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

const (
	// synInterval is how often a connection attempt is repeated while nothing comes back.
	synInterval clock.Millis = 1000
	// giveUpAfter is how long TCP repeats a packet that nobody acknowledges before it closes the connection. The protocol
	// relies on it: while data comes in on a peer's link, a dead link of our own to that peer is not given up (spec 3.2).
	giveUpAfter clock.Millis = 15_000
)

// end is one end of a connection: a link of a machine. It is dead once its node has closed it or was killed.
type end struct {
	node    *Node
	life    int // of the node
	link    cluster.LinkID
	dead    bool
	out     *stream  // nil until the connection is established
	waiting []packet // sent before that
}

// stream is one direction of a connection.
type stream struct {
	from, to *end
	queue    []packet
	lastAt   clock.Millis // when the last packet is due: the next one does not overtake it
	held     int          // packets that were due while the path was cut
	lost     bool         // nothing arrives any more: a middlebox forgot the connection
	arrive   func()       // delivers the next packet
}

func (e *end) alive() bool { return !e.dead && e.node.Machine != nil && e.life == e.node.life }

// Partition divides the nodes: each list is a side, and the nodes not listed are one more. What is under way between
// sides is held back until Heal.
func (w *World) Partition(sides ...[]*Node) {
	clear(w.side)
	for i, side := range sides {
		for _, n := range side {
			w.side[n.Index] = i + 1
		}
	}
	w.release()
}

// Cut holds back what goes from one node to another; the other direction stays open.
func (w *World) Cut(from, to *Node) { w.cuts[[2]int{from.Index, to.Index}] = true }

// Heal ends all partitions and cuts.
func (w *World) Heal() {
	clear(w.side)
	clear(w.cuts)
	w.release()
}

func (w *World) open(from, to *Node) bool {
	return w.side[from.Index] == w.side[to.Index] && !w.cuts[[2]int{from.Index, to.Index}]
}

// release sends on what was held back on paths that are open again.
func (w *World) release() {
	w.streams = slices.DeleteFunc(w.streams, func(s *stream) bool { return s.lost || !s.from.alive() && len(s.queue) == 0 })
	for _, s := range w.streams {
		if w.open(s.from.node, s.to.node) {
			for ; s.held > 0; s.held-- {
				w.deliverLater(s)
			}
		}
	}
}

// ResetConnection breaks a random connection: what is under way is lost, both ends are told.
func (w *World) ResetConnection() {
	if s := w.anyStream(); s != nil {
		s.lost, s.to.out.lost = true, true
		for _, e := range []*end{s.from, s.to} {
			w.after(w.delay(), func() { w.closed(e) })
		}
	}
}

// LoseConnection makes a random connection half open: nothing arrives any more, and nobody is told until TCP gives up.
func (w *World) LoseConnection() {
	if s := w.anyStream(); s != nil {
		for _, direction := range []*stream{s, s.to.out} {
			direction.lost = true
			if from := direction.from; len(direction.queue) > 0 { // and what is under way is never acknowledged
				w.after(giveUpAfter, func() { w.closed(from) })
			}
		}
	}
}

// anyStream draws a connection, nil if it drew none that is established.
func (w *World) anyStream() *stream {
	w.streams = slices.DeleteFunc(w.streams, func(s *stream) bool { return s.lost || !s.from.alive() || !s.to.alive() })
	if len(w.streams) == 0 {
		return nil
	}
	s := w.streams[w.rand.IntN(len(w.streams))]
	if s.to.out == nil {
		return nil // the dialling side does not know yet that it is connected
	}
	return s
}

// dial begins a connection. Its outcome is an event.
func (w *World) dial(n *Node, d cluster.Dial) {
	e := &end{node: n, life: n.life, link: d.Link}
	n.ends[d.Link] = e
	w.after(w.delay(), func() { w.syn(e, d) })
}

// syn arrives at the address that was dialled.
func (w *World) syn(e *end, d cluster.Dial) {
	if !e.alive() {
		return
	}
	target := w.nodeAt(d.IP, d.Port)
	switch {
	case target == nil || target.poweredOff || !w.open(e.node, target) || !w.open(target, e.node):
		w.after(synInterval, func() { w.syn(e, d) })
	case target.Machine == nil:
		w.after(w.delay(), func() { w.closed(e) })
	default:
		w.accept(e, target)
	}
}

func (w *World) newStream(from, to *end) *stream {
	s := &stream{from: from, to: to}
	s.arrive = func() { w.deliver(s) }
	w.streams = append(w.streams, s)
	return s
}

// accept establishes a connection.
func (w *World) accept(dialled *end, target *Node) {
	accepted := &end{node: target, life: target.life}
	there, back := w.newStream(dialled, accepted), w.newStream(accepted, dialled)
	accepted.out = back
	target.turn(func(m *cluster.Machine, now clock.Instant) {
		accepted.link = m.Accepted(now, dialled.node.IP, target.IP)
		target.ends[accepted.link] = accepted
	})
	w.after(w.delay(), func() {
		dialled.out = there
		if !dialled.alive() {
			w.push(there, packet{fin: true})
			return
		}
		for _, p := range dialled.waiting {
			w.push(there, p)
		}
		dialled.waiting = nil
		dialled.node.turn(func(m *cluster.Machine, now clock.Instant) { m.Connected(now, dialled.link, dialled.node.IP) })
	})
}

// send puts a packet on its way.
func (w *World) send(e *end, p packet) {
	if e.out == nil {
		e.waiting = append(e.waiting, p)
		return
	}
	w.push(e.out, p)
}

func (w *World) push(s *stream, p packet) {
	if s.lost {
		w.after(giveUpAfter, func() { w.closed(s.from) })
		return
	}
	if p.frame != nil {
		w.traffic.frames++
		w.traffic.bytes += uint64(len(p.frame.bytes))
	}
	s.queue = append(s.queue, p)
	w.deliverLater(s)
}

func (w *World) deliverLater(s *stream) {
	s.lastAt = max(s.lastAt, w.now+w.delay())
	w.at(s.lastAt, s.arrive)
}

// deliver lets the packet at the head of a stream arrive.
func (w *World) deliver(s *stream) {
	if s.lost {
		return
	}
	if !w.open(s.from.node, s.to.node) {
		s.held++
		return
	}
	p := s.queue[0]
	s.queue = slices.Delete(s.queue, 0, 1) // there are few
	switch {
	case s.to.node.poweredOff: // nobody acknowledges it
		w.after(giveUpAfter, func() { w.closed(s.from) })
	case !s.to.alive(): // nobody has this connection: reset
		w.after(w.delay(), func() { w.closed(s.from) })
	case p.fin:
		w.closed(s.to)
	default:
		if f := w.read(p.frame); f != nil {
			s.to.node.turn(func(m *cluster.Machine, now clock.Instant) { m.Receive(now, s.to.link, f, len(p.frame.bytes)) })
		}
		w.handOver(p.frame)
	}
}

// closed tells a node that its end was closed from afar.
func (w *World) closed(e *end) {
	if !e.alive() {
		return
	}
	e.dead = true
	delete(e.node.ends, e.link)
	e.node.turn(func(m *cluster.Machine, now clock.Instant) { m.Closed(now, e.link) })
}

// hangUp closes an end from within.
func (w *World) hangUp(e *end) {
	e.dead = true
	delete(e.node.ends, e.link)
	if e.out != nil {
		w.push(e.out, packet{fin: true})
	}
}
