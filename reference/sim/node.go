package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/slot"
)

const (
	clientPort = 6379
	busPort    = 16379
)

// Node is one node of a World: a machine, a disk, and as much of a data set as the machine asks about.
type Node struct {
	Index   int
	IP      string
	Machine *cluster.Machine // nil while the node is down
	Disk    Disk
	Keys    map[slot.Slot]int // how many keys it has in each slot; never nil
	Defects defect.Set        // from the next Start on
	// Offset is its replication offset.
	Offset uint64
	// Lagging keeps a replica from taking in its primary's writes.
	Lagging bool
	// Effects are those of its last turn that are not about links. They are valid until the next one.
	Effects []cluster.Effect
	// Delivered is what came to its subscribers: channel, message, and whether it was sharded.
	Delivered []string

	w          *World
	life       int // how often it was started
	moves      int // how often it changed its address
	startedAt  clock.Millis
	awakeAt    clock.Millis // no tick before that
	skew       clock.Millis
	poweredOff bool // its host does not even refuse connections
	ends       map[cluster.LinkID]*end
	tickAt     clock.Millis

	following   bus.NodeID // zero: nobody
	followingIP string     // where we look for it
	linkUp      bool
	linkSince   clock.Millis // virtual time
	pausedUntil clock.Millis // virtual time
}

// Disk is where nodes.conf is.
type Disk struct {
	Synced  []byte // survives everything
	Written []byte // gets there by itself after a while
}

// writeback is how long what was written without sync takes to become safe.
const writeback clock.Millis = 1000

func (w *World) newNode(index int) *Node {
	n := &Node{Index: index, IP: ipOf(index), w: w,
		Keys: make(map[slot.Slot]int), Defects: w.options.Defects}
	if w.options.ClockSkew > 0 {
		n.skew = clock.Millis(w.rand.Int64N(int64(w.options.ClockSkew)))
	}
	return n
}

// ipOf is where a node is as long as it does not move.
func ipOf(index int) string { return fmt.Sprintf("10.0.%d.%d", index/250, index%250+1) }

// nodeAt finds the node that has an address now, running or not.
func (w *World) nodeAt(ip string, port uint16) *Node {
	if n := w.byIP[ip]; n != nil && n.IP == ip && port == busPort {
		return n
	}
	for _, n := range w.Nodes {
		if n.IP == ip && port == busPort {
			w.byIP[ip] = n
			return n
		}
	}
	return nil
}

// Start starts a node that is down, from what its disk has kept.
func (n *Node) Start() {
	if n.Machine != nil {
		return
	}
	n.Disk.Written = n.Disk.Synced
	file, err := nodesconf.Parse(n.Disk.Synced)
	if err != nil {
		n.w.fail(fmt.Errorf("node %d cannot read its nodes.conf: %w", n.Index, err))
		return
	}
	n.startFrom(file, 0)
}

// startFrom starts a node that is down from what its nodes.conf says. It answers at once, and does something of its own accord
// after a while.
func (n *Node) startFrom(file *nodesconf.File, asleep clock.Millis) {
	n.life++
	n.startedAt, n.poweredOff = n.w.now, false
	n.awakeAt = n.startedAt + asleep
	n.ends = make(map[cluster.LinkID]*end)
	n.following, n.linkUp, n.linkSince, n.pausedUntil, n.tickAt = bus.NodeID{}, false, n.w.now, 0, -1
	m, err := cluster.New(cluster.Config{
		File: file, Port: clientPort, BusPort: busPort, Options: *n.w.options.Machine, Data: data{n}, Defects: n.Defects,
		Rand: rand.New(rand.NewPCG(n.w.rand.Uint64(), n.w.rand.Uint64())),
	}, n.Now())
	if err != nil {
		n.w.fail(fmt.Errorf("node %d does not start: %w", n.Index, err))
		return
	}
	n.Machine = m
	n.w.log(n, "started")
	n.turn(func(*cluster.Machine, clock.Instant) {})
}

// Kill ends a node at once. Its disk loses what was not synced. Its peers are told by resets.
func (n *Node) Kill() {
	n.PowerOff()
	n.poweredOff = false
}

// PowerOff ends a node and its host: connections stay half open, and new ones get no answer until Start.
func (n *Node) PowerOff() {
	if n.Machine == nil {
		return
	}
	n.w.log(n, "killed")
	n.Machine = nil
	n.poweredOff = true
	n.Disk.Written = n.Disk.Synced
	for _, s := range n.w.streams {
		if s.from.node == n && s.from.life == n.life && !s.from.dead {
			s.from.dead = true
			n.w.after(n.w.delay(), func() {
				if !n.poweredOff {
					n.w.push(s, packet{fin: true})
				}
			})
		}
	}
}

