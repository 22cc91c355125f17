package keyspace

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// collect turns a sequence of byte strings into strings.
func collect(visit func(yield func([]byte) bool)) []string {
	var all []string
	for b := range visit {
		all = append(all, string(b))
	}
	return all
}

// TestListAgainstSlice does everything to a list and to a slice.
func TestListAgainstSlice(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		l, model := NewList(), []string{}
		for step := range 2000 {
			v := strconv.Itoa(r.IntN(20))
			growing := step%500 < 300 // so that the ring grows and shrinks
			switch op := r.IntN(10); {
			case op < 2 && growing:
				l.PushFront([]byte(v))
				model = slices.Insert(model, 0, v)
			case op < 4 && growing:
				l.PushBack([]byte(v))
				model = append(model, v)
			case op < 2 && len(model) > 0:
				if got := string(l.PopFront()); got != model[0] {
					t.Fatalf("seed %d: PopFront %q, want %q", seed, got, model[0])
				}
				model = model[1:]
			case op < 4 && len(model) > 0:
				if got, want := string(l.PopBack()), model[len(model)-1]; got != want {
					t.Fatalf("seed %d: PopBack %q, want %q", seed, got, want)
				}
				model = model[:len(model)-1]
			case op == 4:
				i := r.IntN(len(model) + 1)
				l.Insert(i, []byte(v))
				model = slices.Insert(model, i, v)
			case op == 5:
				i := r.IntN(len(model)+2) - 1
				if ok := l.Set(i, []byte(v+"!")); ok != (0 <= i && i < len(model)) {
					t.Fatalf("seed %d: Set(%d) = %v of %d", seed, i, ok, len(model))
				} else if ok {
					model[i] = v + "!"
				}
			case op == 6:
				i := r.IntN(len(model) + 1)
				n := r.IntN(min(len(model)-i, 5) + 1)
				l.Remove(i, n)
				model = slices.Delete(model, i, i+n)
			case op == 7 && step%20 == 0:
				most := r.IntN(7) - 3
				want := removeEqual(&model, v, most)
				if got := l.RemoveEqual([]byte(v), most); got != want {
					t.Fatalf("seed %d: RemoveEqual(%d) = %d, want %d", seed, most, got, want)
				}
			}
			if got := collect(l.All()); l.Len() != len(model) || !slices.Equal(got, model) {
				t.Fatalf("seed %d, step %d: %q, want %q", seed, step, got, model)
			}
			checkList(t, l, model, r)
		}
	}
}

// removeEqual is what RemoveEqual does, to a slice.
func removeEqual(model *[]string, v string, most int) (removed int) {
	if most < 0 {
		slices.Reverse(*model)
		defer func() { slices.Reverse(*model) }()
		most = -most
	}
	*model = slices.DeleteFunc(*model, func(e string) bool {
		if e != v || most > 0 && removed == most {
			return false
		}
		removed++
		return true
	})
	return removed
}

// checkList reads a list in every way.
func checkList(t *testing.T, l *List, model []string, r *rand.Rand) {
	t.Helper()
	i := r.IntN(len(model)+2) - 1
	if v, ok := l.Index(i); ok != (0 <= i && i < len(model)) || ok && string(v) != model[i] {
		t.Fatalf("Index(%d) = %q, %v", i, v, ok)
	}
	if len(model) > 0 {
		from, to := r.IntN(len(model)), r.IntN(len(model))
		want := slices.Clone(model[min(from, to) : max(from, to)+1])
		if from > to {
			slices.Reverse(want)
		}
		if got := collect(l.Range(from, to)); !slices.Equal(got, want) {
			t.Fatalf("Range(%d, %d) = %q, want %q", from, to, got, want)
		}
	}
	size := 0
	for _, e := range model {
		size += len(e) + listElementBytes
	}
	if l.acc.bytes != size {
		t.Fatalf("%d bytes on account, want %d", l.acc.bytes, size)
	}
	if len(l.ring) > max(8*len(model), listRingMin) {
		t.Fatalf("a ring of %d for %d elements", len(l.ring), len(model))
	}
}

// elementName makes a name of one family: integers, texts, or some of each.
func elementName(r *rand.Rand, family, n int) string {
	i := r.IntN(n)
	switch {
	case family == 0 || family == 2 && i%2 == 0:
		return strconv.Itoa(i*7919 - n)
	case i == 1:
		return ""
	default:
		return strings.Repeat("x", i%40) + strconv.Itoa(i)
	}
}

