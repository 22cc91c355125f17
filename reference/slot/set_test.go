package slot

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSetRanges(t *testing.T) {
	for _, c := range []struct {
		name string
		add  []Range
		want []Range
	}{
		{"empty", nil, nil},
		{"first", []Range{{0, 0}}, []Range{{0, 0}}},
		{"last", []Range{{Count - 1, Count - 1}}, []Range{{Count - 1, Count - 1}}},
		{"all", []Range{{0, Count - 1}}, []Range{{0, Count - 1}}},
		{"all, in pieces out of order", []Range{{8192, Count - 1}, {0, 8191}}, []Range{{0, Count - 1}}},
		{"thirds", []Range{{0, 5460}, {5462, 10922}, {10924, 16383}}, []Range{{0, 5460}, {5462, 10922}, {10924, 16383}}},
		{"a word", []Range{{64, 127}}, []Range{{64, 127}}},
		{"ends of words", []Range{{63, 64}, {127, 127}, {129, 129}}, []Range{{63, 64}, {127, 127}, {129, 129}}},
		{"overlap", []Range{{10, 200}, {150, 300}}, []Range{{10, 300}}},
		{"backwards is empty", []Range{{10, 9}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s Set
			for _, r := range c.add {
				s.AddRange(r.From, r.To)
			}
			if got := slices.Collect(s.Ranges()); !slices.Equal(got, c.want) {
				t.Errorf("ranges %v, want %v", got, c.want)
			}
		})
	}
}

// TestSetAgainstModel does random changes to a Set and to a plain array of truth values.
func TestSetAgainstModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var s Set
	var model [Count]bool
	for round := range 300 {
		n, m := Slot(random.IntN(Count)), Slot(random.IntN(Count))
		switch random.IntN(8) {
		case 0, 1:
			s.Add(n)
			model[n] = true
		case 2:
			s.Remove(n)
			model[n] = false
		case 3, 4:
			m = min(n+m%200, Count-1)
			s.AddRange(n, m)
			for i := n; i <= m; i++ {
				model[i] = true
			}
		case 5, 6:
			var o Set
			m = min(n+m%500, Count-1)
			o.AddRange(n, m)
			s.Subtract(&o)
			for i := n; i <= m; i++ {
				model[i] = false
			}
		case 7:
			var o Set
			o.Add(n)
			o.Add(m)
			s.Union(&o)
			model[n], model[m] = true, true
		}
		if t.Failed() {
			break
		}
		checkSet(t, round, &s, &model)
	}
	if s.Empty() {
		t.Fatal("the walk ended at the empty set, which proves little")
	}
	s.Clear()
	if !s.Empty() || s.Len() != 0 || s != (Set{}) {
		t.Error("a cleared set is not empty")
	}
}

func checkSet(t *testing.T, round int, s *Set, model *[Count]bool) {
	t.Helper()
	var want []Slot
	for n, in := range model {
		if s.Has(Slot(n)) != in {
			t.Fatalf("round %d: Has(%d) = %v", round, n, !in)
		}
		if in {
			want = append(want, Slot(n))
		}
	}
	if got := slices.Collect(s.All()); !slices.Equal(got, want) {
		t.Fatalf("round %d: All yields %d slots %v, want %d", round, len(got), got, len(want))
	}
	if s.Len() != len(want) || s.Empty() != (len(want) == 0) {
		t.Fatalf("round %d: Len %d, Empty %v, want %d slots", round, s.Len(), s.Empty(), len(want))
	}
	var again Set
	last := -2
	for r := range s.Ranges() {
		if int(r.From) <= last+1 || r.To < r.From {
			t.Fatalf("round %d: range %v after a range that ends at %d", round, r, last)
		}
		last = int(r.To)
		again.AddRange(r.From, r.To)
	}
	if again != *s {
		t.Fatalf("round %d: the ranges are another set", round)
	}
	bitmap := s.AppendBitmap(nil)
	for n, in := range model {
		if (bitmap[n/8]>>(n%8)&1 != 0) != in {
			t.Fatalf("round %d: bit of slot %d is wrong", round, n)
		}
	}
	if back, err := SetOfBitmap(bitmap); err != nil || back != *s {
		t.Fatalf("round %d: the bitmap reads back differently, error %v", round, err)
	}
}

func TestSetStopsEarly(t *testing.T) {
	var s Set
	s.AddRange(5, 10)
	s.AddRange(20, 30)
	for n := range s.All() {
		if n != 5 {
			t.Errorf("first slot %d, want 5", n)
		}
		break
	}
	for r := range s.Ranges() {
		if r != (Range{5, 10}) {
			t.Errorf("first range %v, want 5-10", r)
		}
		break
	}
}

func TestSetOfBitmapSize(t *testing.T) {
	for _, size := range []int{0, 1, BitmapBytes - 1, BitmapBytes + 1} {
		if _, err := SetOfBitmap(make([]byte, size)); err == nil {
			t.Errorf("a bitmap of %d bytes is accepted", size)
		}
	}
}

func TestSetDoesNotAllocate(t *testing.T) {
	var s Set
	s.AddRange(100, 9000)
	buf := make([]byte, 0, BitmapBytes)
	var sink Slot
	n := testing.AllocsPerRun(100, func() {
		for r := range s.Ranges() {
			sink += r.To
		}
		for n := range s.All() {
			sink += n
		}
		buf = s.AppendBitmap(buf[:0])
	})
	if n != 0 {
		t.Errorf("%v allocations a run, want none", n)
	}
}
