package command

import (
	"math"
	"slices"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/migration"
	"github.com/clusterspec/clusterspec/reference/rdb"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// migrateCommands move keys to another node.
var migrateCommands = []Command{
	{
		Name: "migrate", Arity: -6, Flags: Write | MovableKeys | Dangerous,
		Keys: Keys{First: 3, Last: 3, Step: 1, Access: []Access{ReadWriteKey | ReturnsValue | DeletesValue}, Find: migrateKeys,
			Keyword: &KeywordKeys{Word: "KEYS", From: -2, Access: ReadWriteKey | ReturnsValue | DeletesValue | Incomplete}},
		Group: "generic", Since: "2.6.0", Complexity: "That of DUMP, RESTORE and DEL for each key, and the transfer between them",
		Summary: "Moves keys to another node", Tips: []string{"nondeterministic_output"}, Run: migrate,
	},
}

// migrateTimeoutMillis is what a timeout that is not positive means.
const migrateTimeoutMillis = 1000

// migrate begins to move keys. They are frozen until Migrated; the client gets its reply then.
func migrate(c *Call) {
	if c.inTransaction {
		c.Error("ERR MIGRATE is not supported inside a transaction: its reply takes as long as the target does")
		return
	}
	job := &migration.Job{
		Client: c.Session, Host: string(c.Args[1]), Port: string(c.Args[2]), Plain: c.Cluster == nil, Defects: c.Defects,
	}
	names, ok := c.migrateOptions(job)
	if !ok {
		return
	}
	timeout, ok := c.intArg(5)
	if !ok {
		return
	}
	db, ok := c.intArg(4)
	if !ok {
		return
	}
	if timeout <= 0 {
		timeout = migrateTimeoutMillis
	}
	job.TimeoutMillis = clock.Millis(min(timeout, math.MaxInt32))
	job.DB = int(db)
	if !slices.ContainsFunc(names, func(key []byte) bool { return c.exists(c.slotOf(key), key) }) {
		c.stats.misses += len(names)
		text := "NOKEY"
		if c.Defects.Has(defect.MigrateNoKeyOK) {
			text = "OK"
		}
		c.Reply.Simple(text)
		return
	}
	job.Keys, job.Dump = copyWords(names), c.dumpMoving
	c.Freeze(job.Keys)
	c.Block(0, nil)
	c.Host.Migrate(job)
}

// dumpMoving is the Dump of a migration.Job.
func (e *Engine) dumpMoving(dst, key []byte) (payload []byte, expireAt clock.Millis, ok bool) {
	v, ok := e.lookup(e.SlotOf(key), key, false)
	if !ok {
		e.stats.misses++
		return dst, 0, false
	}
	e.stats.hits++
	return rdb.AppendDump(dst, v), v.ExpireAt, true
}

// migrateOptions reads the options into job, and returns the keys; or replies with an error.
func (c *Call) migrateOptions(job *migration.Job) (names [][]byte, ok bool) {
	names = c.Args[3:4]
	for i := 6; i < len(c.Args); i++ {
		more := len(c.Args) - i - 1
		switch {
		case is(c.Args[i], "COPY"):
			job.Copy = true
		case is(c.Args[i], "REPLACE"):
			job.Replace = true
		case is(c.Args[i], "AUTH") && more >= 1:
			job.Password = string(c.Args[i+1])
			i++
		case is(c.Args[i], "AUTH2") && more >= 2:
			job.User, job.Password = string(c.Args[i+1]), string(c.Args[i+2])
			i += 2
		case is(c.Args[i], "KEYS"):
			if len(c.Args[3]) != 0 {
				c.Error("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string")
				return nil, false
			}
			return c.Args[i+1:], true
		default:
			c.Error(errSyntax)
			return nil, false
		}
	}
	return names, true
}

// migrateKeys finds the keys for routing: the third argument, or with an empty one what follows KEYS.
func migrateKeys(args [][]byte) ([]int, error) {
	if len(args) > 6 && len(args[3]) == 0 {
		for i := 6; i < len(args); i++ {
			if is(args[i], "KEYS") {
				at := make([]int, 0, len(args)-i-1)
				for i++; i < len(args); i++ {
					at = append(at, i)
				}
				return at, nil
			}
		}
	}
	return []int{3}, nil
}

// Migrated ends what MIGRATE began: keys the target has acknowledged are deleted here, in one step for replicas, and the
// client gets its reply. Unless we became a replica meanwhile: then the keys are our primary's.
func (e *Engine) Migrated(job *migration.Job) {
	gone := job.Acked()
	if e.Defects.Has(defect.MigrateLosesKeys) {
		gone = job.Keys
	}
	if !e.replica && (!job.Copy || e.Defects.Has(defect.MigrateCopyDeletes)) && !e.Defects.Has(defect.MigrateKeepsSource) {
		e.deleteMoved(gone)
	}
	e.Thaw(job.Keys)
	s := job.Client.(*Session)
	if !s.wait.blocked {
		return // it is gone, or was told that we are a replica now
	}
	text, ok := job.Outcome()
	if ok {
		s.Reply.Simple(text)
	} else {
		mark := len(s.Reply.Buf)
		s.Reply.Error(text)
		e.stats.countError(s.Reply.Buf[mark:])
	}
	e.Unblock(s)
}

// deleteMoved deletes keys that are another node's now. Nearly always they are of one slot.
func (e *Engine) deleteMoved(keys [][]byte) {
	for rest := keys; len(rest) > 0; {
		at, n := e.SlotOf(rest[0]), 1
		for n < len(rest) && e.SlotOf(rest[n]) == at {
			n++
		}
		e.DB.DeleteAll(at, rest[:n], func(key []byte) {
			e.stats.changes++
			if !e.Defects.Has(defect.MovedKeyUnwatched) {
				e.touch(key)
			}
		})
		rest = rest[n:]
	}
	if len(keys) > 0 && e.propagates() {
		e.Propagate(append([][]byte{wordDel}, keys...)...)
	}
}

// DropSlots deletes the keys of slots that another node has taken from us, and tells our replicas (Redis:
// delKeysInSlot).
func (e *Engine) DropSlots(slots *slot.Set) {
	const batch = 1000 // names in memory at a time
	keys := make([][]byte, 0, batch)
	for s := range slots.All() {
		for e.DB.LenSlot(s) > 0 {
			keys = e.DB.AppendKeysInSlot(keys[:0], s, batch)
			e.DB.DeleteAll(s, keys, e.touch)
			if !e.replica {
				e.Propagate(append([][]byte{wordDel}, keys...)...)
			}
		}
	}
}