// TestSetAgainstMap does everything to a set and to a map, below and above the line between the two forms.
func TestSetAgainstMap(t *testing.T) {
	for family := range 3 {
		for _, names := range []int{5, 200, 3000} {
			r := rand.New(rand.NewPCG(uint64(family), uint64(names)))
			s, model := NewSet(), map[string]bool{}
			for step := range 10000 {
				name := elementName(r, family, names)
				if removes := step/2000%2 == 1; r.IntN(4) == 0 != removes {
					if got := s.Remove([]byte(name)); got != model[name] {
						t.Fatalf("Remove(%q) = %v", name, got)
					}
					delete(model, name)
				} else if r.IntN(10) == 0 && len(model) > 0 {
					popped := string(s.Pop(r))
					if !model[popped] {
						t.Fatalf("Pop returned %q, which is not there", popped)
					}
					delete(model, popped)
				} else {
					if got := s.Add([]byte(name)); got == model[name] {
						t.Fatalf("Add(%q) = %v", name, got)
					}
					model[name] = true
				}
				other := elementName(r, family, names)
				if s.Has([]byte(other)) != model[other] || s.Len() != len(model) {
					t.Fatalf("Has(%q) = %v, Len() = %d, want %d", other, !model[other], s.Len(), len(model))
				}
				if step%500 == 0 {
					got := collect(s.All())
					if s.Encoding() == "intset" && !slices.IsSortedFunc(got, func(a, b string) int {
						x, _ := strconv.Atoi(a)
						y, _ := strconv.Atoi(b)
						return cmp.Compare(x, y)
					}) {
						t.Fatalf("integers out of order: %q", got)
					}
					slices.Sort(got)
					if want := slices.Sorted(maps.Keys(model)); !slices.Equal(got, want) {
						t.Fatalf("%q, want %q", got, want)
					}
				}
			}
			if integers := family == 0 && names < usual.Integers; (s.Encoding() == "intset") != integers {
				t.Errorf("%d names of family %d: %s", names, family, s.Encoding())
			}
			for member := range maps.Keys(model) {
				s.Remove([]byte(member))
			}
			if s.Len() != 0 || s.acc.bytes != 0 {
				t.Errorf("%d members, %d bytes after all were removed", s.Len(), s.acc.bytes)
			}
		}
	}
}

// TestHashAgainstMap does everything to a hash and to a map, which has a list of its fields in order beside it.
func TestHashAgainstMap(t *testing.T) {
	for _, names := range []int{5, 300, 3000} {
		r := rand.New(rand.NewPCG(uint64(names), 2))
		h, model, order := NewHash(), map[string]string{}, []string{}
		for step := range 10000 {
			field, value := elementName(r, 2, names), strconv.Itoa(step)
			_, there := model[field]
			if r.IntN(4) == 0 != (step/2000%2 == 1) {
				if got := h.Delete([]byte(field)); got != there {
					t.Fatalf("Delete(%q) = %v", field, got)
				}
				delete(model, field)
				order = slices.DeleteFunc(order, func(f string) bool { return f == field })
			} else {
				if got := h.Set([]byte(field), []byte(value)); got == there {
					t.Fatalf("Set(%q) = %v", field, got)
				}
				if model[field] = value; !there {
					order = append(order, field)
				}
			}
			other := elementName(r, 2, names)
			got, ok := h.Get([]byte(other))
			if want, there := model[other]; ok != there || string(got) != want || h.Len() != len(model) {
				t.Fatalf("Get(%q) = %q, %v, want %q, %v; Len() = %d, want %d", other, got, ok, want, there, h.Len(), len(model))
			}
		}
		var fields []string
		size := 0
		for field, value := range h.All() {
			if model[string(field)] != string(value) {
				t.Fatalf("All shows %q = %q, want %q", field, value, model[string(field)])
			}
			fields = append(fields, string(field))
			size += len(field) + len(value) + entryBytes
		}
		if compact := h.Encoding() == "listpack"; compact != (names <= usual.HashEntries) {
			t.Errorf("%d names: %s", names, h.Encoding())
		} else if compact && !slices.Equal(fields, order) {
			t.Errorf("fields %q, want %q", fields, order)
		}
		slices.Sort(fields)
		if !slices.Equal(fields, slices.Sorted(maps.Keys(model))) {
			t.Errorf("fields %q", fields)
		}
		if h.acc.bytes != size {
			t.Errorf("%d bytes on account, want %d", h.acc.bytes, size)
		}
	}
}

