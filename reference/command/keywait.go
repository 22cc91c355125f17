package command

import (
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// This file is about clients that are blocked until a key holds something for them. They are served after the request
// that created the key, or the whole transaction, in the order in which they came.

// keyWait is what a session waits for that is blocked on keys.
type keyWait struct {
	kind  keyspace.Kind // of the values that are of use
	cmd   *Command
	args  [][]byte // the request, copied
	keys  [][]byte // those of its words that are waited for
	serve func(c *Call, key []byte)
}

// keyWaits is who waits for which keys.
type keyWaits struct {
	sessions  map[string][]*Session // by key, who came first in front
	ready     []string              // keys that were created and have sessions
	lastCheck clock.Millis          // mono
}

// WaitForKeys blocks the client until one of n words of the request, from the i-th on, is the key of a value of a kind.
// Then serve answers it, with the request as it was. When that did not happen before deadline (mono; 0 means never),
// expired answers it.
func (c *Call) WaitForKeys(i, n int, kind keyspace.Kind, deadline clock.Millis, serve func(c *Call, key []byte), expired func(*Session)) {
	args := copyWords(c.Args)
	w := &keyWait{kind: kind, cmd: c.Cmd, args: args, keys: args[i : i+n], serve: serve}
	c.Block(deadline, expired)
	s := c.Session
	s.wait.keys = w
	if len(c.waits.sessions) == 0 {
		c.waits.lastCheck = c.Now.Mono
	}
	for _, key := range w.keys {
		removeFrom(c.waits.sessions, string(key), s) // a key may be given twice
		c.waits.sessions[string(key)] = append(c.waits.sessions[string(key)], s)
	}
}

// endKeyWait forgets what a session waits for.
func (e *Engine) endKeyWait(s *Session) {
	if s.wait.keys == nil {
		return
	}
	for _, key := range s.wait.keys.keys {
		removeFrom(e.waits.sessions, string(key), s)
	}
	s.wait.keys = nil
}

// removeFrom takes s out of one list of a map of lists, which has no empty ones.
func removeFrom(lists map[string][]*Session, name string, s *Session) {
	list := lists[name]
	remove(&list, s)
	if len(list) == 0 {
		delete(lists, name)
	} else {
		lists[name] = list
	}
}

// keyCreated notes that those who wait for a key may be served.
func (e *Engine) keyCreated(key []byte) {
	if len(e.waits.sessions[string(key)]) > 0 {
		e.waits.ready = append(e.waits.ready, string(key))
	}
}

// serveWaits serves those who wait for keys that were created. To serve one may create another key.
func (e *Engine) serveWaits() {
	for len(e.waits.ready) > 0 {
		key := []byte(e.waits.ready[0])
		e.waits.ready = e.waits.ready[1:]
		for _, s := range append([]*Session(nil), e.waits.sessions[string(key)]...) {
			v, ok := e.lookup(e.SlotOf(key), key, false)
			if !ok {
				break
			}
			if w := s.wait.keys; w.kind == v.Kind {
				e.serveWait(s, key)
			}
		}
	}
}

// serveWait serves one session, unless a key of its request is on its way to another node.
func (e *Engine) serveWait(s *Session, key []byte) {
	w := s.wait.keys
	c := e.prepare(s, w.cmd, w.args)
	if len(e.frozen) > 0 && e.touchesFrozen(c) {
		return
	}
	mark := len(c.Reply.Buf)
	e.depth++
	w.serve(c, key)
	e.depth--
	if len(c.Reply.Buf) > mark && c.Reply.Buf[mark] == '-' {
		e.stats.countError(c.Reply.Buf[mark:])
	}
	e.conclude(c)
	e.countReply(key, len(c.Reply.Buf)-mark)
	e.Unblock(s)
}

// waitsThawed has all waits looked at again whose keys were frozen.
func (e *Engine) waitsThawed() {
	for key := range e.waits.sessions {
		e.waits.ready = append(e.waits.ready, key)
	}
	e.serveWaits()
}

// waitCheckPeriod is how often it is checked that the keys that are waited for are still served here.
const waitCheckPeriod = clock.Millis(1000)

// waitCheckDeadline is when that is due (mono).
func (e *Engine) waitCheckDeadline() clock.Millis {
	if len(e.waits.sessions) == 0 || e.Cluster == nil {
		return Never
	}
	return e.waits.lastCheck + waitCheckPeriod
}

// redirectWaits sends away who waits for keys that are not served here any more (Redis:
// clusterRedirectBlockedClientIfNeeded).
func (e *Engine) redirectWaits() {
	if e.Now.Mono < e.waitCheckDeadline() || e.Defects.Has(defect.WaitsForever) {
		return
	}
	e.waits.lastCheck = e.Now.Mono
	for _, s := range append([]*Session(nil), e.blocked...) {
		if s.wait.keys == nil {
			continue
		}
		if to := e.routeWait(s); to.verdict != serveHere {
			e.redirect(e.prepare(s, s.wait.keys.cmd, s.wait.keys.args), to)
			e.Unblock(s)
		}
	}
}

// routeWait says where a session that waits for keys should be. A node that is down serves no write that would end the
// wait; a slot that is being imported will be ours.
func (e *Engine) routeWait(s *Session) destination {
	m, at := e.Cluster, e.SlotOf(s.wait.keys.keys[0])
	owner := m.Owner(at)
	switch {
	case !m.Up():
		return destination{verdict: clusterDown}
	case owner == m.Myself() || m.Importing(at) != nil:
		return destination{}
	case owner == nil:
		return destination{verdict: slotUnserved}
	}
	return destination{moved, at, owner}
}
