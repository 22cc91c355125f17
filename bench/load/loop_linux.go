package load

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// The bounds of the loop.
const (
	tickInterval  = 10 * time.Millisecond // between looks at what is seldom: timeouts, reconnects, newer maps
	retryInterval = 50 * time.Millisecond // between attempts to connect
	catchUp       = 512                   // batches issued before looking at replies again
	maxInFlight   = 1 << 22               // requests; what is due beyond them waits, and its latency counts on
	maxHops       = 16                    // redirects of one request
)

// loop is a run: it issues and serves until the time is over and the last answers are in.
func (g *Generator) loop(ctx context.Context, d time.Duration, s *Sample) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	sharpenTimers()
	cpu := threadCPU()
	g.begin(d, s)
	for g.running || g.inFlight > 0 {
		now := g.turn()
		if g.running && (now >= g.stopAt || ctx.Err() != nil || g.isExhausted()) {
			g.stopAt = min(now, g.stopAt)
			g.running = g.owes()
		}
		if now > g.stopAt+int64(g.config.Timeout) {
			break
		}
	}
	g.end()
	s.OwnCPU += threadCPU() - cpu
}

func (g *Generator) begin(d time.Duration, s *Sample) {
	now := g.now()
	g.sample, g.begun, g.heldAt, g.stopAt, g.running, g.inFlight = s, now, now, now+int64(d), true, 0
	if g.schedule != nil {
		return
	}
	for _, c := range g.conns {
		g.takeTurn(c, now)
	}
}

// end counts what has stayed unanswered, with its age, and starts afresh the connections it was on.
func (g *Generator) end() {
	now := g.now()
	for _, c := range g.conns {
		if c.flight.count > 0 {
			g.giveUp(c, now, func(s *Sample) *uint64 { return &s.Unanswered })
			g.connect(c)
		}
	}
	for ; g.owes(); g.schedule.Advance() { // the server has held up so many that no more could be sent
		s := g.at(g.begun + g.schedule.Due())
		s.Sent += uint64(g.config.Pipeline)
		s.Unanswered += uint64(g.config.Pipeline)
		record(s.Latency, now-g.begun-g.schedule.Due(), g.config.Pipeline)
	}
	g.sample.Elapsed += time.Duration(now - g.begun)
}

// owes reports whether something was due before the end that is not sent yet.
func (g *Generator) owes() bool { return g.schedule != nil && g.begun+g.schedule.Due() < g.stopAt }

// isExhausted reports whether all tapes are read that are read only once. A failure makes it of no use to read on.
func (g *Generator) isExhausted() bool {
	if !g.nodes[0].once || g.sample.Failed() > 0 {
		return g.nodes[0].once
	}
	for _, n := range g.nodes {
		if n.cursor < n.circle {
			return false
		}
	}
	return true
}

// turn is one round of the loop. It returns the time.
func (g *Generator) turn() int64 {
	limit := maxWait
	if g.schedule != nil && g.running {
		limit = g.issueDue()
	}
	for _, event := range g.poller.wait(limit) {
		g.serve(g.conns[event.Fd], event.Events)
	}
	g.flush()
	now := g.now()
	if now >= g.tickAt {
		g.tick(now)
	}
	return now
}

// issueDue issues what is due and returns the time until the next is.
func (g *Generator) issueDue() time.Duration {
	now := g.now()
	for range catchUp {
		due := g.begun + g.schedule.Due()
		if due > now || due >= g.stopAt {
			g.flush()
			return time.Duration(due - g.now())
		}
		if g.inFlight >= maxInFlight {
			g.heldAt = now
			break
		}
		n := draw(g.nodes, g.random)
		c := n.nextConn()
		c.unsent = append(c.unsent, max(due, g.heldAt))
		g.enqueue(c, batch{requests: n.take(g.config.Pipeline), at: due})
		g.schedule.Advance()
	}
	g.flush()
	return 0
}

// issue counts a batch as sent and in flight on a connection.
func (g *Generator) issue(c *conn, b batch) {
	g.at(b.at).Sent += uint64(len(b.requests))
	g.inFlight += len(b.requests)
	c.flight.push(b)
}