// TestZSetAgainstSlice does everything to a sorted set and to a sorted slice.
func TestZSetAgainstSlice(t *testing.T) {
	type pair struct {
		member string
		score  float64
	}
	compare := func(a, b pair) int { return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.member, b.member)) }
	for _, names := range []int{5, 100, 1000} {
		r := rand.New(rand.NewPCG(uint64(names), 3))
		z, model := NewZSet(), []pair{}
		for step := range 6000 {
			p := pair{elementName(r, 2, names), float64(r.IntN(9)-4) / 2}
			at := slices.IndexFunc(model, func(o pair) bool { return o.member == p.member })
			if r.IntN(4) == 0 != (step/1500%2 == 1) {
				if got := z.Remove([]byte(p.member)); got != (at >= 0) {
					t.Fatalf("Remove(%q) = %v", p.member, got)
				}
				if at >= 0 {
					model = slices.Delete(model, at, at+1)
				}
			} else {
				added, changed := z.Set([]byte(p.member), p.score)
				if added != (at < 0) || changed != (at >= 0 && model[at].score != p.score) {
					t.Fatalf("Set(%v) = %v, %v", p, added, changed)
				}
				if at >= 0 {
					model = slices.Delete(model, at, at+1)
				}
				i, _ := slices.BinarySearchFunc(model, p, compare)
				model = slices.Insert(model, i, p)
			}
			if z.Len() != len(model) {
				t.Fatalf("Len() = %d, want %d", z.Len(), len(model))
			}
			if step%50 != 0 {
				continue
			}
			from, to, reverse := r.IntN(len(model)+3)-1, r.IntN(len(model)+3)-1, r.IntN(2) == 0
			var got []pair
			for member, score := range z.ByRank(from, to, reverse) {
				got = append(got, pair{string(member), score})
			}
			want := slices.Clone(model)
			if reverse {
				slices.Reverse(want)
			}
			want = want[min(max(from, 0), len(want)):max(min(to, len(want)), min(max(from, 0), len(want)))]
			if !slices.Equal(got, want) {
				t.Fatalf("ByRank(%d, %d, %v) = %v, want %v", from, to, reverse, got, want)
			}
			for rank, p := range model {
				if got, ok := z.Rank([]byte(p.member), false); !ok || got != rank {
					t.Fatalf("Rank(%v) = %d, %v, want %d", p, got, ok, rank)
				}
				if got, ok := z.Rank([]byte(p.member), true); !ok || got != len(model)-1-rank {
					t.Fatalf("Rank(%v, reverse) = %d, %v", p, got, ok)
				}
				if got, ok := z.Score([]byte(p.member)); !ok || got != p.score {
					t.Fatalf("Score(%q) = %v, %v, want %v", p.member, got, ok, p.score)
				}
			}
			sr := ScoreRange{Min: float64(r.IntN(11)-5) / 2, Max: float64(r.IntN(11)-5) / 2, MinExcluded: r.IntN(2) == 0, MaxExcluded: r.IntN(2) == 0}
			first, end := z.RanksByScore(sr)
			inside := 0
			for rank, p := range model {
				in := (p.score > sr.Min || p.score == sr.Min && !sr.MinExcluded) && (p.score < sr.Max || p.score == sr.Max && !sr.MaxExcluded)
				if in != (first <= rank && rank < end) {
					t.Fatalf("%+v has ranks %d to %d, %v is %d", sr, first, end, p, rank)
				}
				if in {
					inside++
				}
			}
			if end-first != inside {
				t.Fatalf("%+v has %d ranks, want %d", sr, end-first, inside)
			}
			if step%1000 == 0 {
				n := min(end, first+3)
				if removed := z.RemoveRanks(first, n); removed != max(n-first, 0) {
					t.Fatalf("RemoveRanks(%d, %d) = %d", first, n, removed)
				}
				model = slices.Delete(model, first, n)
			}
		}
		size := 0
		for _, p := range model {
			size += len(p.member) + zsetNodeBytes
		}
		if z.acc.bytes != size {
			t.Errorf("%d bytes on account, want %d", z.acc.bytes, size)
		}
		if want := map[bool]string{false: "listpack", true: "skiplist"}[names > usual.ZSetEntries]; z.Encoding() != want {
			t.Errorf("%d names: %s", names, z.Encoding())
		}
	}
}

