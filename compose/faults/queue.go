package faults

import (
	"sync"
	"time"
)

// queueBytes is how much a link may hold up before its sender has to wait.
const queueBytes = 4 << 20

// queue holds frames on their way until they are due, in order. It takes one frame beyond its limit and then no more.
type queue struct {
	mutex   sync.Mutex
	changed sync.Cond
	frames  []queued
	bytes   int
	closed  bool
}

type queued struct {
	bytes []byte
	due   time.Time
}

func newQueue() *queue {
	q := &queue{}
	q.changed.L = &q.mutex
	return q
}

// push waits for room. It reports false when the queue was closed.
func (q *queue) push(bytes []byte, due time.Time) bool {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	for q.bytes >= queueBytes && !q.closed {
		q.changed.Wait()
	}
	if n := len(q.frames); n > 0 && due.Before(q.frames[n-1].due) {
		due = q.frames[n-1].due // nothing overtakes on one link
	}
	q.frames = append(q.frames, queued{bytes, due})
	q.bytes += len(bytes)
	q.changed.Broadcast()
	return !q.closed
}

// first is the oldest frame, which stays where it is; it waits for one. It reports false when the queue is empty and closed.
func (q *queue) first() (queued, bool) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	for len(q.frames) == 0 && !q.closed {
		q.changed.Wait()
	}
	if len(q.frames) == 0 {
		return queued{}, false
	}
	return q.frames[0], true
}

// done removes the oldest frame.
func (q *queue) done() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.bytes -= len(q.frames[0].bytes)
	q.frames = q.frames[1:]
	q.changed.Broadcast()
}

// close lets nothing more in. What is in can still be taken out.
func (q *queue) close() {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.closed = true
	q.changed.Broadcast()
}