// enqueue issues a batch that goes out with the next flush.
func (g *Generator) enqueue(c *conn, b batch) {
	g.issue(c, b)
	c.out = g.render.append(c.out, b.requests)
	g.dirty = append(g.dirty, c)
}

// takeTurn begins the next batch of a connection in the closed loop. It goes out at once, straight from a buffer that all connections share and
// that therefore stays in the processor's cache.
func (g *Generator) takeTurn(c *conn, now int64) {
	if c.state != up || c.busy || !g.running || g.schedule != nil {
		return
	}
	requests := c.node.take(g.config.Pipeline)
	if len(requests) == 0 {
		return
	}
	c.busy = true
	g.issue(c, batch{requests: requests, at: now, turn: true})
	g.scratch = g.render.append(g.scratch[:0], requests)
	rest := g.scratch
	if len(c.out) == 0 {
		n, errno := send(c.fd, rest)
		if errno != 0 && !isTemporary(errno) {
			g.lose(c, now)
			return
		}
		rest = rest[max(n, 0):]
	}
	if len(rest) > 0 {
		c.out = append(c.out, rest...)
		g.dirty = append(g.dirty, c)
	}
}

// flush sends what was enqueued, and notes how late that is.
func (g *Generator) flush() {
	for _, c := range g.dirty {
		alive := c.flush(g.poller)
		now := int64(0)
		for _, due := range c.unsent {
			if now == 0 {
				now = g.now()
			}
			record(g.at(due).Lateness, now-due, 1)
		}
		c.unsent = c.unsent[:0]
		if !alive {
			g.lose(c, g.now())
		}
	}
	g.dirty = g.dirty[:0]
}

// serve does what an event asks for.
func (g *Generator) serve(c *conn, events uint32) {
	const broken = unix.EPOLLERR | unix.EPOLLHUP
	switch {
	case c.state == down:
		return // lost since the event was reported
	case c.state == connecting:
		if events&(unix.EPOLLOUT|broken) != 0 {
			g.connected(c)
		}
		return
	case events&unix.EPOLLOUT != 0:
		g.dirty = append(g.dirty, c)
	}
	if events&(unix.EPOLLIN|broken) == 0 {
		return
	}
	alive := c.receive()
	now := g.now()
	if !alive || !g.digest(c, now) {
		g.lose(c, now)
		return
	}
	g.takeTurn(c, now)
}

// tick does what need not be done at every turn.
func (g *Generator) tick(now int64) {
	g.tickAt = now + int64(tickInterval)
	if !g.nodes[0].once {
		g.adopt()
	}
	for _, c := range g.conns {
		if c.flight.count > 0 && now-c.flight.at(0).at > int64(g.config.Timeout) {
			g.giveUp(c, now, func(s *Sample) *uint64 { return &s.Timeouts })
		}
		if c.state == down && now >= c.retryAt {
			g.connect(c)
		}
	}
}

// connect begins to connect.
func (g *Generator) connect(c *conn) {
	now := g.now()
	c.retryAt = now + int64(retryInterval)
	fd, err := dial(c.node.addr)
	if err == nil {
		c.fd, c.state, c.writable = fd, connecting, true
		err = g.poller.watch(fd, c.tag, false, true)
	}
	if err != nil {
		g.disconnect(c)
		g.relearn(now)
	}
}

// connected is called when it is decided whether an attempt to connect has succeeded.
func (g *Generator) connected(c *conn) {
	if dialResult(c.fd) != nil {
		g.disconnect(c)
		g.relearn(g.now())
		return
	}
	c.state = up
	g.dirty = append(g.dirty, c)
	g.takeTurn(c, g.now())
}

// disconnect closes a socket that was never connected. What waits for the connection goes on waiting.
func (g *Generator) disconnect(c *conn) {
	if c.fd >= 0 {
		unix.Close(c.fd)
	}
	c.fd, c.state, c.writable = -1, down, false
}