func TestRanksByLex(t *testing.T) {
	z, members := NewZSet(), []string{"", "a", "aa", "b", "c", "d\xff"}
	for _, m := range members {
		z.Set([]byte(m), 1)
	}
	bounds := []LexBound{{}}
	for _, m := range append(members, "aab", "z") {
		bounds = append(bounds, LexBound{true, []byte(m), false}, LexBound{true, []byte(m), true})
	}
	for _, lower := range bounds {
		for _, upper := range bounds {
			from, to := z.RanksByLex(LexRange{lower, upper})
			for rank, m := range members {
				above := !lower.Bounded || m > string(lower.Member) || m == string(lower.Member) && !lower.Excluded
				below := !upper.Bounded || m < string(upper.Member) || m == string(upper.Member) && !upper.Excluded
				if (above && below) != (from <= rank && rank < to) {
					t.Errorf("%+v to %+v: ranks %d to %d, %q is %d", lower, upper, from, to, m, rank)
				}
			}
		}
	}
}

// TestObjectScan proves that what stays is visited while elements come and go, and that every Scan ends.
func TestObjectScan(t *testing.T) {
	for _, stay := range []int{1, 100, 600, 2000} {
		r := rand.New(rand.NewPCG(uint64(stay), 4))
		s := NewSet()
		for i := range stay {
			s.Add([]byte(fmt.Sprint("stays ", i)))
		}
		seen, comers := map[string]int{}, 0
		for cursor, calls := uint64(0), 0; ; calls++ {
			cursor = s.Scan(cursor, 10, func(member []byte) { seen[string(member)]++ })
			if cursor == 0 {
				break
			}
			if calls > 2*stay+1000 {
				t.Fatal("the scan does not end")
			}
			for range r.IntN(30) { // first many come, then many go
				if calls < 50 {
					comers++
					s.Add([]byte(fmt.Sprint("comes ", comers)))
				} else {
					s.Remove([]byte(fmt.Sprint("comes ", 1+r.IntN(comers))))
				}
			}
		}
		for i := range stay {
			if n := seen[fmt.Sprint("stays ", i)]; n != 1 {
				t.Errorf("of %d: member %d was visited %d times", stay, i, n)
			}
		}
	}
	if next := NewSet().Scan(1<<63, 10, nil); next != 0 {
		t.Errorf("a cursor from nowhere leads to %d", next)
	}
}

// TestRandomIsUniform gives each member its share, within six standard deviations.
func TestRandomIsUniform(t *testing.T) {
	const members, tries = 50, 50000
	r := rand.New(rand.NewPCG(5, 5))
	h, z := NewHash(), NewZSet()
	for i := range members {
		h.Set([]byte(strconv.Itoa(i)), nil)
		z.Set([]byte(strconv.Itoa(i)), float64(i))
	}
	for name, random := range map[string]func() []byte{
		"hash": func() []byte { field, _ := h.Random(r); return field },
		"zset": func() []byte { member, _ := z.Random(r); return member },
	} {
		counts := map[string]int{}
		for range tries {
			counts[string(random())]++
		}
		for i := range members {
			if n := counts[strconv.Itoa(i)]; n < 810 || n > 1190 {
				t.Errorf("%s: %d was chosen %d times of %d", name, i, n, tries)
			}
		}
	}
}

// sampleOf makes an object of each kind with n elements.
func sampleOf(n int) []Object {
	l, s, h, z := NewList(), NewSet(), NewHash(), NewZSet()
	for i := range n {
		text := []byte(fmt.Sprint("element ", i))
		l.PushBack(text)
		s.Add(text)
		h.Set(text, text)
		z.Set(text, float64(i%5))
	}
	return []Object{l, s, h, z}
}

// change adds an element and removes another.
func change(o Object) {
	switch o := o.(type) {
	case *List:
		o.Set(0, []byte("changed"))
		o.PushBack([]byte("new"))
	case *Set:
		o.Add([]byte("new"))
		o.Remove([]byte("element 0"))
	case *Hash:
		o.Set([]byte("new"), []byte("new"))
		o.Set([]byte("element 1"), []byte("changed"))
		o.Delete([]byte("element 0"))
	case *ZSet:
		o.Set([]byte("new"), 7)
		o.Set([]byte("element 1"), 9)
		o.Remove([]byte("element 0"))
	}
}

