package hyperloglog

import (
	"bytes"
	"fmt"
	"math"
	"testing"
)

// What counts one, two, ... elements is right within the error of the method, in both encodings.
func TestCountIsAboutRight(t *testing.T) {
	c := New()
	for n := 1; n <= 100_000; n++ {
		c.Add(fmt.Appendf(nil, "element:%d", n))
		if n == 10 || n == 1000 || n == 20_000 || n == 100_000 {
			s := c.Append(nil, 3000)
			again, err := Parse(s)
			if err != nil {
				t.Fatal(err)
			}
			got, computed := again.Count()
			if diff := math.Abs(float64(got)-float64(n)) / float64(n); diff > 0.03 || !computed {
				t.Errorf("%d elements count as %d (computed: %v)", n, got, computed)
			}
		}
	}
}

func TestMergeCountsTheUnion(t *testing.T) {
	a, b := New(), New()
	for n := range 2000 {
		a.Add(fmt.Appendf(nil, "%d", n))
		b.Add(fmt.Appendf(nil, "%d", n+1000))
	}
	a.Merge(b)
	if got, _ := a.Count(); math.Abs(float64(got)-3000) > 90 {
		t.Errorf("the union of 3000 counts as %d", got)
	}
}

// FuzzParse: whatever is read can be written, and reads the same again.
func FuzzParse(f *testing.F) {
	c := New()
	f.Add(c.Append(nil, 3000))
	for n := range 5000 {
		c.Add([]byte{byte(n), byte(n >> 8)})
		if n == 3 || n == 4999 {
			f.Add(c.Append(nil, 3000))
		}
	}
	f.Add([]byte("HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x7f\xff"))
	f.Fuzz(func(t *testing.T, s []byte) {
		c, err := Parse(s)
		if err != nil {
			return
		}
		c.Count()
		once := c.Append(nil, 3000)
		again, err := Parse(once)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if !bytes.Equal(again.Append(nil, 3000), once) || again.values != c.values {
			t.Error("what was written reads as something else")
		}
	})
}
