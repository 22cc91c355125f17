package sim

import (
	"container/heap"

	"github.com/clusterspec/clusterspec/reference/clock"
)

// agenda is what will happen, in order of time; what happens at the same time, in the order it was planned. Time has a grain of a
// millisecond, in which thousands of packets arrive in a large cluster: so each of them has a list.
type agenda struct {
	times millis // those that have a list
	lists map[clock.Millis]*list
	spare []*list
}

// list is what happens in one millisecond.
type list struct {
	runs []func()
	done int
}

// plan puts something on the agenda, for a time that is not over.
func (a *agenda) plan(at clock.Millis, run func()) {
	l := a.lists[at]
	if l == nil {
		l = a.newList()
		a.lists[at] = l
		heap.Push(&a.times, at)
	}
	l.runs = append(l.runs, run)
}

func (a *agenda) newList() *list {
	if a.lists == nil {
		a.lists = make(map[clock.Millis]*list)
	}
	last := len(a.spare) - 1
	if last < 0 {
		return new(list)
	}
	l := a.spare[last]
	a.spare = a.spare[:last]
	return l
}

// next takes what happens next, if it happens until end; nil: nothing does.
func (a *agenda) next(end clock.Millis) (clock.Millis, func()) {
	for len(a.times) > 0 && a.times[0] <= end {
		at := a.times[0]
		l := a.lists[at]
		if l.done < len(l.runs) {
			run := l.runs[l.done]
			l.runs[l.done] = nil
			l.done++
			return at, run
		}
		heap.Pop(&a.times)
		delete(a.lists, at)
		l.runs, l.done = l.runs[:0], 0
		a.spare = append(a.spare, l)
	}
	return 0, nil
}

// millis is a heap of times.
type millis []clock.Millis

func (t millis) Len() int           { return len(t) }
func (t millis) Less(i, j int) bool { return t[i] < t[j] }
func (t millis) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }

// Push is for container/heap.
func (t *millis) Push(x any) { *t = append(*t, x.(clock.Millis)) }

// Pop is for container/heap.
func (t *millis) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	*t = (*t)[:last]
	return x
}
