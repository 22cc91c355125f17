package command

import (
	"bytes"

	"github.com/clusterspec/clusterspec/reference/clock"
)

// This file is about requests that are not answered at once. A parked one has not begun: the node is paused, or a key is
// on its way to another node. A blocked one has begun, and its reply comes later.

// pauses is until when (mono) which requests are parked, for each of the two who can ask for it.
type pauses struct {
	client   pause // CLIENT PAUSE
	failover pause // a manual failover in which we are to step down
	shutdown pause // the node is about to end
}

// pause is one request to wait.
type pause struct {
	until clock.Millis // 0: none
	all   bool         // reads wait as well
}

// stopWrites says whether writes wait.
func (p *pauses) stopWrites() bool {
	return p.client.until != 0 || p.failover.until != 0 || p.shutdown.until != 0
}

// stopAll says whether everything waits.
func (p *pauses) stopAll() bool { return p.client.until != 0 && p.client.all || p.shutdown.all }

// deadline is when the first pause ends.
func (p *pauses) deadline() clock.Millis {
	first := Never
	for _, one := range []pause{p.client, p.failover} {
		if one.until != 0 {
			first = min(first, one.until)
		}
	}
	return first
}

// PauseWrites makes writes wait until a moment (mono): a replica is about to take over.
func (e *Engine) PauseWrites(until clock.Millis) { e.pauses.failover = pause{until: until} }

// ResumeWrites ends what PauseWrites began.
func (e *Engine) ResumeWrites() {
	e.pauses.failover = pause{}
	e.resumeParked()
}

// endPauses ends the pauses whose time is up.
func (e *Engine) endPauses() {
	for _, one := range []*pause{&e.pauses.client, &e.pauses.failover} {
		if one.until != 0 && one.until <= e.Now.Mono {
			*one = pause{}
			e.resumeParked()
		}
	}
}

// Freeze makes writes to keys wait while they are on their way to another node. Reads are still served.
func (e *Engine) Freeze(keys [][]byte) {
	names := string(bytes.Join(keys, nil)) // all in one piece
	for _, key := range keys {
		e.frozen[names[:len(key)]]++
		names = names[len(key):]
	}
}

// Thaw ends what Freeze began for the same keys.
func (e *Engine) Thaw(keys [][]byte) {
	for _, key := range keys {
		if jobs := e.frozen[string(key)]; jobs > 1 {
			e.frozen[string(key)] = jobs - 1
		} else {
			delete(e.frozen, string(key))
		}
	}
	e.waitsThawed()
	e.resumeParked()
}

// mustWait says whether a request that could run now has to be parked.
func (e *Engine) mustWait(c *Call, flags Flags) bool {
	if c.Session.Replica != nil || c.Session.Primary {
		return false
	}
	if e.pauses.stopAll() || e.pauses.stopWrites() && flags.Has(Write|MayReplicate) {
		return true
	}
	return len(e.frozen) > 0 && flags.Has(Write|RunsScript) && e.touchesFrozen(c)
}

// touchesFrozen says whether a write concerns a frozen key. One without keys, such as FLUSHALL or a script that names none, concerns
// them all.
func (e *Engine) touchesFrozen(c *Call) bool {
	var keys keyWalk
	keys.begin(c)
	key, ok := keys.next()
	if !ok {
		return c.flags.Has(Write | RunsScript)
	}
	for ; ok; key, ok = keys.next() {
		if e.frozen[string(key)] > 0 {
			return true
		}
	}
	return false
}

// park remembers a session whose request is to come again.
func (e *Engine) park(s *Session) {
	remove(&e.parked, s)
	e.parked = append(e.parked, s)
}

// resumeParked has all parked requests come again. Those that still must wait are parked anew.
func (e *Engine) resumeParked() {
	parked := e.parked
	e.parked = nil
	for _, s := range parked {
		e.Host.Resume(s)
	}
}

// wait is what a blocked session waits for.
type wait struct {
	blocked  bool
	deadline clock.Millis // mono; Never: none
	expired  func(*Session)
	keys     *keyWait // nil: for something else than keys
	measured *measuredWait
	stays    bool // a change of our role does not end it
	reloads  bool // for a snapshot, from which all keys are read when it is there
}

// Block leaves the client without a reply until Engine.Unblock. When that did not happen before deadline (mono; 0 means
// never), expired is called: it writes the reply, and the client goes on.
func (c *Call) Block(deadline clock.Millis, expired func(*Session)) {
	if deadline == 0 {
		deadline = Never
	}
	c.status = Blocked
	c.Session.wait = wait{blocked: true, deadline: deadline, expired: expired}
	c.blocked = append(c.blocked, c.Session)
}

// Unblock ends the wait of a session after its reply was written. It does nothing when the session does not wait.
func (e *Engine) Unblock(s *Session) {
	if !s.wait.blocked {
		return
	}
	e.endKeyWait(s)
	e.measureWait(s.wait.measured)
	s.wait = wait{}
	remove(&e.blocked, s)
	e.Host.Dirty(s)
	e.Host.Resume(s)
}

// blockedDeadline is when the first blocked client has waited long enough.
func (e *Engine) blockedDeadline() clock.Millis {
	first := Never
	for _, s := range e.blocked {
		first = min(first, s.wait.deadline)
	}
	return first
}

// expireBlocked answers the blocked clients who have waited long enough.
func (e *Engine) expireBlocked() {
	for _, s := range append([]*Session(nil), e.blocked...) {
		if s.wait.deadline <= e.Now.Mono {
			s.wait.expired(s)
			e.Unblock(s)
		}
	}
}

// unblockAll sends all blocked clients away: what they wait for does not happen on a replica
// (Redis: disconnectAllBlockedClients).
func (e *Engine) unblockAll() {
	for _, s := range append([]*Session(nil), e.blocked...) {
		if s.wait.stays {
			continue
		}
		s.Reply.Error(errUnblocked)
		e.Unblock(s)
		e.disconnect(s)
	}
}

// disconnect closes a session once it has read its replies.
func (e *Engine) disconnect(s *Session) {
	s.closing = true
	e.Host.Disconnect(s)
}
