package command

import (
	"fmt"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/rdb"
)

// This file is about the snapshot on disk. Redis forks a child that writes what it has; here the keyspace is read a chunk
// at a time between requests (keyspace.Snapshot), and what is in the file is what there was when the snapshot began.
// SAVE is the same, except that its client waits for the end; nobody else has to.

// saveCommands keep the keyspace on disk.
var saveCommands = []Command{
	{
		Name: "save", Arity: 1, Flags: Admin | NoScript | NoAsyncLoading | NoMulti, Group: "server", Since: "1.0.0",
		Complexity: "O(N) in the number of keys", Summary: "Saves a snapshot to disk and answers when it is there", Run: save,
	},
	{
		Name: "bgsave", Arity: -1, Flags: Admin | NoScript | NoAsyncLoading, Group: "server", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Begins to save a snapshot to disk", Run: bgsave,
	},
	{
		Name: "lastsave", Arity: 1, Flags: Loading | Stale | Fast | AdminCategory | Dangerous, Group: "server", Since: "1.0.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Summary: "Returns when the last snapshot was saved, in Unix time", Run: lastsave,
	},
	{
		Name: "bgrewriteaof", Arity: 1, Flags: Admin | NoScript | NoAsyncLoading, Group: "server", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Is refused: there is no append-only file", Run: refuseRewriteAOF,
	},
}

// DumpStep is a part of a snapshot on its way to disk. The first step of a run makes a new file, the last one replaces
// the old snapshot by it, as a whole or not at all.
type DumpStep struct {
	Run  uint64
	Data []byte // to be appended; it belongs to the receiver
	Last bool
	Drop bool // give the run up; nothing is reported
}

// saver is what a node does about its snapshot on disk.
type saver struct {
	points []savePoint
	run    *saving // nil: none is being saved
	runs   uint64
	due    bool       // a snapshot is to begin when the running request is over
	asked  []*Session // who has asked for it by SAVE

	lastSave    clock.Millis // wall; the start of the node counts as one
	lastTry     clock.Millis // mono
	lastFailed  bool
	lastSeconds int64 // that the last one in the background took; -1: none yet
	saves       int
	nextCheck   clock.Millis // of the points (mono)
}

// saving is one snapshot on its way to disk.
type saving struct {
	id       uint64
	snapshot *keyspace.Snapshot
	writer   *rdb.Writer
	waiting  []*Session // SAVE
	final    bool       // the node ends after it
	changes  int        // that are in it
	since    clock.Millis
	handed   bool // a step is with the host, which will report
	complete bool // it was the last one
}

const (
	// dumpChunkBytes is how much is written between two looks at what clients want: well below a millisecond's work.
	dumpChunkBytes = 128 << 10
	// saveRetry is how long after a failed attempt the next one follows (Redis: CONFIG_BGSAVE_RETRY_DELAY).
	saveRetry clock.Millis = 5000
	// saveCheckPeriod is how often the save points are looked at.
	saveCheckPeriod clock.Millis = 1000
)

const errSaving = "ERR Background save already in progress"

func save(c *Call) {
	if c.saver.run != nil || c.saver.due {
		c.Error(errSaving)
		return
	}
	c.saver.due = true
	c.saver.asked = append(c.saver.asked, c.Session)
	c.Block(0, nil)
	c.Session.wait.stays = true
}

func bgsave(c *Call) {
	switch {
	case len(c.Args) > 2, len(c.Args) == 2 && !is(c.Args[1], "SCHEDULE"):
		c.Error(errSyntax)
	case c.saver.run != nil || c.saver.due:
		c.Error(errSaving)
	default:
		c.saver.due = true
		c.Reply.Simple("Background saving started")
	}
}

func lastsave(c *Call) { c.Reply.Int(int64(c.saver.lastSave) / 1000) }

func refuseRewriteAOF(c *Call) {
	c.Error("ERR this node has no append-only file (appendonly no): BGSAVE saves a snapshot")
}

// startSaver takes over the state of a node that has just started.
func (e *Engine) startSaver() {
	e.saver.lastSave, e.saver.lastTry, e.saver.lastSeconds = e.Now.Wall, e.Now.Mono-saveRetry, -1
}