// elementsOf shows an object's elements in order.
func elementsOf(o Object) string {
	var lines []string
	switch o := o.(type) {
	case *List:
		return fmt.Sprint(collect(o.All()))
	case *Set:
		lines = collect(o.All())
	case *Hash:
		for field, value := range o.All() {
			lines = append(lines, string(field)+"="+string(value))
		}
	case *ZSet:
		for member, score := range o.All() {
			lines = append(lines, fmt.Sprint(score, " ", string(member)))
		}
		return fmt.Sprint(lines)
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

func TestCloneSharesNothing(t *testing.T) {
	for _, n := range []int{2, 1000} {
		for _, o := range sampleOf(n) {
			before := elementsOf(o)
			c := o.Clone()
			if elementsOf(c) != before || c.Kind() != o.Kind() || c.Len() != o.Len() || c.Encoding() != o.Encoding() || c.account().bytes != o.account().bytes {
				t.Errorf("the copy of a %v is another", o.Kind())
			}
			change(c)
			if elementsOf(o) != before {
				t.Errorf("a change of the copy changed a %v", o.Kind())
			}
			copied := elementsOf(c)
			change(o)
			change(o)
			if elementsOf(c) != copied {
				t.Errorf("a change of a %v changed its copy", o.Kind())
			}
		}
	}
}

// TestElementsAreCopied proves that what went in may be overwritten by the caller.
func TestElementsAreCopied(t *testing.T) {
	buf := []byte("aa")
	l, s, h, z := NewList(), NewSet(), NewHash(), NewZSet()
	l.PushBack(buf)
	l.PushFront(buf)
	l.Insert(1, buf)
	s.Add(buf)
	h.Set(buf, buf)
	z.Set(buf, 1)
	before := []string{elementsOf(l), elementsOf(s), elementsOf(h), elementsOf(z)}
	copy(buf, "zz")
	if after := []string{elementsOf(l), elementsOf(s), elementsOf(h), elementsOf(z)}; !slices.Equal(before, after) {
		t.Errorf("%q became %q", before, after)
	}
}

// TestObjectsInDB keeps account of objects through everything that can happen to their keys.
func TestObjectsInDB(t *testing.T) {
	db := New()
	key := func(i int) []byte { return []byte(fmt.Sprint("key ", i)) }
	r := rand.New(rand.NewPCG(6, 6))
	model := map[int]Object{}
	for step := range 5000 {
		i := r.IntN(50)
		o := sampleOf(1 + r.IntN(5))[r.IntN(4)]
		switch r.IntN(8) {
		case 0, 1:
			db.Set(slot.Slot(i%3), key(i), ObjectValue(o))
			model[i] = o
		case 2:
			if got := db.Delete(slot.Slot(i%3), key(i)); got != (model[i] != nil) {
				t.Fatalf("Delete(%d) = %v", i, got)
			}
			delete(model, i)
		case 3:
			db.SetExpiry(slot.Slot(i%3), key(i), 1+clock.Millis(r.IntN(100)))
		case 4: // RENAME
			v, ok := db.Get(slot.Slot(i%3), key(i))
			if to := r.IntN(50); ok && to != i {
				db.Set(slot.Slot(to%3), key(to), v)
				db.Delete(slot.Slot(i%3), key(i))
				model[to] = model[i]
				delete(model, i)
			}
		case 5:
			db.Set(slot.Slot(i%3), key(i), Value{Kind: String, Str: bytes.Repeat([]byte("s"), r.IntN(20))})
			delete(model, i)
			db.Delete(slot.Slot(i%3), key(i))
		case 6:
			if model[i] != nil {
				change(model[i])
			}
		case 7:
			if step%100 == 0 {
				db.FlushSlot(slot.Slot(i % 3))
				maps.DeleteFunc(model, func(k int, _ Object) bool { return k%3 == i%3 })
			}
		}
		want := 0
		for k, o := range model {
			v, ok := db.Get(slot.Slot(k%3), key(k))
			if !ok || v.Object != o || v.Kind != o.Kind() || v.Str != nil {
				t.Fatalf("step %d: key %d holds %v, want %v", step, k, v, o)
			}
			want += o.account().bytes + objectBytes
		}
		if db.Len() != len(model) || db.objects.bytes != want {
			t.Fatalf("step %d: %d keys, %d bytes of objects; want %d, %d", step, db.Len(), db.objects.bytes, len(model), want)
		}
	}
	if len(db.objects.all) > 200 {
		t.Errorf("%d places for 50 keys", len(db.objects.all))
	}
	db.Flush()
	change(model[slices.Sorted(maps.Keys(model))[0]]) // an object of a key that is gone is on nobody's account
	if db.objects.bytes != 0 {
		t.Errorf("%d bytes of objects in an empty DB", db.objects.bytes)
	}
}
