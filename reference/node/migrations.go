package node

import (
	"slices"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/migration"
)

const (
	// targetIdleMillis is how long a connection to another node is kept after its last MIGRATE.
	targetIdleMillis clock.Millis = 10_000
	// targetsMax is how many connections are kept.
	targetsMax = 64
)

// migrations carries out MIGRATE, which in Redis stops the whole server: here only writes to the keys wait. Each job has a
// connection of its own while it runs; afterwards the connection is kept for the next one to the same node.
type migrations struct{ targets []*target }

// target is one connection to another node.
type target struct {
	addr     string
	conn     *Conn
	job      *migration.Job // nil: idle
	selected int            // the database the other side is in; -1: unknown
	deadline clock.Millis   // when the job, or the idle connection, has waited long enough (mono)
}

// begin carries out a job, on a connection we have or on a new one.
func (m *migrations) begin(n *Node, job *migration.Job) {
	i := slices.IndexFunc(m.targets, func(t *target) bool { return t.job == nil && t.addr == job.Addr() })
	if i < 0 {
		m.dial(n, job)
		return
	}
	t := m.targets[i]
	t.job = job
	m.request(n, t)
}

// dial opens a connection for a job.
func (m *migrations) dial(n *Node, job *migration.Job) {
	t := &target{addr: job.Addr(), job: job, selected: -1, deadline: n.now.Mono + job.TimeoutMillis}
	t.conn = &Conn{Kind: Target, Addr: joinHostPort(job.Host, job.Port), target: t}
	m.targets = append(m.targets, t)
	n.dial(t.conn)
}

func (m *migrations) connected(n *Node, c *Conn) { m.request(n, c.target) }

// request begins to send the job of a connection.
func (m *migrations) request(n *Node, t *target) {
	t.job.Begin(t.selected)
	m.progressed(n, t.conn)
}

const (
	// feedBytes is how much of a job is put together in one turn: others are served in between.
	feedBytes = 16 << 10
	// fedAhead is how much of a job may wait to be written.
	fedAhead = 2 * feedBytes
)

// feed goes on with the jobs that are not sent as a whole.
func (m *migrations) feed(n *Node) {
	for _, t := range slices.Backward(m.targets) {
		if !t.isHungry() {
			continue
		}
		t.conn.out = t.job.Append(slices.Grow(t.conn.out, 2*feedBytes), n.now.Wall, feedBytes)
		if t.job.Done() {
			m.end(n, t) // no key was left to be sent
			continue
		}
		n.write(t.conn)
	}
}

// isHungry says whether feed has something to do for a connection.
func (t *target) isHungry() bool {
	return t.job != nil && t.conn.dialled && t.job.Unsent() && t.conn.unwritten() < fedAhead
}

// progressed gives a job its full time again: the limit is for standing still.
func (m *migrations) progressed(n *Node, c *Conn) {
	if t := c.target; t.job != nil {
		t.deadline = n.now.Mono + t.job.TimeoutMillis
	}
}

// receive takes in replies. An idle connection on which something comes is of no use any more.
func (m *migrations) receive(n *Node, c *Conn, data []byte) {
	t := c.target
	if t.job == nil {
		m.drop(n, t)
		return
	}
	m.progressed(n, c)
	c.in.add(data)
	used, done, err := t.job.Receive(c.in.bytes())
	c.in.drop(used)
	switch {
	case err != nil:
		n.log(Warning, "migrating to %s: %v", t.addr, err)
		m.fail(n, t, migration.Reading)
	case done:
		m.end(n, t)
	}
}

// end finishes the job of a connection, and keeps the connection unless more was said on it than asked.
func (m *migrations) end(n *Node, t *target) {
	job := t.job
	t.job, t.selected, t.deadline = nil, job.Selected(), n.now.Mono+targetIdleMillis
	if len(m.targets) > targetsMax || t.conn.in.len() > 0 {
		m.drop(n, t)
	}
	n.engine.Migrated(job)
}

// fail ends the job of a connection that is of no use any more, and the connection.
func (m *migrations) fail(n *Node, t *target, why migration.Failure) {
	job := t.job
	m.drop(n, t)
	job.Fail(why)
	n.engine.Migrated(job)
}

// drop closes and forgets a connection.
func (m *migrations) drop(n *Node, t *target) {
	n.hangUp(t.conn)
	i := slices.Index(m.targets, t)
	m.targets = slices.Delete(m.targets, i, i+1)
}

// closed tells that a connection ended, or could not be established. A kept connection may well have been closed by the
// other side meanwhile, so a job that met such a one may have another.
func (m *migrations) closed(n *Node, c *Conn) {
	t := c.target
	job := t.job
	switch {
	case job == nil:
		m.drop(n, t)
	case c.dialled && job.Retry():
		m.drop(n, t)
		m.dial(n, job)
	default:
		m.fail(n, t, t.phase())
	}
}

// tick gives up on jobs that stand still, and closes connections nobody has used for a while.
func (m *migrations) tick(n *Node) {
	for _, t := range slices.Backward(m.targets) { // some are dropped
		switch {
		case n.now.Mono < t.deadline:
		case t.job == nil:
			m.drop(n, t)
		case !t.conn.dialled:
			m.fail(n, t, migration.Connecting)
		default:
			m.fail(n, t, t.phase())
		}
	}
}

// phase is what a job was at when its connection broke. A connection that was refused counts as one that broke at the
// first write.
func (t *target) phase() migration.Failure {
	if !t.conn.dialled || len(t.conn.Out()) > 0 || t.job.Unsent() {
		return migration.Writing
	}
	return migration.Reading
}

// deadline is when tick or feed has something to do (mono).
func (m *migrations) deadline(now clock.Millis) clock.Millis {
	first := command.Never
	for _, t := range m.targets {
		if t.isHungry() {
			return now
		}
		first = min(first, t.deadline)
	}
	return first
}

// cancel ends all jobs: we are a replica now, and the keys are our primary's.
func (m *migrations) cancel(n *Node) {
	for _, t := range slices.Clone(m.targets) {
		if t.job != nil {
			m.fail(n, t, t.phase())
		}
	}
}
