package load

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// batch is a number of requests that go out together, or one that was redirected.
type batch struct {
	requests []entry
	at       int64 // when it was due, or begun; nanoseconds on the generator's clock
	hops     uint8 // redirects so far
	turn     bool  // the connection's turn in the closed loop: when it is answered, the next one begins
	hidden   bool  // the harness's own ASKING, which is no request of the workload
}

type connState uint8

const (
	down connState = iota
	connecting
	up
)

// conn is one connection of the generator. Batches wait on it in the order they were sent.
type conn struct {
	tag   int32 // index in Generator.conns
	node  *node
	fd    int
	state connState

	in       []byte // what was received and not yet read is in[from:to]
	from, to int
	out      []byte // what was rendered and not yet sent is out[sent:]
	sent     int
	writable bool // whether the poller is asked to tell of room to write

	flight queue
	done   int  // replies had to the first batch
	busy   bool // its turn in the closed loop is in flight

	unsent  []int64 // when what was put into out since the last flush could have been sent
	retryAt int64   // when to connect again
}

// Buffers of replies hold at least one of them whole, with room for the next.
const (
	minInputBytes = 64 << 10
	replyOverhead = 64
)

func newConn(tag int32, n *node, w Workload) *conn {
	reply := max(1, w.KeysPerRequest) * (w.ValueBytes + replyOverhead)
	return &conn{tag: tag, node: n, fd: -1, in: make([]byte, max(minInputBytes, 2*reply))}
}

// flush sends what it can and asks to be told when there is room for the rest. False: the connection is broken.
func (c *conn) flush(p *poller) bool {
	if c.state != up {
		return true
	}
	for c.sent < len(c.out) {
		n, errno := send(c.fd, c.out[c.sent:])
		if errno != 0 {
			return isTemporary(errno) && c.wantRoom(p, true)
		}
		c.sent += n
	}
	c.out, c.sent = c.out[:0], 0
	return c.wantRoom(p, false)
}

func (c *conn) wantRoom(p *poller, want bool) bool {
	if c.writable == want {
		return true
	}
	c.writable = want
	return p.watch(c.fd, c.tag, true, want) == nil
}

// receive reads once. False: the connection is broken.
func (c *conn) receive() bool {
	if c.from > 0 && c.to > len(c.in)/2 {
		c.to = copy(c.in, c.in[c.from:c.to])
		c.from = 0
	}
	n, errno := receive(c.fd, c.in[c.to:])
	if errno != 0 {
		return isTemporary(errno)
	}
	c.to += n
	return n > 0
}

// shut closes the socket and forgets everything about it.
func (c *conn) shut() {
	if c.fd >= 0 {
		unix.Close(c.fd)
	}
	c.fd, c.state, c.busy, c.writable = -1, down, false, false
	c.from, c.to, c.done, c.sent = 0, 0, 0, 0
	c.out, c.unsent = c.out[:0], c.unsent[:0]
	c.flight.clear()
}

func isTemporary(errno syscall.Errno) bool {
	return errno == unix.EAGAIN || errno == unix.EINTR || errno == unix.ENOBUFS
}

// queue is a ring of batches.
type queue struct {
	ring        []batch // its length is a power of two
	head, count int
}

func (q *queue) push(b batch) {
	if q.count == len(q.ring) {
		bigger := make([]batch, max(4, 2*len(q.ring)))
		for i := range q.count {
			bigger[i] = *q.at(i)
		}
		q.ring, q.head = bigger, 0
	}
	q.count++
	*q.at(q.count - 1) = b
}

func (q *queue) at(i int) *batch { return &q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *queue) drop() {
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.count--
}

func (q *queue) clear() { q.head, q.count = 0, 0 }
