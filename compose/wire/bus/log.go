package bus

import (
	"sync"
	"time"
)

// logFrames is how many frames a Log keeps: a cluster of six nodes sends some twenty a second.
const logFrames = 8192

// Seen is a frame on its way, with the names of the nodes at both ends.
type Seen struct {
	At       time.Time
	From, To string
	Frame    *Frame
	Dropped  bool // it was taken out of the link
}

// Log keeps the last frames that were seen, and counts all votes. It is safe for use by several goroutines.
type Log struct {
	mutex sync.Mutex
	last  []Seen
	next  int // where the oldest stands once the log is full
	votes map[ballot]int
}

type ballot struct {
	voter string // its id
	epoch uint64
}

// Add notes a frame.
func (l *Log) Add(s Seen) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if s.Frame.Type == Vote {
		if l.votes == nil {
			l.votes = map[ballot]int{}
		}
		l.votes[ballot{s.Frame.Sender, s.Frame.CurrentEpoch}]++
	}
	if len(l.last) < logFrames {
		l.last = append(l.last, s)
		return
	}
	l.last[l.next] = s
	l.next = (l.next + 1) % logFrames
}

// All lists the frames that are kept, oldest first.
func (l *Log) All() []Seen {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return append(append([]Seen(nil), l.last[l.next:]...), l.last[:l.next]...)
}

// Count counts the frames kept that are as wanted.
func (l *Log) Count(wanted func(*Seen) bool) int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	n := 0
	for i := range l.last {
		if wanted(&l.last[i]) {
			n++
		}
	}
	return n
}

// DoubleVote finds a node that voted more than once in an epoch.
func (l *Log) DoubleVote() (voter string, epoch uint64, found bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for b, n := range l.votes {
		if n > 1 {
			return b.voter, b.epoch, true
		}
	}
	return "", 0, false
}

// Clear forgets everything.
func (l *Log) Clear() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.last, l.next, l.votes = nil, 0, nil
}
