package replication

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

func since(s *Source, offset int64) string {
	first, second := s.Since(offset)
	return string(first) + string(second)
}

func TestSourceCountsNothingWithoutFollowers(t *testing.T) {
	s := NewSource(mustID(idA), 8)
	s.Append([]byte("unseen"))
	if s.Offset() != 0 || s.Active() || s.BacklogFirst() != 0 || s.CanContinue(mustID(idA), 1) {
		t.Errorf("offset %d, active %v, first %d", s.Offset(), s.Active(), s.BacklogFirst())
	}
	s.Open(mustID(idB))
	if s.ID() != mustID(idB) {
		t.Errorf("the history kept its name %s although a part of it was not counted", s.ID())
	}
	s.Append([]byte("abc"))
	s.Open(mustID(idA))
	if s.ID() != mustID(idB) || since(s, 1) != "abc" {
		t.Errorf("a second follower restarted the history: %s %q", s.ID(), since(s, 1))
	}
}

func TestSourceContinues(t *testing.T) {
	s := NewSource(ID{}, 8)
	s.Open(mustID(idA))
	s.Append([]byte("0123456789")) // 1..10, of which 3..10 are kept
	for _, c := range []struct {
		id     string
		offset int64
		want   bool
	}{
		{idA, 2, false}, {idA, 3, true}, {idA, 10, true}, {idA, 11, true}, {idA, 12, false}, {idA, -1, false}, {idB, 5, false},
	} {
		if got := s.CanContinue(mustID(c.id), c.offset); got != c.want {
			t.Errorf("CanContinue(%s, %d) = %v", c.id, c.offset, got)
		}
	}
	if s.CanContinue(ID{}, 5) {
		t.Error("the zero id, which is also ID2 here, was continued")
	}
}

func TestSourceAfterPromotion(t *testing.T) {
	s := NewSource(ID{}, 100)
	s.Open(mustID(idA))
	s.Append([]byte("0123456789"))
	s.Shift(mustID(idB))
	s.Append([]byte("xyz"))
	if s.ID() != mustID(idB) || s.ID2() != mustID(idA) || s.SecondOffset() != 11 {
		t.Fatalf("ids %s %s, second offset %d", s.ID(), s.ID2(), s.SecondOffset())
	}
	if !s.CanContinue(mustID(idA), 11) || since(s, 11) != "xyz" {
		t.Error("a sibling that has the old history up to the promotion cannot go on")
	}
	if s.CanContinue(mustID(idA), 12) {
		t.Error("the old primary wrote on after the promotion, and may go on nevertheless")
	}
	if !s.CanContinue(mustID(idB), 14) {
		t.Error("a follower of the new history cannot go on")
	}
}

func TestSourceAdoptsAndContinues(t *testing.T) {
	s := NewSource(mustID(idA), 8)
	s.Adopt(mustID(idB), 500)
	if s.Offset() != 500 || s.BacklogFirst() != 501 || s.BacklogLen() != 0 || s.ID() != mustID(idB) || !s.Active() {
		t.Fatalf("after a full sync: %s %d first %d len %d", s.ID(), s.Offset(), s.BacklogFirst(), s.BacklogLen())
	}
	s.Append([]byte("ab"))
	s.Continue(ID{})
	if s.ID() != mustID(idB) || !s.ID2().IsZero() {
		t.Errorf("a primary that did not rename its history did so: %s %s", s.ID(), s.ID2())
	}
	s.Continue(mustID(idA))
	if s.ID() != mustID(idA) || s.ID2() != mustID(idB) || s.SecondOffset() != 503 {
		t.Errorf("renamed: %s %s %d", s.ID(), s.ID2(), s.SecondOffset())
	}
	s.Close(mustID(idB))
	if s.Active() || !s.ID2().IsZero() || s.CanContinue(mustID(idB), 503) || s.Offset() != 502 {
		t.Error("a closed backlog goes on")
	}
}

// TestSourceRing compares the ring with a plain copy of the stream, through wraps and oversized writes.
func TestSourceRing(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := NewSource(mustID(idA), 64)
	s.Open(mustID(idA))
	var all []byte
	for range 2000 {
		b := make([]byte, r.IntN(100))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		s.Append(b)
		all = append(all, b...)
		if s.Offset() != int64(len(all)) || s.BacklogLen() > s.BacklogSize() {
			t.Fatalf("offset %d of %d, %d kept of %d", s.Offset(), len(all), s.BacklogLen(), s.BacklogSize())
		}
		from := s.BacklogFirst() + int64(r.IntN(s.BacklogLen()+1))
		if got := since(s, from); !bytes.Equal([]byte(got), all[from-1:]) {
			t.Fatalf("from %d: %q, want %q", from, got, all[from-1:])
		}
	}
}

func TestIDs(t *testing.T) {
	id := NewID(rand.New(rand.NewPCG(3, 4)))
	back, ok := ParseID(id.String())
	if !ok || back != id || id.IsZero() {
		t.Errorf("%s came back as %s", id, back)
	}
	for _, bad := range []string{"", "?", idA[1:], idA + "a"} {
		if _, ok := ParseID(bad); ok {
			t.Errorf("%q is an id", bad)
		}
	}
	if got := (ID{}).String(); got != "0000000000000000000000000000000000000000" {
		t.Errorf("zero id is %q", got)
	}
}
