package node

import (
	"bytes"
	"fmt"
	"math"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/rdb"
	"github.com/clusterspec/clusterspec/reference/replication"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// What comes from our primary, in the order in which upstream, as a replication.Handler, is told (spec §9.3, §9.4).

// FullSync notes which history the snapshot belongs to.
func (u *upstream) FullSync(id replication.ID, offset int64) {
	u.id, u.offset = id, offset
	u.n.log(Notice, "full synchronisation with the primary, history %s at %d", id, offset)
}

// Snapshot replaces our data. Our own replicas have to ask anew.
func (u *upstream) Snapshot(file []byte) error {
	n := u.n
	n.engine.DropReplicas()
	n.engine.Flush()
	n.engine.DropLibraries()
	u.empty = true
	if err := rdb.Read(file, loader{n}); err != nil {
		n.engine.Flush()
		return err
	}
	u.empty = false
	n.source.Adopt(u.id, u.offset)
	n.log(Notice, "loaded a snapshot with %d keys", n.db.Len())
	return nil
}

// Continue goes on where we stopped. Our own replicas must learn a new name of the history.
func (u *upstream) Continue(id replication.ID) {
	old := u.n.source.ID()
	u.n.source.Continue(id)
	if u.n.source.ID() != old {
		u.n.engine.DropReplicas()
	}
	u.n.log(Notice, "partial synchronisation with the primary, from %d", u.n.source.Offset()+1)
}

// Stream applies the primary's commands.
func (u *upstream) Stream(b []byte) error { return u.stream.receive(b) }

// loader puts the keys of a snapshot into the keyspace.
type loader struct{ n *Node }

func (l loader) Aux(key, value []byte) {}

func (l loader) Key(key []byte, v keyspace.Value) error {
	l.n.db.Set(l.n.engine.SlotOf(key), key, v)
	return nil
}

func (l loader) Function(source []byte) error { return l.n.engine.LoadLibrary(source) }

// stream applies and relays the commands our primary sends. A transaction is applied when all of it is there: a link that
// breaks in its middle must not leave us with half of it, and with an offset inside of it.
type stream struct {
	n           *Node
	in          queue
	parser      resp.Parser
	transaction int // bytes of the unfinished transaction at the head of what is pending
	again       resp.Parser
}

func (s *stream) start(n *Node) {
	s.n = n
	s.clear()
}

// clear forgets what was not complete. What a primary sends has no limits.
func (s *stream) clear() {
	s.in.clear()
	s.transaction = 0
	l := resp.DefaultLimits()
	l.BulkBytes, l.QueryBytes = math.MaxInt, math.MaxInt
	s.parser, s.again = resp.Parser{Limits: l}, resp.Parser{Limits: l}
}

// receive applies the commands that are complete, straight from b unless one began before.
func (s *stream) receive(b []byte) error {
	if s.in.len() > 0 {
		s.in.add(b)
		used, err := s.apply(s.in.bytes())
		s.in.drop(used)
		return err
	}
	used, err := s.apply(b)
	s.in.add(b[used:])
	return err
}

// apply runs the complete commands, and the complete transactions, at the head of buf.
func (s *stream) apply(buf []byte) (used int, err error) {
	for {
		args, size, err := s.parser.Next(buf[used+s.transaction:])
		if err != nil {
			return used, fmt.Errorf("reading the primary's stream: %w", err)
		}
		if size == 0 {
			return used, nil
		}
		switch {
		case s.transaction == 0 && isWord(args, "multi"):
			s.transaction = size
		case s.transaction == 0:
			s.run(args, buf[used:used+size])
			used += size
		default:
			s.transaction += size
			if isWord(args, "exec") {
				s.runTransaction(buf[used : used+s.transaction])
				used += s.transaction
				s.transaction = 0
			}
		}
	}
}

// run applies one command and relays it. The acknowledgement that is asked for does not count the question.
func (s *stream) run(args [][]byte, raw []byte) {
	if isWord(args, "replconf") {
		if len(args) > 1 && bytes.EqualFold(args[1], []byte("getack")) {
			s.n.upstream.sink.Acknowledge(s.n.source.Offset())
		}
	} else if len(args) > 0 {
		s.n.engine.Apply(args)
	}
	s.n.engine.Relay(raw)
}

// runTransaction applies what stands between MULTI and EXEC, and relays it all.
func (s *stream) runTransaction(raw []byte) {
	for at := 0; at < len(raw); {
		args, size, _ := s.again.Next(raw[at:]) // it was parsed before
		if !isWord(args, "multi") && !isWord(args, "exec") && len(args) > 0 {
			s.n.engine.Apply(args)
		}
		at += size
	}
	s.n.engine.Relay(raw)
}

// isWord says whether a command is the named one.
func isWord(args [][]byte, name string) bool {
	return len(args) > 0 && len(args[0]) == len(name) && bytes.EqualFold(args[0], []byte(name))
}
