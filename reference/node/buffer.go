package node

// keptBytes is how large an empty buffer may be that is kept for reuse: above it, one large request or reply would hold
// its memory as long as the connection lives.
const keptBytes = 64 << 10

// queue is a first-in, first-out buffer of bytes: appended at the end, consumed at the front.
type queue struct {
	buf  []byte
	head int // bytes at the front that are consumed
}

// bytes is what is in the queue, valid until the next call.
func (q *queue) bytes() []byte { return q.buf[q.head:] }

func (q *queue) len() int { return len(q.buf) - q.head }

func (q *queue) add(b []byte) { q.buf = append(q.buf, b...) }

// drop consumes n bytes.
func (q *queue) drop(n int) {
	q.buf, q.head = consumed(q.buf, q.head+n)
}

func (q *queue) clear() { *q = queue{} }

// consumed gives a buffer of which the first head bytes are done with, in the form it is best kept in: its rest moves to
// the front when that is no more work than was done for it already.
func consumed(buf []byte, head int) ([]byte, int) {
	switch {
	case head == len(buf) && cap(buf) > keptBytes:
		return nil, 0
	case head > len(buf)/2:
		return buf[:copy(buf, buf[head:])], 0
	}
	return buf, head
}
