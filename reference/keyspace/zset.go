package keyspace

import (
	"bytes"
	"iter"
	"math/rand/v2"
)

// ZSet is a sorted set: members with scores, in the order of the scores and, where they are equal, of the members'
// bytes. Ranks count from 0. A score is any number but NaN, and minus zero equals zero.
//
// What a range of scores or members finds are members of neighbouring ranks: it is turned into ranks first, and then
// counted, visited in either direction, or removed.
type ZSet struct {
	members dict[*zsetNode]
	order   skipList
	acc     account
}

// zsetNodeBytes is what a member takes beside its bytes: an entry, a node and the links of it.
const zsetNodeBytes = entryBytes + 96

// NewZSet returns an empty sorted set.
func NewZSet() *ZSet { return new(ZSet) }

// Set gives member a score. added says that the member is new, changed that it had another score.
func (z *ZSet) Set(member []byte, score float64) (added, changed bool) {
	if len(member) > z.acc.limits().ZSetBytes {
		z.members.addIndex()
	}
	if place := z.members.find(member); place >= 0 {
		n := z.members.entries[place].value
		if n.score == score {
			return false, false
		}
		z.order.remove(n)
		n.score = score
		z.order.insert(n)
		return false, true
	}
	if z.Len() >= z.acc.limits().ZSetEntries {
		z.members.addIndex()
	}
	n := &zsetNode{member: clone(member), score: score}
	z.members.add(n.member, n)
	z.order.insert(n)
	z.acc.add(len(member) + zsetNodeBytes)
	return true, false
}

// Remove removes member and reports whether it was there.
func (z *ZSet) Remove(member []byte) bool {
	place := z.members.find(member)
	if place < 0 {
		return false
	}
	z.order.remove(z.members.entries[place].value)
	z.members.remove(place)
	z.acc.add(-len(member) - zsetNodeBytes)
	return true
}

// Score returns the score of member, and whether it is there.
func (z *ZSet) Score(member []byte) (float64, bool) {
	if place := z.members.find(member); place >= 0 {
		return z.members.entries[place].value.score, true
	}
	return 0, false
}

// Rank returns how many members stand before member, or behind it if reverse, and whether it is there.
func (z *ZSet) Rank(member []byte, reverse bool) (int, bool) {
	place := z.members.find(member)
	if place < 0 {
		return 0, false
	}
	n := z.members.entries[place].value
	rank := z.order.before(func(o *zsetNode) bool { return o.less(n) })
	if reverse {
		rank = z.Len() - 1 - rank
	}
	return rank, true
}

// Len is the number of members.
func (z *ZSet) Len() int { return len(z.members.entries) }

// ByRank visits the members of the ranks from <= rank < to. If reverse, ranks count from the last member backwards. The
// set must not change meanwhile.
func (z *ZSet) ByRank(from, to int, reverse bool) iter.Seq2[[]byte, float64] {
	return func(yield func(member []byte, score float64) bool) {
		left := min(to, z.Len()) - max(from, 0)
		if left <= 0 {
			return
		}
		rank := max(from, 0)
		if reverse {
			rank = z.Len() - 1 - rank
		}
		for n := z.order.at(rank); left > 0 && yield(n.member, n.score); left-- {
			if reverse {
				n = n.previous
			} else {
				n = n.links[0].next
			}
		}
	}
}

// All visits all members in order. The set must not change meanwhile.
func (z *ZSet) All() iter.Seq2[[]byte, float64] { return z.ByRank(0, z.Len(), false) }

// ScoreRange is the scores from Min to Max, without Min or Max where they are said to be excluded.
type ScoreRange struct {
	Min, Max                 float64
	MinExcluded, MaxExcluded bool
}

// RanksByScore returns the ranks from <= rank < to of the members whose scores are in r; from == to if there are none.
func (z *ZSet) RanksByScore(r ScoreRange) (from, to int) {
	from = z.order.before(func(n *zsetNode) bool { return n.score < r.Min || r.MinExcluded && n.score == r.Min })
	to = z.order.before(func(n *zsetNode) bool { return n.score < r.Max || !r.MaxExcluded && n.score == r.Max })
	return from, max(from, to)
}

// LexBound is an end of a LexRange. The zero value is the end behind which there is nothing: "-" as Min, "+" as Max.
type LexBound struct {
	Bounded  bool
	Member   []byte
	Excluded bool // Member itself is not in the range
}

// LexRange is the members from Min to Max in the order of bytes. It makes sense only where all scores are equal.
type LexRange struct{ Min, Max LexBound }

// RanksByLex returns the ranks from <= rank < to of the members in r; from == to if there are none.
func (z *ZSet) RanksByLex(r LexRange) (from, to int) {
	if r.Min.Bounded {
		from = z.order.before(func(n *zsetNode) bool {
			order := bytes.Compare(n.member, r.Min.Member)
			return order < 0 || r.Min.Excluded && order == 0
		})
	}
	to = z.Len()
	if r.Max.Bounded {
		to = z.order.before(func(n *zsetNode) bool {
			order := bytes.Compare(n.member, r.Max.Member)
			return order < 0 || !r.Max.Excluded && order == 0
		})
	}
	return from, max(from, to)
}

// RemoveRanks removes the members of the ranks from <= rank < to and returns how many they were.
func (z *ZSet) RemoveRanks(from, to int) (removed int) {
	var members [][]byte
	for member := range z.ByRank(from, to, false) {
		members = append(members, member)
	}
	for _, member := range members {
		z.Remove(member)
	}
	return len(members)
}

// Scan visits about count members and returns the cursor to go on from, as DB.Scan does; those of a small set in order.
// visit must not change the set.
func (z *ZSet) Scan(cursor uint64, count int, visit func(member []byte, score float64)) (next uint64) {
	if !z.members.indexed {
		for member, score := range z.All() {
			visit(member, score)
		}
		return 0
	}
	return z.members.scan(cursor, count, func(e *entry[*zsetNode]) { visit(e.key, e.value.score) })
}

// Random returns a member of a set that has some, each as likely as any other.
func (z *ZSet) Random(r *rand.Rand) (member []byte, score float64) { return z.At(r.IntN(z.Len())) }

// At returns the member at place, 0 to Len()-1. Places are no ranks: they are any, and change with the set. Those who
// want several members at random choose their places.
func (z *ZSet) At(place int) (member []byte, score float64) {
	e := &z.members.entries[place]
	return e.key, e.value.score
}

// Kind returns ZSetKind.
func (z *ZSet) Kind() Kind { return ZSetKind }

// Encoding is "listpack" as long as there were few members, and only short ones, or else "skiplist".
func (z *ZSet) Encoding() string {
	if z.members.indexed {
		return "skiplist"
	}
	return "listpack"
}

// Clone returns a copy.
func (z *ZSet) Clone() Object {
	c := &ZSet{acc: z.acc.ofClone()}
	c.members = z.members.clone(func(n *zsetNode) *zsetNode {
		n = &zsetNode{member: n.member, score: n.score}
		c.order.insert(n)
		return n
	})
	return c
}

func (z *ZSet) account() *account { return &z.acc }
