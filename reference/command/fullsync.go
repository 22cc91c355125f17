package command

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/rdb"
	"github.com/clusterspec/clusterspec/reference/replication"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// This file is what a replica gets that has nothing to go on from: all keys as they are at one moment, and the stream from
// there on. The keys are read as the replica takes them, a chunk at a time, so neither the node nor its memory has to hold
// all of them at once (keyspace.Snapshot). The stream is kept back until the replica has loaded them and says so.

// fullSync is a full synchronisation under way.
type fullSync struct {
	snapshot *keyspace.Snapshot
	writer   *rdb.Writer
	mark     string // ends the snapshot, whose length is not known beforehand
	stream   []byte // kept back
	sent     bool   // all of the snapshot is in the reply
}

// beginFullSync sends all keys. A replica that needs their length in front gets them at once, and the stream with them: one
// that does not know the form with a mark at the end, or all of them with repl-diskless-sync no (section 9.3 of the
// protocol notes).
func (c *Call) beginFullSync() {
	c.stats.fullSyncs++
	announced := &c.Session.following.announced
	if !announced.CapaEOF || announced.SnapshotOnly || !c.Config.Bool("repl-diskless-sync") {
		file := c.wholeSnapshot()
		c.Reply.Buf = fmt.Appendf(c.Reply.Buf, "$%d\r\n", len(file))
		c.Reply.Buf = append(c.Reply.Buf, file...)
		if announced.SnapshotOnly {
			c.Close()
			return
		}
		c.becomeLink(true)
		return
	}
	w := rdb.NewWriter(rdb.WriterOptions{})
	c.describeKeys(w)
	f := &fullSync{writer: w, snapshot: c.DB.Snapshot(w.Key), mark: replication.NewID(c.Rand).String()}
	c.Reply.Buf = fmt.Appendf(c.Reply.Buf, "$EOF:%s\r\n", f.mark)
	c.becomeLink(true)
	c.Session.Replica.Online, c.Session.Replica.full = false, f
}

// wholeSnapshot is the keyspace as an RDB file.
func (e *Engine) wholeSnapshot() []byte {
	w := rdb.NewWriter(rdb.WriterOptions{})
	e.describeKeys(w)
	e.DB.Each(func(_ slot.Slot, key []byte, v keyspace.Value) bool {
		w.Key(key, v)
		return true
	})
	return w.Finish()
}

// describeKeys begins a snapshot for a replica.
func (e *Engine) describeKeys(w *rdb.Writer) {
	e.describeHistory(w)
	e.writeLibraries(w)
	w.Begin(e.DB.Len(), e.DB.LenExpiring())
}

// WantsSnapshot says whether there is more of a snapshot for the replica.
func (l *ReplicaLink) WantsSnapshot() bool { return l.full != nil && !l.full.sent }

// HeldBack is how many bytes of the stream wait for the replica to have loaded its snapshot.
func (l *ReplicaLink) HeldBack() int {
	if l.full == nil {
		return 0
	}
	return len(l.full.stream)
}

// SendSnapshot adds the next chunk to what the replica is to read, and returns how many bytes it is. The node calls it as
// long as the replica wants more and has read most of what there was.
func (e *Engine) SendSnapshot(s *Session) int {
	f := s.Replica.full
	var chunk []byte
	if f.snapshot.Continue(func() bool { return f.writer.Len() >= dumpChunkBytes }) {
		chunk, f.sent = append(f.writer.Finish(), f.mark...), true
		f.writer = nil
	} else {
		chunk = f.writer.Take()
	}
	s.Reply.Buf = append(s.Reply.Buf, chunk...)
	return len(chunk)
}

// endFullSync lets go what was kept back: the replica has loaded its snapshot.
func (e *Engine) endFullSync(s *Session) {
	s.Reply.Buf = append(s.Reply.Buf, s.Replica.full.stream...)
	s.Replica.full = nil
	s.Replica.Online = true
	e.Host.Dirty(s)
}
