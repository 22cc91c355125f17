package keyspace

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
)

// skipList keeps the members of a sorted set in order. Every node is in the lowest of its lists; each further list has
// about a quarter of the nodes of the one below. A link knows how many nodes it passes, so that ranks are found as
// quickly as members.
type skipList struct {
	head zsetNode // is no member
	n    int
}

// zsetNode is a member in order.
type zsetNode struct {
	member   []byte
	score    float64
	previous *zsetNode // nil for the first one
	links    []zsetLink
}

// zsetLink leads to the next node of one list.
type zsetLink struct {
	next *zsetNode // nil for the end
	span int       // how many ranks further it leads; from the last node of a list, the ranks to the end of the lowest one
}

// skipLevels is how many lists there are at most: enough for 4^16 members.
const skipLevels = 16

// less says whether n stands before o.
func (n *zsetNode) less(o *zsetNode) bool {
	if n.score != o.score {
		return n.score < o.score
	}
	return bytes.Compare(n.member, o.member) < 0
}

// trail is where a search has gone down: the last node of each list before what was searched for, and its rank, counted
// from 1; the head has 0.
type trail [skipLevels]struct {
	node *zsetNode
	rank int
}

// search follows the lists as long as isBefore says so and returns the rank of the last node passed, counted from 1.
func (s *skipList) search(t *trail, isBefore func(*zsetNode) bool) int {
	at, rank := &s.head, 0
	for level := len(s.head.links) - 1; level >= 0; level-- {
		for next := at.links[level].next; next != nil && isBefore(next); next = at.links[level].next {
			rank += at.links[level].span
			at = next
		}
		t[level].node, t[level].rank = at, rank
	}
	return rank
}

// before counts the nodes for which isBefore is true: they must be the first ones.
func (s *skipList) before(isBefore func(*zsetNode) bool) int {
	var t trail
	return s.search(&t, isBefore)
}

// at is the node of a rank, counted from 0, which must be there.
func (s *skipList) at(rank int) *zsetNode {
	at, left := &s.head, rank+1
	for level := len(s.head.links) - 1; left > 0; level-- {
		for l := at.links[level]; l.next != nil && l.span <= left; l = at.links[level] {
			left -= l.span
			at = l.next
		}
	}
	return at
}

// insert puts n, which has no links, into the lists.
func (s *skipList) insert(n *zsetNode) {
	height := min(1+bits.TrailingZeros64(rand.Uint64()|1<<63)/2, skipLevels)
	for len(s.head.links) < height {
		s.head.links = append(s.head.links, zsetLink{span: s.n})
	}
	var t trail
	rank := s.search(&t, func(o *zsetNode) bool { return o.less(n) })
	n.links = make([]zsetLink, height)
	for level := range s.head.links {
		l := &t[level].node.links[level]
		if level >= height {
			l.span++
			continue
		}
		passed := rank - t[level].rank
		n.links[level] = zsetLink{l.next, l.span - passed}
		*l = zsetLink{n, passed + 1}
	}
	if n.previous = t[0].node; n.previous == &s.head {
		n.previous = nil
	}
	if next := n.links[0].next; next != nil {
		next.previous = n
	}
	s.n++
}

// remove takes n out of the lists.
func (s *skipList) remove(n *zsetNode) {
	var t trail
	s.search(&t, func(o *zsetNode) bool { return o.less(n) })
	for level := range s.head.links {
		l := &t[level].node.links[level]
		if level < len(n.links) {
			l.next = n.links[level].next
			l.span += n.links[level].span
		}
		l.span--
	}
	if next := n.links[0].next; next != nil {
		next.previous = n.previous
	}
	n.links, n.previous = nil, nil
	s.n--
}
