package keyspace

import (
	"slices"
	"strconv"
	"testing"
)

// TestLimitsOfNewValues: a value is held as the limits of its DB want it, although its maker went by the usual ones.
func TestLimitsOfNewValues(t *testing.T) {
	fill := func(n int) (*Hash, *Set, *ZSet) {
		h, s, z := NewHash(), NewSet(), NewZSet()
		for i := n - 1; i >= 0; i-- {
			text := []byte(strconv.Itoa(i))
			h.Set(text, text)
			s.Add(text)
			z.Set(text, float64(i))
		}
		return h, s, z
	}
	wide := Limits{HashEntries: 1000, HashBytes: 64, Integers: 1000, ZSetEntries: 1000, ZSetBytes: 64}
	narrow := Limits{HashEntries: 1000, HashBytes: 1, Integers: 3, ZSetEntries: 3, ZSetBytes: 64}
	for _, c := range []struct {
		limits Limits
		n      int
		want   [3]string
	}{
		{usual, 600, [3]string{"hashtable", "hashtable", "skiplist"}},
		{wide, 600, [3]string{"listpack", "intset", "listpack"}},
		{wide, 1001, [3]string{"hashtable", "hashtable", "skiplist"}},
		{narrow, 3, [3]string{"listpack", "intset", "listpack"}},
		{narrow, 11, [3]string{"hashtable", "hashtable", "skiplist"}},
	} {
		db := New()
		db.SetLimits(c.limits)
		h, s, z := fill(c.n)
		for i, o := range []Object{h, s, z} {
			key := []byte{byte(i)}
			db.Set(1, key, ObjectValue(o))
			if got := o.Encoding(); got != c.want[i] {
				t.Errorf("%d elements within %+v: %s, want %s", c.n, c.limits, got, c.want[i])
			}
			if got := o.Clone().Encoding(); got != c.want[i] {
				t.Errorf("the copy of %d elements within %+v: %s, want %s", c.n, c.limits, got, c.want[i])
			}
		}
		for i := range c.n {
			text := []byte(strconv.Itoa(i))
			value, there := h.Get(text)
			score, ranked := z.Score(text)
			if !there || string(value) != string(text) || !s.Has(text) || !ranked || score != float64(i) {
				t.Fatalf("%d elements within %+v: %s is lost", c.n, c.limits, text)
			}
		}
		if s.Encoding() == "intset" {
			members := slices.Collect(s.All())
			if string(members[1]) != "1" {
				t.Errorf("the integers are not in order: %q", members[:3])
			}
		}
	}
}

// TestLimitsOfGrowingValues: what is in a DB goes by its limits, also by those that are set later, and never back.
func TestLimitsOfGrowingValues(t *testing.T) {
	db := New()
	h := NewHash()
	db.Set(1, []byte("h"), ObjectValue(h))
	limits := usual
	limits.HashEntries = 2
	db.SetLimits(limits)
	for i := range 3 {
		if h.Encoding() != "listpack" {
			t.Fatalf("not compact with %d fields", h.Len())
		}
		h.Set([]byte{byte(i)}, nil)
	}
	if h.Encoding() != "hashtable" {
		t.Fatalf("compact with %d fields", h.Len())
	}
	db.SetLimits(usual)
	db.Set(1, []byte("h2"), ObjectValue(h))
	db.Flush()
	if h.Encoding() != "hashtable" {
		t.Error("it became compact again")
	}
}