// beginDueSave begins the snapshot a request has asked for. The request is over: all of it is in the stream, whose offset
// is part of the snapshot.
func (e *Engine) beginDueSave() {
	if !e.saver.due {
		return
	}
	e.saver.due = false
	if e.saver.run != nil {
		return
	}
	e.beginSave()
	e.saver.run.waiting, e.saver.asked = e.saver.asked, nil
	if len(e.saver.run.waiting) == 0 {
		e.Host.Notice(fmt.Sprintf("Background saving started by pid %d", e.Process.ID))
	}
}

// beginSave begins a snapshot of what there is now.
func (e *Engine) beginSave() {
	w := rdb.NewWriter(rdb.WriterOptions{Compress: e.Config.Bool("rdbcompression"), NoChecksum: !e.Config.Bool("rdbchecksum")})
	w.Aux("redis-ver", RedisVersion)
	w.Aux("redis-bits", strconv.Itoa(strconv.IntSize))
	w.Aux("ctime", strconv.FormatInt(int64(e.Now.Wall)/1000, 10))
	w.Aux("used-mem", strconv.Itoa(e.DB.Bytes()))
	if e.Source != nil && e.Source.Active() {
		e.describeHistory(w)
	}
	w.Aux("aof-base", "0")
	e.writeLibraries(w)
	w.Begin(e.DB.Len(), e.DB.LenExpiring())
	e.saver.runs++
	e.saver.lastTry = e.Now.Mono
	e.saver.run = &saving{
		id: e.saver.runs, snapshot: e.DB.Snapshot(w.Key), writer: w, changes: e.stats.changes, since: e.Now.Mono,
	}
}

// describeHistory says which history of writes a snapshot belongs to, and up to where.
func (e *Engine) describeHistory(w *rdb.Writer) {
	w.Aux("repl-stream-db", "0")
	w.Aux("repl-id", e.Source.ID().String())
	w.Aux("repl-offset", strconv.FormatInt(e.Source.Offset(), 10))
}

// tickSaver goes on with the snapshot that is being saved, or begins one when a save point says so (Redis: serverCron).
func (e *Engine) tickSaver() {
	s := &e.saver
	if s.run != nil {
		e.continueSave()
		return
	}
	if len(s.points) == 0 || e.Now.Mono < s.nextCheck || e.loading != nil {
		return
	}
	s.nextCheck = e.Now.Mono + saveCheckPeriod
	if s.lastFailed && e.Now.Mono-s.lastTry <= saveRetry {
		return
	}
	for _, point := range s.points {
		if e.stats.changes >= point.changes && e.Now.Wall-s.lastSave > point.millis {
			e.Host.Notice(fmt.Sprintf("%d changes in %d seconds. Saving...", point.changes, point.millis/1000))
			e.saver.due = true
			e.beginDueSave()
			e.continueSave()
			return
		}
	}
}

// saverDeadline is when tickSaver has something to do (mono).
func (e *Engine) saverDeadline() clock.Millis {
	switch {
	case e.saver.run != nil && !e.saver.run.handed:
		return e.Now.Mono
	case e.saver.run == nil && len(e.saver.points) > 0 && e.stats.changes > 0:
		return e.saver.nextCheck
	}
	return Never
}

// continueSave hands the next part to the host, unless it still has the last one.
func (e *Engine) continueSave() {
	run := e.saver.run
	if run.handed {
		return
	}
	run.handed = true
	step := DumpStep{Run: run.id}
	if run.snapshot.Continue(func() bool { return run.writer.Len() >= dumpChunkBytes }) {
		step.Data, step.Last = run.writer.Finish(), true
	} else {
		step.Data = run.writer.Take()
	}
	e.Host.Dump(step)
	run.complete = step.Last
}

