package command

import (
	"math/bits"

	"github.com/clusterspec/clusterspec/reference/clock"
)

// measuring is what is done with the durations of commands.
type measuring struct {
	slow       clock.Micros // from where on a command is slow (slowlog-log-slower-than); negative: none is
	spike      clock.Millis // from where on it is a spike (latency-monitor-threshold); 0: never
	histograms bool         // latency-tracking
}

// BeginWork notes that work on requests begins: what they take is counted from here.
func (e *Engine) BeginWork() {
	if e.Stopwatch != nil {
		e.lap = e.Stopwatch()
	}
}

// To read the clock takes as long as a quick command does. In a pipeline those that follow one another are timed together, and each
// is taken to have had its share; all others are timed by themselves.

// quickBytesMax is how long requests and replies may be of which copying them takes no time.
const quickBytesMax = 4096

// mayShareTime says whether nobody wants to know better: what each command cost a slot, or which ones were a little slow.
func (e *Engine) mayShareTime() bool {
	const little clock.Micros = 1000
	return e.depth == 0 && e.slotCosts == nil && (e.measuring.slow < 0 || e.measuring.slow >= little)
}

// isQuick says whether a command takes next to no time whatever its keys hold.
func (cmd *Command) isQuick() bool { return cmd.Complexity == "O(1)" && cmd.Keys.First > 0 }

// shareTime ends a run of quick commands.
func (e *Engine) shareTime() {
	begun, last := e.lap, e.untimed[len(e.untimed)-1]
	e.untimed = e.untimed[:len(e.untimed)-1]
	e.lap = e.Stopwatch()
	last.add(e.share(e.lap-begun), e.measuring.histograms)
}

// share gives the quick commands that were not timed their part of what they took together with another one, whose part it returns.
func (e *Engine) share(took clock.Micros) clock.Micros {
	each := took / clock.Micros(len(e.untimed)+1)
	for _, n := range e.untimed {
		n.add(each, e.measuring.histograms)
		took -= each
	}
	e.untimed = e.untimed[:0]
	return took
}

// add enters how long a call took.
func (n *counters) add(took clock.Micros, inHistogram bool) {
	n.took += took
	if inHistogram {
		if n.histogram == nil {
			n.histogram = new(histogram)
		}
		n.histogram.add(took)
	}
}

// measure enters how long a command took wherever that is asked for. One that has to wait is measured when it was answered.
func (e *Engine) measure(c *Call, n *counters) {
	if spike := e.measuring.spike; spike > 0 && c.took >= clock.Micros(spike)*1000 {
		e.addSpike(c.Cmd, c.took)
	}
	if c.status == Blocked {
		c.Session.wait.measured = &measuredWait{c.Cmd, c.slowCommand(), e.lap - c.took}
		return
	}
	n.add(c.took, e.measuring.histograms)
	if e.isSlow(c.Cmd, c.took) {
		e.slowlog.add(c.slowCommand(), c.took)
	}
}

// isSlow says whether a call belongs into SLOWLOG.
func (e *Engine) isSlow(cmd *Command, took clock.Micros) bool {
	return e.measuring.slow >= 0 && took >= e.measuring.slow && !cmd.Flags.Has(SkipSlowlog)
}

// measuredWait is what is remembered of a command that waits, to be measured with its wait.
type measuredWait struct {
	cmd   *Command
	entry slowCommand
	since clock.Micros // on the Stopwatch
}

// measureWait enters how long a command took that was answered now (Redis: updateStatsOnUnblock).
func (e *Engine) measureWait(w *measuredWait) {
	if w == nil || e.Stopwatch == nil {
		return
	}
	took := e.Stopwatch() - w.since
	e.stats.of(w.cmd).add(took, e.measuring.histograms)
	if e.isSlow(w.cmd, took) {
		w.entry.at = e.Now.Wall
		e.slowlog.add(w.entry, took)
	}
}

// histogram counts durations by their first two digits or better: HdrHistogram's layout for nanoseconds up to a second with
// two significant digits, which is Redis's (hdr_init(1, 1000000000, 2)), so that percentiles are the same numbers.
type histogram struct {
	total  int
	counts [histogramPlaces]int
}

const (
	histogramBits   = 8 // of a value that tell its place
	histogramHalf   = 1 << (histogramBits - 1)
	longestMeasured = 1_000_000_000 // nanoseconds; what takes longer counts as this
	histogramPlaces = (30-histogramBits)*histogramHalf + 2*histogramHalf
)

// add counts one duration.
func (h *histogram) add(d clock.Micros) {
	h.total++
	h.counts[histogramPlace(uint64(min(max(d*1000, 1), longestMeasured)))]++
}

// histogramPlace is where a number of nanoseconds is counted.
func histogramPlace(nanos uint64) int {
	shift := bits.Len64(nanos|(1<<histogramBits-1)) - histogramBits
	return shift*histogramHalf + int(nanos>>shift)
}

// histogramMost is the longest duration, in nanoseconds, that is counted at a place.
func histogramMost(place int) uint64 {
	if place < 2*histogramHalf {
		return uint64(place)
	}
	shift := place/histogramHalf - 1
	return (uint64(place-shift*histogramHalf)+1)<<shift - 1
}

// percentile is the duration in microseconds that this share of a hundred stayed within.
func (h *histogram) percentile(share float64) float64 {
	wanted := max(int(share/100*float64(h.total)+0.5), 1)
	seen := 0
	for place, n := range h.counts {
		if seen += n; seen >= wanted {
			return float64(histogramMost(place)) / 1000
		}
	}
	return 0
}

// doublings calls visit for the durations of about 1, 2, 4, 8... microseconds with how many calls stayed within each, and
// leaves out those that add none.
func (h *histogram) doublings(visit func(micros uint64, within int)) {
	const first = 1024 // nanoseconds
	place, within, told := 0, 0, 0
	for level := uint64(first); told < h.total && level <= 2*longestMeasured; level *= 2 {
		last := min(histogramPlace(level), histogramPlaces-1)
		for ; place <= last; place++ {
			within += h.counts[place]
		}
		if within > told {
			visit(histogramMost(last)/1000, within)
			told = within
		}
	}
}
