package command

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/clock"
)

// This file is the end of a node: SHUTDOWN and the signals. A primary first holds writes until its replicas have what it
// has, or shutdown-timeout is over; then a last snapshot is saved, if there are save points or SAVE was said; then the
// node ends (Redis: prepareForShutdown, finishShutdown).

// shutdownCommands end the node.
var shutdownCommands = []Command{
	{
		Name: "shutdown", Arity: -1, Flags: Admin | NoScript | Loading | Stale | NoMulti | AllowBusy, Group: "server", Since: "1.0.0",
		Complexity: "O(N) in the number of keys if they are saved", Summary: "Saves the keys if so configured, and ends the node", Run: shutdown,
	},
}

// ShutdownHow is the options of SHUTDOWN.
type ShutdownHow struct{ Save, NoSave, Now, Force bool }

// ending is a shutdown that has begun.
type ending struct {
	how     ShutdownHow
	until   clock.Millis // when replicas are waited for no longer (mono)
	saving  bool
	waiting []*Session // SHUTDOWN: they get a reply only if the node does not end
}

const errShutdown = "ERR Errors trying to SHUTDOWN. Check logs."

// shutdown has no reply unless it fails: the connection ends with the node.
func shutdown(c *Call) {
	var how ShutdownHow
	abort := false
	for _, word := range c.Args[1:] {
		switch {
		case is(word, "SAVE"):
			how.Save = true
		case is(word, "NOSAVE"):
			how.NoSave = true
		case is(word, "NOW"):
			how.Now = true
		case is(word, "FORCE"):
			how.Force = true
		case is(word, "ABORT"):
			abort = true
		default:
			c.Error(errSyntax)
			return
		}
	}
	switch {
	case abort && how != ShutdownHow{}, how.Save && how.NoSave:
		c.Error(errSyntax)
	case abort && c.ending == nil:
		c.Error("ERR No shutdown in progress.")
	case abort:
		c.Host.Warn("Shutdown manually aborted.")
		c.shutdownFailed()
		c.OK()
	default:
		c.Block(0, nil)
		c.Session.wait.stays = true
		c.Host.Warn("User requested shutdown...")
		c.Shutdown(how)
		if c.ending != nil {
			c.ending.waiting = append(c.ending.waiting, c.Session)
		}
	}
}

// Shutdown begins to end the node. What is already under way is hurried by Now.
func (e *Engine) Shutdown(how ShutdownHow) {
	if e.loading != nil {
		how.NoSave, how.Save = true, false // half a data set must not replace the whole one
	}
	if e.ending == nil {
		e.ending = &ending{until: e.Now.Mono + 1000*e.Config.Millis("shutdown-timeout")}
		e.pauses.shutdown = pause{until: Never}
		if !how.Now && !e.replicasHaveAll() {
			e.Host.Notice("Waiting for replicas before shutting down.")
		}
	}
	e.ending.how = how
	if how.Now {
		e.ending.until = e.Now.Mono
	}
	e.tickShutdown()
}

// replicasHaveAll says whether no replica would miss anything if we ended now.
func (e *Engine) replicasHaveAll() bool {
	if e.replica {
		return true
	}
	for _, s := range e.replicas {
		if s.Replica.AckOffset != e.Source.Offset() {
			return false
		}
	}
	return true
}

// tickShutdown goes on when the replicas have all, or are waited for no longer.
func (e *Engine) tickShutdown() {
	end := e.ending
	if end == nil || end.saving || e.Now.Mono < end.until && !e.replicasHaveAll() {
		return
	}
	for _, s := range e.replicas {
		if lag := e.Source.Offset() - s.Replica.AckOffset; lag != 0 && !e.replica {
			e.Host.Warn(fmt.Sprintf("Lagging replica %s reported offset %d behind master, lag=%d, state=online.",
				s.replicaIP(), lag, seconds(e.Now.Mono-s.Replica.AckAt)))
		}
	}
	if e.saver.run != nil {
		e.Host.Warn("A snapshot is being saved. Giving it up!")
		e.dropSave()
	}
	if !end.how.Save && (end.how.NoSave || len(e.saver.points) == 0) {
		e.end()
		return
	}
	e.Host.Notice("Saving the final RDB snapshot before exiting.")
	end.saving = true
	e.pauses.shutdown.all = true // what came now would be lost
	e.beginSave()
	e.saver.run.final = true
	e.continueSave()
}

// shutdownDeadline is when tickShutdown has something to do (mono).
func (e *Engine) shutdownDeadline() clock.Millis {
	if e.ending == nil || e.ending.saving {
		return Never
	}
	return e.ending.until
}

// finalSaved ends the node after its last snapshot; or does not, when that is not on disk.
func (e *Engine) finalSaved(saved bool) {
	switch {
	case saved:
		e.end()
	case e.ending.how.Force:
		e.Host.Warn("Error trying to save the DB, but will exit anyway: FORCE was said.")
		e.end()
	default:
		e.Host.Warn("Error trying to save the DB, can't exit.")
		e.shutdownFailed()
	}
}

func (e *Engine) end() { e.Host.Shutdown() }

// shutdownFailed goes on as if nothing had been asked for.
func (e *Engine) shutdownFailed() {
	waiting := e.ending.waiting
	e.ending = nil
	e.pauses.shutdown = pause{}
	for _, s := range waiting {
		s.Reply.Error(errShutdown)
		e.Unblock(s)
	}
	e.resumeParked()
}
