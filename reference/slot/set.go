package slot

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math/bits"
)

// BitmapBytes is the size of a slot bitmap on the cluster bus.
const BitmapBytes = Count / 8

// Range is a run of slots, both ends included.
type Range struct{ From, To Slot }

// Set is a set of slots. It is a value: assignment copies it (2048 bytes) and == compares it. The zero value is empty.
type Set struct{ words [Count / 64]uint64 }

// SetOfBitmap reads a bitmap of the cluster bus, which has exactly BitmapBytes.
func SetOfBitmap(b []byte) (Set, error) {
	var s Set
	if len(b) != BitmapBytes {
		return s, fmt.Errorf("reading a slot bitmap: %d bytes, want %d", len(b), BitmapBytes)
	}
	for i := range s.words {
		s.words[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return s, nil
}

// AppendBitmap appends the set as the cluster bus carries it: slot n is bit n%8, counted from the lowest, of byte n/8.
func (s *Set) AppendBitmap(dst []byte) []byte {
	for _, word := range s.words {
		dst = binary.LittleEndian.AppendUint64(dst, word)
	}
	return dst
}

// Add puts a slot into the set.
func (s *Set) Add(n Slot) { s.words[n/64] |= 1 << (n % 64) }

// Remove takes a slot out of the set.
func (s *Set) Remove(n Slot) { s.words[n/64] &^= 1 << (n % 64) }

// AddRange puts the slots from..to into the set, both ends included; none when to is below from.
func (s *Set) AddRange(from, to Slot) {
	if to < from {
		return
	}
	first, last := from/64, to/64
	head, tail := ^uint64(0)<<(from%64), ^uint64(0)>>(63-to%64)
	if first == last {
		s.words[first] |= head & tail
		return
	}
	s.words[first] |= head
	for i := first + 1; i < last; i++ {
		s.words[i] = ^uint64(0)
	}
	s.words[last] |= tail
}

// Clear empties the set.
func (s *Set) Clear() { *s = Set{} }

// Has reports whether a slot is in the set.
func (s *Set) Has(n Slot) bool { return s.words[n/64]>>(n%64)&1 != 0 }

// Len is the number of slots in the set.
func (s *Set) Len() int {
	n := 0
	for _, word := range s.words {
		n += bits.OnesCount64(word)
	}
	return n
}

// Empty reports whether no slot is in the set.
func (s *Set) Empty() bool { return *s == Set{} }

// All yields the slots in ascending order. The set must not change meanwhile.
func (s *Set) All() iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		for i, word := range s.words {
			for ; word != 0; word &= word - 1 {
				if !yield(Slot(64*i + bits.TrailingZeros64(word))) {
					return
				}
			}
		}
	}
}

// Ranges yields the longest runs of neighbouring slots in ascending order. The set must not change meanwhile.
func (s *Set) Ranges() iter.Seq[Range] {
	return func(yield func(Range) bool) {
		for from := s.next(0, 0); from < Count; {
			end := s.next(from, ^uint64(0))
			if !yield(Range{Slot(from), Slot(end - 1)}) {
				return
			}
			from = s.next(end, 0)
		}
	}
}

// next is the first slot at or after n that is in the set (flip 0), or that is not (flip all ones), or Count.
func (s *Set) next(n int, flip uint64) int {
	for ; n < Count; n = n&^63 + 64 {
		if word := (s.words[n/64] ^ flip) >> (n % 64); word != 0 {
			return n + bits.TrailingZeros64(word)
		}
	}
	return Count
}

// Union adds the slots of o.
func (s *Set) Union(o *Set) {
	for i, word := range o.words {
		s.words[i] |= word
	}
}

// Subtract removes the slots of o.
func (s *Set) Subtract(o *Set) {
	for i, word := range o.words {
		s.words[i] &^= word
	}
}
