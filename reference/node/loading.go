package node

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/rdb"
	"github.com/clusterspec/clusterspec/reference/replication"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// loading is the snapshot of an earlier life being read, a piece each turn. Until its end clients are told LOADING, the
// protocol machine takes no steps of its own, and a replica does not look for its primary.
type loading struct {
	n      *Node
	reader *rdb.Reader
	since  clock.Millis // mono

	keys, expired int
	gone          [][]byte // keys left out because their time was over
	history       replication.ID
	offset        int64
	hasOffset     bool
}

// loadBytes is how much of the file is read in a turn: a few milliseconds' work.
const loadBytes = 256 << 10

// startLoading begins to read a snapshot. A file that is damaged as a whole is an error at once.
func (n *Node) startLoading(file []byte) error {
	l := &loading{n: n, since: n.now.Mono}
	var err error
	if l.reader, err = rdb.NewReader(file, l, n.options.Bool("rdbchecksum")); err != nil {
		return err
	}
	n.loading = l
	n.engine.BeginLoading(len(file))
	n.log(Notice, "Loading RDB of %d bytes", len(file))
	return nil
}

// tick reads another piece.
func (l *loading) tick() {
	n := l.n
	complete, err := l.reader.Read(loadBytes)
	n.engine.Loaded(l.reader.Offset())
	switch {
	case err != nil:
		n.log(Warning, "Reading the RDB file: %v. It is left as it is.", err)
		n.exit(1, "Fatal error loading the DB, check server logs. Exiting.")
	case complete:
		l.finish()
	}
}

// finish makes an ordinary node of one that has its keys.
func (l *loading) finish() {
	n := l.n
	n.loading = nil
	n.engine.EndLoading(l.keys, l.expired)
	n.log(Notice, "Done loading RDB, keys loaded: %d, keys expired: %d.", l.keys, l.expired)
	n.log(Notice, "DB loaded from disk: %.3f seconds", float64(n.now.Mono-l.since)/1000)
	if l.hasOffset && !l.history.IsZero() {
		l.resume()
	}
	if n.machine != nil {
		n.machine.VerifyData(n.now)
		n.carryOut()
	}
	n.log(Notice, readyLine)
}

// readyLine is what scripts wait for.
const readyLine = "Ready to accept connections tcp"

// resume goes on in the history the snapshot is part of. A replica asks its primary for what came after. A primary goes on
// under a new name, and its replicas need not copy everything (Redis: loadDataFromDisk); the keys whose time was over in
// the meantime are deleted in their stream.
func (l *loading) resume() {
	n := l.n
	n.source.Adopt(l.history, l.offset)
	if n.upstream.active {
		n.log(Notice, "going on in history %s at %d", l.history, l.offset)
		return
	}
	n.source.Shift(replication.NewID(n.rand))
	for _, key := range l.gone {
		n.engine.Propagate([]byte("DEL"), key)
	}
}

func (l *loading) Aux(name, value []byte) {
	switch string(name) {
	case "repl-id":
		l.history, _ = replication.ParseID(value)
	case "repl-offset":
		l.offset, l.hasOffset = resp.ParseInt(value)
	}
}

// Key takes a key. A primary does not take one whose time is over; a replica waits for its primary to delete it.
func (l *loading) Key(key []byte, v keyspace.Value) error {
	n := l.n
	if v.ExpireAt != 0 && v.ExpireAt < n.now.Wall && !n.upstream.active {
		l.expired++
		if l.hasOffset {
			l.gone = append(l.gone, append([]byte(nil), key...))
		}
		return nil
	}
	s := n.engine.SlotOf(key)
	if _, twice := n.db.Get(s, key); twice {
		return fmt.Errorf("the key %q comes twice", key)
	}
	n.db.Set(s, key, v)
	l.keys++
	return nil
}

// Function takes a library.
func (l *loading) Function(source []byte) error { return l.n.engine.LoadLibrary(source) }
