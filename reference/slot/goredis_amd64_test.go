package slot

import (
	"fmt"
	"slices"
	"testing"
	"time"
	_ "unsafe" // for go:linkname

	_ "github.com/redis/go-redis/v9" // has the package of goRedisSlot in it
)

// goRedisSlot is the function by which go-redis finds the slot of a key. It is internal to that module; the linker reaches it.
//
//go:linkname goRedisSlot github.com/redis/go-redis/v9/internal/hashtag.Slot
func goRedisSlot(key string) int

func TestAgreesWithGoRedis(t *testing.T) {
	for _, c := range slots {
		if got := goRedisSlot(c.key); c.key != "" && got != int(c.slot) { // go-redis sends a request without a key anywhere
			t.Errorf("go-redis sends %q to slot %d, want %d", c.key, got, c.slot)
		}
	}
}

// BenchmarkAgainstGoRedis says how many times as fast OfString is as go-redis's own function: the median over short slices that
// take turns, and the 5th and the 95th percentile of them.
//
//	go test ./reference/slot -run '^$' -bench AgainstGoRedis
func BenchmarkAgainstGoRedis(b *testing.B) {
	const calls = 2048
	for _, length := range []int{8, 16, 64} {
		var keys [64]string
		for i, key := range benchmarkKeys(length) {
			keys[i] = string(key)
		}
		sink := 0
		theirs := func() {
			for i := range calls {
				sink += goRedisSlot(keys[i%len(keys)])
			}
		}
		ours := func() {
			for i := range calls {
				sink += int(OfString(keys[i%len(keys)]))
			}
		}
		b.Run(fmt.Sprintf("%dB", length), func(b *testing.B) {
			var ratios, times []float64
			for b.Loop() {
				begun := time.Now()
				theirs()
				middle := time.Now()
				ours()
				took := time.Since(middle)
				ratios = append(ratios, float64(middle.Sub(begun))/float64(took))
				times = append(times, float64(took)/calls)
			}
			slices.Sort(ratios)
			slices.Sort(times)
			at := func(values []float64, percent int) float64 { return values[(len(values)-1)*percent/100] }
			b.ReportMetric(at(times, 50), "ns/key")
			b.ReportMetric(at(ratios, 50), "x-faster")
			b.ReportMetric(at(ratios, 5), "x-p5")
			b.ReportMetric(at(ratios, 95), "x-p95")
		})
	}
}
