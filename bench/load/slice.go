package load

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// sliceLength is how long the latencies are collected that Sample.Slice is given.
const sliceLength = time.Second

// slice collects the latencies of about a second and then adds them to the sample.
type slice struct {
	latency *hdrhistogram.Histogram
	started time.Time
	endsAt  int64
}

func (s *slice) begin(sample *Sample, now int64) {
	if sample.Slice == nil { // nobody looks at slices: the sample collects by itself
		s.latency = sample.Latency
		return
	}
	s.latency = NewHistogram()
	s.open(now)
}

func (s *slice) open(now int64) {
	s.started, s.endsAt = time.Now(), now+int64(sliceLength)
}

func (s *slice) tick(sample *Sample, now int64) {
	if sample.Slice != nil && now >= s.endsAt {
		s.end(sample, now)
	}
}

// end hands the slice over and begins the next.
func (s *slice) end(sample *Sample, now int64) {
	if sample.Slice == nil {
		return
	}
	s.latency.SetStartTimeMs(s.started.UnixMilli())
	s.latency.SetEndTimeMs(time.Now().UnixMilli())
	sample.Slice(s.latency)
	sample.Latency.Merge(s.latency)
	s.latency.Reset()
	s.open(now)
}
