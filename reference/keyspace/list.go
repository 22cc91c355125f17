package keyspace

import (
	"bytes"
	"iter"
)

// List is a sequence of byte strings: a ring, so that both ends are quick to reach and any index is as well.
type List struct {
	ring  [][]byte // its length is a power of two, or 0
	first int      // where the element at index 0 is
	n     int
	acc   account
}

// listElementBytes is what an element takes beside its bytes: a slice, and as much again in a ring that may be half full.
const listElementBytes = 48

// listRingMin is the size of the smallest ring.
const listRingMin = 8

// NewList returns an empty list.
func NewList() *List { return new(List) }

// Len is the number of elements.
func (l *List) Len() int { return l.n }

// PushFront adds v before all others.
func (l *List) PushFront(v []byte) {
	l.grow()
	l.first = (l.first - 1) & (len(l.ring) - 1)
	l.n++
	*l.at(0) = clone(v)
	l.acc.add(len(v) + listElementBytes)
}

// PushBack adds v behind all others.
func (l *List) PushBack(v []byte) {
	l.grow()
	l.n++
	*l.at(l.n - 1) = clone(v)
	l.acc.add(len(v) + listElementBytes)
}

// PopFront removes the first element of a list that has some, and returns it.
func (l *List) PopFront() []byte {
	v := *l.at(0)
	*l.at(0) = nil
	l.first = (l.first + 1) & (len(l.ring) - 1)
	l.n--
	l.acc.add(-len(v) - listElementBytes)
	l.shrink()
	return v
}

// PopBack removes the last element of a list that has some, and returns it.
func (l *List) PopBack() []byte {
	v := *l.at(l.n - 1)
	*l.at(l.n - 1) = nil
	l.n--
	l.acc.add(-len(v) - listElementBytes)
	l.shrink()
	return v
}

// Index returns element i, and whether there is one: i counts from 0.
func (l *List) Index(i int) ([]byte, bool) {
	if i < 0 || i >= l.n {
		return nil, false
	}
	return *l.at(i), true
}

// Set replaces element i and reports whether there is one.
func (l *List) Set(i int, v []byte) bool {
	if i < 0 || i >= l.n {
		return false
	}
	l.acc.add(len(v) - len(*l.at(i)))
	*l.at(i) = clone(v)
	return true
}

// Insert puts v before element i, 0 <= i <= Len(). It moves the elements on the shorter side.
func (l *List) Insert(i int, v []byte) {
	if i < l.n/2 {
		l.PushFront(v)
		for at := range i {
			*l.at(at), *l.at(at + 1) = *l.at(at + 1), *l.at(at)
		}
		return
	}
	l.PushBack(v)
	for at := l.n - 1; at > i; at-- {
		*l.at(at), *l.at(at - 1) = *l.at(at - 1), *l.at(at)
	}
}

// Remove removes n elements from i on, 0 <= i, i+n <= Len(). It moves the elements on the shorter side.
func (l *List) Remove(i, n int) {
	for at := i; at < i+n; at++ {
		l.acc.add(-len(*l.at(at)) - listElementBytes)
	}
	if before, behind := i, l.n-i-n; before < behind {
		for at := i - 1; at >= 0; at-- {
			*l.at(at + n) = *l.at(at)
		}
		for at := range n {
			*l.at(at) = nil
		}
		l.first = (l.first + n) & (len(l.ring) - 1)
	} else {
		for at := i; at < l.n-n; at++ {
			*l.at(at) = *l.at(at + n)
		}
		for at := l.n - n; at < l.n; at++ {
			*l.at(at) = nil
		}
	}
	l.n -= n
	l.shrink()
}

// RemoveEqual removes elements equal to v and returns how many: the first max of them, the last -max if max is
// negative, or all if it is 0. It takes one walk over the list.
func (l *List) RemoveEqual(v []byte, max int) (removed int) {
	step, from := 1, 0
	if max < 0 {
		step, from, max = -1, l.n-1, -max
	}
	to := from // where the next element that stays goes
	for at := from; at >= 0 && at < l.n; at += step {
		e := *l.at(at)
		if (max == 0 || removed < max) && bytes.Equal(e, v) {
			removed++
			continue
		}
		*l.at(to) = e
		to += step
	}
	for at := to; at >= 0 && at < l.n; at += step {
		*l.at(at) = nil
	}
	if step < 0 {
		l.first = (l.first + removed) & (len(l.ring) - 1)
	}
	l.n -= removed
	l.acc.add(-removed * (len(v) + listElementBytes))
	l.shrink()
	return removed
}

// Range visits the elements from index from to index to, both included; those that are not there are left out. With
// from > to it goes backwards. The list must not change meanwhile.
func (l *List) Range(from, to int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if from <= to {
			for i := max(from, 0); i <= min(to, l.n-1) && yield(*l.at(i)); i++ {
			}
			return
		}
		for i := min(from, l.n-1); i >= max(to, 0) && yield(*l.at(i)); i-- {
		}
	}
}

// All visits all elements. The list must not change meanwhile.
func (l *List) All() iter.Seq[[]byte] { return l.Range(0, l.n) }

// Kind returns ListKind.
func (l *List) Kind() Kind { return ListKind }

// Encoding is "quicklist".
func (l *List) Encoding() string { return "quicklist" }

// Clone returns a copy.
func (l *List) Clone() Object {
	c := &List{ring: make([][]byte, len(l.ring)), n: l.n, acc: l.acc.ofClone()}
	for i := range l.n {
		c.ring[i] = *l.at(i) // elements are replaced and never written to: both may keep them
	}
	return c
}

func (l *List) account() *account { return &l.acc }

// at is where element i is.
func (l *List) at(i int) *[]byte { return &l.ring[(l.first+i)&(len(l.ring)-1)] }

// grow makes room for another element.
func (l *List) grow() {
	if l.n == len(l.ring) {
		l.resize(max(2*l.n, listRingMin))
	}
}

// shrink gives up half of a ring that is almost empty.
func (l *List) shrink() {
	if l.n < len(l.ring)/4 && len(l.ring) > listRingMin {
		size := len(l.ring)
		for l.n < size/4 && size > listRingMin {
			size /= 2
		}
		l.resize(size)
	}
}

// resize moves the elements into another ring.
func (l *List) resize(size int) {
	ring := make([][]byte, size)
	for i := range l.n {
		ring[i] = *l.at(i)
	}
	l.ring, l.first = ring, 0
}
