package command

import "github.com/clusterspec/clusterspec/reference/resp"

// outgoing collects what one request changed. Several commands leave as one transaction, so that a replica never shows
// half of it (Redis: propagatePendingCommands).
type outgoing struct {
	buf      []byte
	commands int
	selected bool  // the stream names its database since the last full synchronisation
	muted    bool  // a script keeps what it changes from replicas (redis.set_repl)
	relayed  bool  // our primary's stream is being applied: it is relayed as it came, nothing is added
	sent     int64 // bytes of commands that all replicas together were sent
}

// The stream's own words.
var (
	streamSelect = resp.AppendCommandStrings(nil, "SELECT", "0")
	streamMulti  = resp.AppendCommandStrings(nil, "MULTI")
	streamExec   = resp.AppendCommandStrings(nil, "EXEC")
)

// Propagate sends a command to our replicas: at once, or together with the others of the request that is running.
func (e *Engine) Propagate(args ...[]byte) {
	e.propagate(args...)
	if e.depth == 0 {
		e.flushOutgoing()
	}
}

// propagates says whether anybody is to hear of changes.
func (e *Engine) propagates() bool { return e.Source != nil && e.Source.Active() }

// propagate adds a command to what the running request sends.
func (e *Engine) propagate(args ...[]byte) {
	if !e.propagates() || e.outgoing.relayed || e.outgoing.muted {
		return
	}
	e.outgoing.buf = resp.AppendCommand(e.outgoing.buf, args...)
	e.outgoing.commands++
}

// flushOutgoing sends what the finished request collected.
func (e *Engine) flushOutgoing() {
	o := &e.outgoing
	if o.commands == 0 {
		return
	}
	if !o.selected {
		o.selected = true
		e.send(streamSelect)
	}
	before := e.Source.Offset()
	if o.commands > 1 {
		e.send(streamMulti)
	}
	e.send(o.buf)
	if o.commands > 1 {
		e.send(streamExec)
	}
	o.sent += int64(e.Source.Offset()-before) * int64(len(e.replicas))
	o.buf, o.commands = o.buf[:0], 0
}

// send puts bytes into the stream: into the backlog, and to every replica that follows.
func (e *Engine) send(stream []byte) {
	e.Source.Append(stream)
	for _, s := range e.replicas {
		if full := s.Replica.full; full != nil {
			full.stream = append(full.stream, stream...)
			continue
		}
		s.Reply.Buf = append(s.Reply.Buf, stream...)
		e.Host.Dirty(s)
	}
}

// Follow makes s, whose Replica is set, receive the stream from here on. After a full synchronisation the stream begins
// with the choice of the database.
func (e *Engine) Follow(s *Session, full bool) {
	remove(&e.replicas, s)
	e.replicas = append(e.replicas, s)
	if full {
		e.outgoing.selected = false
	}
}

// forgetReplica ends what Follow began.
func (e *Engine) forgetReplica(s *Session) {
	remove(&e.replicas, s)
	if s.Replica != nil && s.Replica.full != nil {
		s.Replica.full.snapshot.Stop()
	}
}