// Now is the time on the node's own clocks. The monotonic one begins with the process.
func (n *Node) Now() clock.Instant {
	return clock.Instant{Mono: n.w.now - n.startedAt, Wall: epoch + n.w.now + n.skew}
}

// Do runs a command on the node.
func (n *Node) Do(command func(m *cluster.Machine, now clock.Instant) error) error {
	err := fmt.Errorf("node %d is down", n.Index)
	n.turn(func(m *cluster.Machine, now clock.Instant) { err = command(m, now) })
	return err
}

// turn gives the machine one input and carries out what follows from it.
func (n *Node) turn(input func(*cluster.Machine, clock.Instant)) {
	if n.Machine == nil || n.w.err != nil {
		return
	}
	m, life := n.Machine, n.life
	input(m, n.Now())
	m.BeforeSleep(n.Now())
	effects := m.Effects()
	n.Effects = slices.DeleteFunc(append(n.Effects[:0], effects...), isLinkEffect)
	if !n.keep(effects) {
		return
	}
	for _, c := range n.w.checkers {
		n.w.fail(c.Turn(n.w, n, effects))
	}
	n.carryOut(effects)
	if n.Machine == nil || n.life != life {
		return
	}
	if at := max(n.startedAt+m.Deadline(), n.awakeAt); at != n.tickAt {
		n.tickAt = at
		n.w.at(at, func() { n.tick(life, at) })
	}
}

func (n *Node) tick(life int, at clock.Millis) {
	if n.life == life && n.tickAt == at {
		n.turn(func(m *cluster.Machine, now clock.Instant) { m.Tick(now) })
	}
}

func isLinkEffect(e cluster.Effect) bool {
	switch e.(type) {
	case cluster.Dial, cluster.Send, cluster.Hangup:
		return true
	}
	return false
}

// CrashAtSave makes one save in so many the last thing its node does, before or after the file is safe; 0: none.
func (w *World) CrashAtSave(oneIn int) { w.crashOne = oneIn }

// keep does the Save of a turn, if there is one, before anything leaves. It reports whether the node is still there: a
// crash may come before the file is written or after it.
func (n *Node) keep(effects []cluster.Effect) bool {
	for _, e := range effects {
		save, ok := e.(cluster.Save)
		if !ok {
			continue
		}
		if n.w.options.Diskless {
			continue
		}
		crash := n.w.oneIn(n.w.crashOne)
		if crash && n.w.oneIn(2) {
			n.Kill()
			return false
		}
		n.Disk.Written = n.Machine.AppendFile(make([]byte, 0, len(n.Disk.Written)))
		switch {
		case n.w.options.ForgetfulDisks && len(n.Disk.Synced) > 0:
		case save.Sync:
			n.Disk.Synced = n.Disk.Written
		default:
			n.w.after(writeback, func() { n.Disk.Synced = n.Disk.Written })
		}
		if crash {
			n.Kill()
			return false
		}
	}
	return true
}

func (n *Node) carryOut(effects []cluster.Effect) {
	var last *bus.Frame
	var frame *encoded
	for _, e := range effects {
		switch e := e.(type) {
		case cluster.Send:
			if e.Frame != last {
				last, frame = e.Frame, n.w.encode(e.Frame)
			}
			if end := n.ends[e.Link]; end != nil {
				frame.uses++
				n.w.send(end, packet{frame: frame})
			}
		case cluster.Dial:
			n.w.dial(n, e)
		case cluster.Hangup:
			if end := n.ends[e.Link]; end != nil {
				n.w.hangUp(end)
			}
		case cluster.Follow:
			n.follow(e.Primary, e.IP)
		case cluster.Promoted:
			n.follow(bus.NodeID{}, "")
		case cluster.PauseWrites:
			n.pausedUntil = n.startedAt + e.Until
		case cluster.ResumeWrites:
			n.pausedUntil = 0
		case cluster.DropSlots:
			for s := range e.Slots.All() {
				delete(n.Keys, s)
			}
		case cluster.FlushAll:
			clear(n.Keys)
			n.Offset = 0
		case cluster.Deliver:
			n.Delivered = append(n.Delivered, fmt.Sprintf("%s %s %v", e.Channel, e.Payload, e.Shard))
		case cluster.Note:
			n.w.diary = append(n.w.diary, Entry{n.w.now, n, &e, e.String()})
		}
	}
}
