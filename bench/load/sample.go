package load

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range of all histograms, in nanoseconds, and their precision.
const (
	LowestLatency     = time.Microsecond
	HighestLatency    = time.Minute // what takes longer counts as this long
	SignificantDigits = 3
)

// NewHistogram makes a histogram of nanoseconds as all of this project are, so that they can be merged without loss.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(int64(LowestLatency), int64(HighestLatency), SignificantDigits)
}

// Counts are the requests of a run by what became of them. Each request is counted once: Sent is the sum of OK, Misses, Wrong, Errors, Lost,
// Timeouts and Unanswered.
type Counts struct {
	Sent       uint64            `json:"sent"`
	OK         uint64            `json:"ok"`
	Misses     uint64            `json:"misses,omitempty"`     // GETs of keys that were not there
	Wrong      uint64            `json:"wrong,omitempty"`      // replies of another type or length than the request should get
	Errors     map[string]uint64 `json:"errors,omitempty"`     // error replies by their first word
	Lost       uint64            `json:"lost,omitempty"`       // requests whose connection broke
	Timeouts   uint64            `json:"timeouts,omitempty"`   // requests given up after the timeout, with all others on their connection
	Unanswered uint64            `json:"unanswered,omitempty"` // requests without an answer when the run had waited long enough

	// Surplus is how often there was a reply that nobody had asked for. The connection is of no use after that.
	Surplus uint64 `json:"surplus,omitempty"`
	// Redirects that were followed. They are not requests of their own: the request counts when it is answered.
	Moved uint64 `json:"moved,omitempty"`
	Ask   uint64 `json:"ask,omitempty"`
}

// Answered is how many requests got the answer they should get, a miss being one.
func (c *Counts) Answered() uint64 { return c.OK + c.Misses }

// Failed is how many did not.
func (c *Counts) Failed() uint64 {
	failed := c.Wrong + c.Lost + c.Timeouts + c.Unanswered
	for _, n := range c.Errors {
		failed += n
	}
	return failed
}

// FailedInWords says what became of those that did not: "12 answered by LOADING, 3 given up after the timeout".
func (c *Counts) FailedInWords() string {
	var words []string
	say := func(n uint64, what string) {
		if n > 0 {
			words = append(words, fmt.Sprint(n, " ", what))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(c.Errors)) {
		say(c.Errors[code], "answered by "+code)
	}
	say(c.Wrong, "answered by something of another type or length")
	say(c.Lost, "lost with their connection")
	say(c.Timeouts, "given up after the timeout")
	say(c.Unanswered, "without an answer when the run ended")
	say(c.Surplus, "replies that nobody had asked for")
	return strings.Join(words, ", ")
}

func (c *Counts) countError(code string) {
	if c.Errors == nil {
		c.Errors = make(map[string]uint64)
	}
	c.Errors[code]++
}

// add adds the counts of another run.
func (c *Counts) add(o *Counts) {
	for _, pair := range []struct{ to, from *uint64 }{
		{&c.Sent, &o.Sent}, {&c.OK, &o.OK}, {&c.Misses, &o.Misses}, {&c.Wrong, &o.Wrong}, {&c.Lost, &o.Lost},
		{&c.Timeouts, &o.Timeouts}, {&c.Unanswered, &o.Unanswered}, {&c.Moved, &o.Moved}, {&c.Ask, &o.Ask}, {&c.Surplus, &o.Surplus},
	} {
		*pair.to += *pair.from
	}
	for code, n := range o.Errors {
		if c.Errors == nil {
			c.Errors = make(map[string]uint64)
		}
		c.Errors[code] += n
	}
}

// Sample is what was measured in one run, or in several that were merged.
type Sample struct {
	Counts
	// Latency, in nanoseconds: in the open loop from the moment a request was due, in the closed loop from when its batch was begun. It has
	// the requests that were answered, and those that timed out or stayed unanswered with their age; errors and lost connections are
	// only counted, for a quick refusal is no quick answer.
	Latency *hdrhistogram.Histogram
	// Lateness, in nanoseconds, is how long after the due time the generator had handed the request to the kernel. Open loop only.
	Lateness *hdrhistogram.Histogram
	// Elapsed runs from the first request to the last answer.
	Elapsed time.Duration
	// OwnCPU is the processor time of the generator's thread.
	OwnCPU time.Duration
}

// NewSample makes an empty one.
func NewSample() *Sample { return &Sample{Latency: NewHistogram(), Lateness: NewHistogram()} }

// Reset empties the sample and keeps its memory.
func (s *Sample) Reset() {
	s.Latency.Reset()
	s.Lateness.Reset()
	s.Counts, s.Elapsed, s.OwnCPU = Counts{}, 0, 0
}

// Merge adds another sample.
func (s *Sample) Merge(o *Sample) {
	s.Latency.Merge(o.Latency)
	s.Lateness.Merge(o.Lateness)
	s.Counts.add(&o.Counts)
	s.Elapsed += o.Elapsed
	s.OwnCPU += o.OwnCPU
}

// Rate is how many requests were answered in a second.
func (s *Sample) Rate() float64 {
	if s.Elapsed <= 0 {
		return 0
	}
	return float64(s.Answered()) / s.Elapsed.Seconds()
}

// OwnShare is how much of one core the generator used.
func (s *Sample) OwnShare() float64 {
	if s.Elapsed <= 0 {
		return 0
	}
	return float64(s.OwnCPU) / float64(s.Elapsed)
}

// The bounds of trust.
const (
	// MaxOwnShare of a core: above it the generator was as likely the limit as the server.
	MaxOwnShare = 0.85
	// LatenessMargin is how many times the generator's own lateness a latency must be to say something about the server.
	LatenessMargin = 3
	judgedQuantile = 0.99
)

// Trust says what spoils the sample as a statement about the server: nothing (nil), or that the generator was the bottleneck.
func (s *Sample) Trust() error {
	if share := s.OwnShare(); share > MaxOwnShare {
		return fmt.Errorf("invalid: the generator was the bottleneck, using %.0f %% of a core (%.0f %% at most)", 100*share, 100*MaxOwnShare)
	}
	if s.Lateness.TotalCount() == 0 {
		return nil
	}
	late, latency := s.Lateness.ValueAtQuantile(100*judgedQuantile), s.Latency.ValueAtQuantile(100*judgedQuantile)
	if latency < LatenessMargin*late {
		return fmt.Errorf("invalid: the generator was the bottleneck, or the machine was too busy for it: it sent %.2f ms late (p99), and a latency of %.2f ms (p99) "+
			"is not %d times that", milliseconds(late), milliseconds(latency), LatenessMargin)
	}
	return nil
}

// record notes n equal durations, cut to the range of the histogram.
func record(h *hdrhistogram.Histogram, nanos int64, n int) {
	// An error would mean a value outside the range, which the bounds exclude.
	_ = h.RecordValues(min(max(nanos, 0), int64(HighestLatency)), int64(n))
}

func milliseconds(nanos int64) float64 { return float64(nanos) / float64(time.Millisecond) }
