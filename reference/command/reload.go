package command

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/rdb"
)

// This file is DEBUG RELOAD: a snapshot is saved to disk as by SAVE, and when it is there all keys are put into a snapshot in memory,
// deleted, and read from it. What does not survive a restart does not survive this. Redis reads the file that it has just written;
// here others may have written since.

func debugReload(c *Call) {
	switch {
	case len(c.Args) == 2:
	case is(c.Args[2], "MERGE"), is(c.Args[2], "NOFLUSH"), is(c.Args[2], "NOSAVE"):
		c.badSubcommand()
		return
	default:
		c.Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
		return
	}
	if c.inTransaction {
		c.Error(errNotInTransaction)
		return
	}
	save(c)
	c.Session.wait.reloads = c.Session.wait.blocked
}

// reload has all keys go through a snapshot.
func (e *Engine) reload() error {
	file := e.wholeSnapshot()
	e.Flush()
	e.DropLibraries()
	if err := rdb.Read(file, reloading{e}); err != nil {
		return fmt.Errorf("reading back the snapshot of DEBUG RELOAD: %w", err)
	}
	return nil
}

// reloading takes the keys of a snapshot. One whose time is over is left out, unless our primary has to delete it.
type reloading struct{ *Engine }

func (r reloading) Aux(_, _ []byte) {}

func (r reloading) Key(key []byte, v keyspace.Value) error {
	at := r.SlotOf(key)
	if r.isExpired(v) && !r.replica {
		r.propagate(wordDel, key)
		return nil
	}
	r.DB.Set(at, key, v)
	return nil
}

func (r reloading) Function(source []byte) error { return r.LoadLibrary(source) }