// Dumped says what became of the step of a run: the file has it, or, after the last one, the snapshot is in place.
func (e *Engine) Dumped(id uint64, err error) {
	run := e.saver.run
	if run == nil || run.id != id {
		return // it was dropped
	}
	run.handed = false
	if err == nil && !run.complete {
		return
	}
	run.snapshot.Stop()
	e.saver.run = nil
	background := len(run.waiting) == 0 && !run.final
	if err == nil {
		e.Host.Notice("DB saved on disk")
		e.saver.lastSave = e.Now.Wall
		e.saver.saves++
		e.stats.changes -= run.changes
	} else {
		e.Host.Warn(err.Error())
	}
	e.saver.lastFailed = err != nil
	if background {
		e.saver.lastSeconds = seconds(e.Now.Mono - run.since)
		if err == nil {
			e.Host.Notice("Background saving terminated with success")
		} else {
			e.Host.Warn("Background saving error")
		}
	}
	e.answerSave(run.waiting, err == nil)
	if run.final {
		e.finalSaved(err == nil)
	}
}

// answerSave answers those who have waited for SAVE.
func (e *Engine) answerSave(waiting []*Session, saved bool) {
	for _, s := range waiting {
		if saved && s.wait.reloads {
			if err := e.reload(); err != nil {
				e.Host.Warn(err.Error())
				saved = false
			}
		}
		if saved {
			s.Reply.Simple("OK")
		} else {
			s.Reply.Error("ERR")
		}
		e.Unblock(s)
	}
}

// dropSave gives up the snapshot that is being saved, if there is one.
func (e *Engine) dropSave() {
	run := e.saver.run
	if run == nil {
		return
	}
	run.snapshot.Stop()
	e.saver.run = nil
	e.Host.Dump(DumpStep{Run: run.id, Drop: true})
	e.answerSave(run.waiting, false)
}

// saveEmptied keeps the snapshot on disk in line with a keyspace that was emptied on purpose: what is on disk must not
// come back (Redis: flushAllDataAndResetRDB). One that somebody waits for is finished.
func (e *Engine) saveEmptied() {
	if run := e.saver.run; run != nil && len(run.waiting) == 0 {
		e.dropSave()
	}
	if len(e.saver.points) > 0 && e.saver.run == nil {
		e.saver.due = true
	}
}

// forgetSaver drops a session that ends.
func (e *Engine) forgetSaver(s *Session) {
	remove(&e.saver.asked, s)
	if e.saver.run != nil {
		remove(&e.saver.run.waiting, s)
	}
}

// errMisconf is for writes that would be lost (stop-writes-on-bgsave-error).
const errMisconf = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. " +
	"Commands that may modify the data set are disabled, because this instance is configured to report errors during " +
	"writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details " +
	"about the RDB error."

// cannotSave says whether writes are refused because the last snapshot could not be saved.
func (e *Engine) cannotSave() bool {
	return e.saver.lastFailed && len(e.saver.points) > 0 && e.Config.Bool("stop-writes-on-bgsave-error")
}

func (e *Engine) infoPersistence(t *infoText) {
	loading, saving, status, current := 0, 0, "ok", int64(-1)
	if e.loading != nil {
		loading = 1
	}
	if run := e.saver.run; run != nil && len(run.waiting) == 0 {
		saving, current = 1, seconds(e.Now.Mono-run.since)
	}
	if e.saver.lastFailed {
		status = "err"
	}
	t.add("loading", "%d", loading)
	t.add("async_loading", "0")
	t.add("rdb_changes_since_last_save", "%d", e.stats.changes)
	t.add("rdb_bgsave_in_progress", "%d", saving)
	t.add("rdb_last_save_time", "%d", int64(e.saver.lastSave)/1000)
	t.add("rdb_last_bgsave_status", "%s", status)
	t.add("rdb_last_bgsave_time_sec", "%d", e.saver.lastSeconds)
	t.add("rdb_current_bgsave_time_sec", "%d", current)
	t.add("rdb_saves", "%d", e.saver.saves)
	t.add("rdb_last_cow_size", "0") // nothing is copied
	t.add("rdb_last_load_keys_expired", "%d", e.loaded.expired)
	t.add("rdb_last_load_keys_loaded", "%d", e.loaded.keys)
	t.add("aof_enabled", "0")
	t.add("aof_rewrite_in_progress", "0")
	t.add("aof_rewrite_scheduled", "0")
	if l := e.loading; l != nil {
		l.info(e, t)
	}
}
