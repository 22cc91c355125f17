package node

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/command"
)

// turn is what the inputs since the last Turn left to do.
type turn struct {
	next, given Effects // being collected, and what the last Turn returned
	dirty       []*Conn // with something in Out that the driver does not know of
	resumed     []*Conn // clients that had to wait and no longer have to
	leaving     []*Conn // clients to be closed
	saving      []*command.Session
	save, sync  bool
	promised    bool   // what is saved is something we have told, or are about to tell, the cluster
	content     []byte // of the last Save
}

// Turn runs what is due and returns what is to be done. The result is valid until the next Turn.
func (n *Node) Turn(now clock.Instant) *Effects {
	n.begin(now)
	if n.loading != nil {
		n.loading.tick()
	}
	if n.machine != nil && n.loading == nil && now.Mono >= n.machine.Deadline() {
		n.dropFullLinks()
		n.machine.Tick(now)
		n.carryOut()
	}
	n.engine.Tick(now)
	n.upstream.tick()
	n.migrations.tick(n)
	n.migrations.feed(n)
	n.cron.tick(n)
	n.feedReplicas()
	n.settle()
	return n.collect()
}

// settle goes on until there is nothing left to do at once. The machine has the last word, because only then it says
// whether what was decided has to be saved before it is told.
func (n *Node) settle() {
	for first := true; first || len(n.turn.resumed)+len(n.turn.leaving) > 0; first = false {
		n.resume()
		n.checkOutputs()
		n.closeLeaving()
		if n.machine != nil {
			n.machine.BeforeSleep(n.now)
			n.carryOut()
		}
	}
}

// checkOutputs drops those who read too slowly.
func (n *Node) checkOutputs() {
	for i := 0; i < len(n.turn.dirty); i++ { // it can grow meanwhile
		c := n.turn.dirty[i]
		c.setAside()
		switch {
		case c.gone():
		case c.Kind == Client && n.overLimit(c):
			n.hangUpSlow(c)
		}
	}
}

// closeLeaving closes the clients that were dismissed. A replica's link is cut: what it has not read is of no use to it.
func (n *Node) closeLeaving() {
	for _, c := range n.turn.leaving {
		if c.gone() {
			continue
		}
		c.CloseAfterWrite = len(c.Out()) > 0 && !c.isReplica()
		if c.CloseAfterWrite {
			n.write(c)
		}
		n.hangUp(c)
	}
	n.turn.leaving = n.turn.leaving[:0]
}

// collect makes Effects of what is left to do.
func (n *Node) collect() *Effects {
	t := &n.turn
	t.given, t.next = t.next, Effects{
		Write: t.given.Write[:0], Close: t.given.Close[:0], Dial: t.given.Dial[:0], Log: t.given.Log[:0], Dump: t.given.Dump[:0],
	}
	e := &t.given
	n.collectWrites(e)
	if t.save && n.machine != nil {
		t.content = n.machine.AppendFile(t.content[:0])
		e.Save, e.Sync = t.content, t.sync
	}
	t.save, t.sync = false, false
	e.Deadline = n.deadline()
	return e
}

// collectWrites lists the Conns that got something to write: replicas first, so that what we acknowledge to a client is on
// its way to them when we are killed right after.
func (n *Node) collectWrites(e *Effects) {
	for _, replicas := range [...]bool{true, false} {
		for _, c := range n.turn.dirty {
			if c.isReplica() == replicas && len(c.Out()) > 0 && (!c.gone() || c.CloseAfterWrite) {
				e.Write = append(e.Write, c)
			}
		}
	}
	for i, c := range n.turn.dirty {
		c.dirty = false
		n.turn.dirty[i] = nil
	}
	n.turn.dirty = n.turn.dirty[:0]
}

// deadline is when Turn has something to do (mono).
func (n *Node) deadline() clock.Millis {
	if n.loading != nil || n.hungryReplica() {
		return n.now.Mono
	}
	first := min(n.engine.Deadline(), n.upstream.deadline(), n.migrations.deadline(n.now.Mono), n.cron.next)
	if n.machine != nil {
		first = min(first, n.machine.Deadline())
	}
	return first
}

// Saved says what became of Effects.Save. When it failed the driver forgets the rest of those Effects, and the next Turn
// says what may be done instead. A node that has made a promise ends: it must not tell others what it may forget.
func (n *Node) Saved(now clock.Instant, err error) {
	n.begin(now)
	saving, promised := n.turn.saving, n.turn.promised
	n.turn.saving, n.turn.promised = nil, false
	for _, s := range saving {
		if n.clients[s] != nil {
			n.engine.ConfigSaved(s, err)
		}
	}
	switch {
	case err == nil:
	case promised:
		n.exit(1, fmt.Sprintf("cannot save the cluster configuration: %v", err))
	default:
		n.repeat(&n.turn.given)
	}
}

// Dumped says what became of a step of a snapshot: it was written, or, for the last one, the snapshot is in place.
func (n *Node) Dumped(now clock.Instant, run uint64, err error) {
	n.begin(now)
	n.engine.Dumped(run, err)
}

// repeat has the next Turn ask again for what the driver did not do.
func (n *Node) repeat(e *Effects) {
	for _, c := range e.Write {
		n.write(c)
	}
	n.turn.next.Close = append(n.turn.next.Close, e.Close...)
	n.turn.next.Dial = append(n.turn.next.Dial, e.Dial...)
	n.turn.next.Dump = append(n.turn.next.Dump, e.Dump...)
	n.turn.next.Log = append(n.turn.next.Log, e.Log...)
	if e.Exit != nil {
		n.exit(e.Exit.Code, e.Exit.Message)
	}
}

// exit ends the node with the coming Effects.
func (n *Node) exit(code int, message string) {
	if n.turn.next.Exit == nil {
		n.turn.next.Exit = &Exit{code, message}
	}
}

// log adds a line to the log.
func (n *Node) log(level Level, format string, args ...any) {
	n.turn.next.Log = append(n.turn.next.Log, Line{level, fmt.Sprintf(format, args...)})
}
