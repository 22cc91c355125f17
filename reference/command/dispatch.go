package command

import (
	"bytes"
	"strings"

	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// Execute runs one request of a client. The args are valid during the call only.
func (e *Engine) Execute(s *Session, args [][]byte) Status {
	r := []Request{{Args: args}}
	e.Prepare(r)
	return e.ExecutePrepared(s, &r[0])
}

// ExecutePrepared is Execute for a request that Prepare has seen.
func (e *Engine) ExecutePrepared(s *Session, r *Request) Status {
	cmd := r.cmd
	e.caller, s.lastCommand, e.more = s, cmd, r.more && r.Bytes < quickBytesMax
	status := e.dispatch(s, r)
	e.caller, e.more = nil, false
	if len(e.untimed) > 0 && (!r.more || status != Done) {
		e.shareTime()
	}
	if status == Parked {
		return Parked
	}
	if s.tracking != nil {
		e.finishTracked(s, cmd)
	}
	s.lastRequest = e.Now
	if s.Asking && (s.queue == nil || e.Defects.Has(defect.AskingLostInMulti)) && (cmd == nil || cmd.Name != "asking") && !e.Defects.Has(defect.AskingSticks) {
		s.Asking = false
	}
	switch s.silence {
	case skipNext:
		s.silence = skipThis
	case skipThis:
		s.silence = answerAll
	}
	if s.closing {
		return Closing
	}
	return status
}

// Apply runs a command of our primary's stream: nobody is answered, and nothing is propagated, because the node relays
// the stream as it came.
func (e *Engine) Apply(args [][]byte) {
	e.BeginWork()
	s := &e.upstream
	s.Reply.Buf = s.Reply.Buf[:0]
	r := []Request{{Args: args}}
	e.Prepare(r)
	e.outgoing.relayed = true
	e.dispatch(s, &r[0])
	e.outgoing.relayed = false
	if reply := s.Reply.Buf; len(reply) > 0 && reply[0] == '-' {
		e.stats.unapplied++
		e.Host.Unapplied(string(args[0]), string(bytes.TrimRight(reply, "\r\n")))
	}
}

// dispatch makes the checks that all commands share, in the order of Redis' processCommand, and runs the command,
// queues it, or says why not.
func (e *Engine) dispatch(s *Session, r *Request) Status {
	cmd, args := r.cmd, r.Args
	if cmd == nil {
		return e.rejectUnknown(s, r.container, args)
	}
	if !cmd.takes(len(args)) {
		return e.reject(s, cmd, errWrongArity(cmd.Name))
	}
	flags := cmd.Flags
	if cmd.FlagsOf != nil {
		flags = cmd.FlagsOf(e, args)
	}
	if flags.Has(Protected) && !e.mayDebug(s) {
		return e.reject(s, cmd, errDebugNotAllowed)
	}
	if e.password != "" && !s.authenticated && !s.Primary && !flags.Has(NoAuth) {
		return e.reject(s, cmd, errNoAuth)
	}
	if s.queue != nil && flags.Has(NoMulti) {
		return e.reject(s, cmd, errNotInTransaction)
	}

	c := e.prepare(s, cmd, args)
	c.flags = flags
	if len(e.injections) > 0 {
		if text := e.injected(c); text != "" {
			return e.turnAway(c, text)
		}
	}
	if e.Cluster != nil && !s.Primary && (cmd.Keys.any() || cmd.Name == "exec") {
		c.first, c.firstSlot = r.key, r.slot
		if to := e.route(c); to.verdict != serveHere {
			return e.redirect(c, to)
		}
	}

	if cmd.Name == "exec" && s.queue != nil {
		flags |= s.queue.flags
	}
	if (flags.Has(Write) || cmd.Name == "ping") && e.cannotSave() && !s.Primary {
		return e.reject(s, cmd, errMisconf)
	}
	if flags.Has(Write) && e.replica && !s.Primary {
		return e.reject(s, cmd, errReadOnlyReplica)
	}
	if s.subscribed() && s.Reply.Proto != 3 && !flags.Has(InSubscription) {
		return e.reject(s, cmd, errSubscribed(cmd.Name))
	}
	if e.loading != nil && !flags.Has(Loading) && !s.Primary {
		return e.reject(s, cmd, errLoading)
	}
	if s.Replica != nil && flags.Has(Write|MayReplicate|ReadOnly) {
		return e.reject(s, cmd, errReplicaLink)
	}
	if e.mustWait(c, flags) {
		e.park(s)
		return Parked
	}
	if s.queue != nil && !flags.Has(NotQueued) {
		s.queue.add(cmd, args, flags)
		c.Reply.Simple("QUEUED")
		e.countQueued(c)
		return Done
	}
	var status Status
	if e.slotCosts == nil || s.Primary {
		status = e.run(c)
	} else {
		status = e.runCounted(c)
	}
	if len(e.waits.ready) > 0 {
		e.serveWaits()
	}
	return status
}

// rejectUnknown answers a request for a command we do not have.
func (e *Engine) rejectUnknown(s *Session, container *Command, args [][]byte) Status {
	if (is(args[0], "HOST:") || is(args[0], "POST")) && !e.Defects.Has(defect.BrowsersAnswered) {
		return Closing // a browser that was tricked into speaking to us; it gets no reply (Redis: securityWarningCommand)
	}
	if container != nil {
		return e.reject(s, nil, errUnknownSubcommand(args[1], strings.ToUpper(container.Name)))
	}
	return e.reject(s, nil, errUnknownCommand(args))
}

// reject answers a request that was not run with an error. A transaction it was meant for cannot succeed any more; when
// it is EXEC itself that is refused, the transaction is over.
func (e *Engine) reject(s *Session, cmd *Command, text string) Status {
	if cmd != nil {
		e.stats.of(cmd).rejected++
	}
	if cmd != nil && cmd.Name == "exec" {
		e.discard(s)
		text = errExecAbortedBy(text)
	} else if s.queue != nil {
		s.queue.broken = true
	}
	w := e.replyTo(s)
	mark := len(w.Buf)
	w.Error(text)
	e.stats.countError(w.Buf[mark:])
	return Done
}

// prepare makes a Call of a request, in memory that is used again for every request.
func (e *Engine) prepare(s *Session, cmd *Command, args [][]byte) *Call {
	c := &e.call[e.depth]
	*c = Call{Engine: e, Session: s, Cmd: cmd, Args: args, flags: cmd.Flags, Reply: e.replyTo(s)}
	return c
}

// replyTo is where replies to a session go. Messages it subscribed to are not replies: CLIENT REPLY does not stop them.
func (e *Engine) replyTo(s *Session) *resp.Writer {
	if s.silence == answerAll || s.silence == skipNext {
		return &s.Reply
	}
	e.silenced = resp.Writer{Buf: e.silenced.Buf[:0], Proto: s.Reply.Proto}
	return &e.silenced
}

// mayDebug says whether a client may use DEBUG (enable-debug-command).
func (e *Engine) mayDebug(s *Session) bool {
	switch e.Config.String("enable-debug-command") {
	case "yes":
		return true
	case "local":
		return s.local()
	}
	return false
}

// run executes a command, counts it, and propagates what it changed (Redis: call).
func (e *Engine) run(c *Call) Status {
	if len(e.untimed) > 0 && !c.Cmd.quick {
		e.shareTime()
	}
	mark, begun := len(c.Reply.Buf), e.lap
	e.depth++
	c.Cmd.Run(c)
	e.depth--
	e.stats.commands++
	counters := e.stats.of(c.Cmd)
	counters.calls++
	switch {
	case e.Stopwatch == nil:
	case c.Cmd.quick && e.more && e.mayShareTime() && len(c.Reply.Buf)-mark < quickBytesMax:
		e.untimed = append(e.untimed, counters)
	default:
		e.lap = e.Stopwatch()
		c.took = e.lap - begun
		if len(e.untimed) > 0 {
			c.took = e.share(c.took)
		}
		e.measure(c, counters)
	}
	if len(e.monitors) > 0 && !c.Cmd.Flags.Has(SkipMonitor) {
		e.feedMonitors(c)
	}
	if len(c.Reply.Buf) > mark && c.Reply.Buf[mark] == '-' {
		counters.failed++
		if !c.errorCounted {
			e.stats.countError(c.Reply.Buf[mark:])
		}
	}
	if c.Session.tracking != nil && c.Cmd.Flags.Has(ReadOnly) {
		c.noteReads()
	}
	e.conclude(c)
	return c.status
}

// conclude propagates what a command changed.
func (e *Engine) conclude(c *Call) {
	if c.dirty > 0 {
		e.stats.changes += c.dirty
		if !c.rewritten && c.Cmd.Flags.Has(Write) {
			e.propagate(c.Args...)
		}
	}
	if e.depth == 0 {
		e.flushOutgoing()
		e.beginDueSave()
	}
}
