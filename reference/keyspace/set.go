package keyspace

import (
	"cmp"
	"iter"
	"math/rand/v2"
	"slices"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// Set is a set of byte strings. As long as all of them are integers, and not many, they are in ascending order.
type Set struct {
	members dict[struct{}]
	acc     account
}

// NewSet returns an empty set.
func NewSet() *Set { return new(Set) }

// Add adds member and reports whether it was not there.
func (s *Set) Add(member []byte) (added bool) {
	n, isInteger := resp.ParseInt(member)
	if !s.members.indexed && isInteger {
		place, there := s.searchInteger(n)
		if there {
			return false
		}
		if s.Len() < s.acc.limits().Integers {
			s.members.insert(place, clone(member), struct{}{})
			s.acc.add(len(member) + entryBytes)
			return true
		}
	}
	s.members.addIndex()
	if s.members.find(member) >= 0 {
		return false
	}
	s.members.add(clone(member), struct{}{})
	s.acc.add(len(member) + entryBytes)
	return true
}

// Remove removes member and reports whether it was there.
func (s *Set) Remove(member []byte) bool {
	place := s.place(member)
	if place < 0 {
		return false
	}
	s.removeAt(place)
	return true
}

// Has reports whether member is there.
func (s *Set) Has(member []byte) bool { return s.place(member) >= 0 }

// Len is the number of members.
func (s *Set) Len() int { return len(s.members.entries) }

// All visits all members. The set must not change meanwhile.
func (s *Set) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range s.members.entries {
			if !yield(s.members.entries[i].key) {
				return
			}
		}
	}
}

// Scan visits about count members and returns the cursor to go on from, as DB.Scan does. visit must not change the set.
func (s *Set) Scan(cursor uint64, count int, visit func(member []byte)) (next uint64) {
	return s.members.scan(cursor, count, func(e *entry[struct{}]) { visit(e.key) })
}

// Random returns a member of a set that has some, each as likely as any other.
func (s *Set) Random(r *rand.Rand) []byte { return s.members.random(r).key }

// At returns the member at place, 0 to Len()-1. The places of members are any, and change with the set: those who want
// several members at random choose their places.
func (s *Set) At(place int) []byte { return s.members.entries[place].key }

// Pop removes a member chosen like Random's from a set that has some, and returns it.
func (s *Set) Pop(r *rand.Rand) []byte {
	place := r.IntN(s.Len())
	member := s.At(place)
	s.removeAt(place)
	return member
}

// Kind returns SetKind.
func (s *Set) Kind() Kind { return SetKind }

// Encoding is "intset" as long as all members were integers, and not many, or else "hashtable".
func (s *Set) Encoding() string {
	if s.members.indexed {
		return "hashtable"
	}
	return "intset"
}

// Clone returns a copy.
func (s *Set) Clone() Object {
	return &Set{members: s.members.clone(func(v struct{}) struct{} { return v }), acc: s.acc.ofClone()}
}

func (s *Set) account() *account { return &s.acc }

// place is where member is, -1 if it is not there.
func (s *Set) place(member []byte) int {
	if s.members.indexed {
		return s.members.find(member)
	}
	if n, isInteger := resp.ParseInt(member); isInteger {
		if place, there := s.searchInteger(n); there {
			return place
		}
	}
	return -1
}

// searchInteger is where n is or should be in a set of integers.
func (s *Set) searchInteger(n int64) (place int, there bool) {
	return slices.BinarySearchFunc(s.members.entries, n, func(e entry[struct{}], n int64) int {
		m, _ := resp.ParseInt(e.key)
		return cmp.Compare(m, n)
	})
}

func (s *Set) removeAt(place int) {
	s.acc.add(-len(s.members.entries[place].key) - entryBytes)
	s.members.remove(place)
}

// clone copies b; the copy of nothing is not nil.
func clone(b []byte) []byte { return append(make([]byte, 0, len(b)), b...) }
