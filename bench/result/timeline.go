package result

import "github.com/clusterspec/clusterspec/bench/load"

// Timeline is what clients of one cluster saw while it changed: an open loop of reads and writes, and what was done to the cluster, on one clock.
type Timeline struct {
	ID     string `json:"id"`     // "change"
	Target string `json:"target"` // name of the target
	// The cluster: how many primaries, replicas of each, and the node timeout waiting is measured in.
	Primaries         int     `json:"primaries"`
	Replicas          int     `json:"replicas"`
	NodeTimeoutMillis int64   `json:"nodeTimeoutMillis"`
	RatePerSecond     float64 `json:"ratePerSecond"` // requests due in a second, poisson
	IntervalMillis    int64   `json:"intervalMillis"`
	Marks             []Mark  `json:"marks"` // what was done and what was seen, in order
	// Intervals lie one after the other from the start; requests belong to the one they were due in.
	Intervals []Interval `json:"intervals"`
	Phases    []Phase    `json:"phases"`
	Outages   []Outage   `json:"outages,omitempty"`
	// Trouble says what went wrong, where something did.
	Trouble string `json:"trouble,omitempty"`
}

// Mark is a moment: something was done to the cluster ("kill A"), or seen of it ("D is a primary").
type Mark struct {
	AtMillis int64  `json:"atMillis"`
	What     string `json:"what"`
	Fault    bool   `json:"fault,omitempty"` // it was done to harm
}

// Interval is a piece of the time line, in nanoseconds where it is about latency.
type Interval struct {
	Answered uint64 `json:"answered"`
	Failed   uint64 `json:"failed,omitempty"`
	Moved    uint64 `json:"moved,omitempty"`
	Ask      uint64 `json:"ask,omitempty"`
	P50      int64  `json:"p50"`
	P99      int64  `json:"p99"`
	Max      int64  `json:"max"`
}

// Phase is a named stretch of the time line: "steady", "slots moving".
type Phase struct {
	Name       string      `json:"name"`
	FromMillis int64       `json:"fromMillis"`
	ToMillis   int64       `json:"toMillis"`
	Latency    Percentiles `json:"latencyNanos"`
	Counts     load.Counts `json:"counts"`
	// RedirectsPerRequest counts MOVED and ASK.
	RedirectsPerRequest float64 `json:"redirectsPerRequest"`
	// WorstSecond is the p99 of the second that had the highest, in nanoseconds.
	WorstSecond int64 `json:"worstSecondNanos"`
	// Facts are measured in this phase besides: "keys moved a second", "time to the first write, in node timeouts".
	Facts []Fact `json:"facts,omitempty"`
}

// Fact is a number with its name.
type Fact struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Outage is a stretch in which a range of slots accepted no write, found by a probe of its own that writes to each range again and again.
type Outage struct {
	Slots      string `json:"slots"` // "0-5460"
	FromMillis int64  `json:"fromMillis"`
	ToMillis   int64  `json:"toMillis"`
	Because    string `json:"because"` // the last refusal
}
