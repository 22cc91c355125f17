// Package result is what a benchmark found: the types that become JSON, the product from which pages and summaries are made.
package result

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
)

// Schema names the form of a result. Another form gets another name.
const Schema = "clusterspec.bench/1"

// Result is what a benchmark found. As JSON it is the product; all else is made from it.
type Result struct {
	Schema      string      `json:"schema"`
	Suite       string      `json:"suite"`   // version of clusterspec
	Command     []string    `json:"command"` // repeats the run
	Seed        uint64      `json:"seed"`
	Started     time.Time   `json:"started"`
	Finished    time.Time   `json:"finished"`
	Interrupted bool        `json:"interrupted,omitempty"` // ended early; what was measured until then is here
	Environment Environment `json:"environment"`
	Targets     []Target    `json:"targets"` // the first is the base
	// What was measured, by kind. A run measures what it was asked for; the rest is empty.
	Series    []Series   `json:"series,omitempty"`    // workloads, side by side in slices
	Figures   []Figure   `json:"figures,omitempty"`   // single quantities, by trials in turn
	Timelines []Timeline `json:"timelines,omitempty"` // what clients see while the cluster changes
	Growths   []Growth   `json:"growths,omitempty"`   // costs as something grows
	// Gates are what came of bounds that the figures had to keep, where some were named.
	Gates []Gate `json:"gates,omitempty"`
}

// TwinSuffix marks the base when it is measured the second time.
const TwinSuffix = " (again)"

// Target is one of those that were measured.
type Target struct {
	Name    string `json:"name"` // "redis-server 7.0.15"
	Spec    string `json:"spec"` // as the user wrote it
	Kind    string `json:"kind"`
	Server  string `json:"server"`
	Version string `json:"version"`
	Digest  string `json:"digest,omitempty"` // of the image
	// Nodes is how many were loaded, in cluster mode.
	Nodes int `json:"nodes"`
}

// Series is one workload, put on all targets in turn.
type Series struct {
	ID            string            `json:"id"`                      // "get-p16"
	Curve         string            `json:"curve,omitempty"`         // name of the sweep of rates it is a point of
	Operation     string            `json:"operation"`               // "GET", "SET", "90 % GET", "MGET of 10"
	Loop          string            `json:"loop"`                    // LoopClosed or LoopOpen
	Arrivals      string            `json:"arrivals,omitempty"`      // in the open loop: "poisson"
	RatePerSecond float64           `json:"ratePerSecond,omitempty"` // in the open loop: requests due in a second
	Pipeline      int               `json:"pipeline"`
	Connections   int               `json:"connections"`
	Keys          int               `json:"keys"`
	Distribution  string            `json:"distribution"`
	ValueBytes    int               `json:"valueBytes"`
	SliceMillis   int64             `json:"sliceMillis"`
	Rounds        int               `json:"rounds"` // slices of each party
	Parties       []Party           `json:"parties"`
	Comparisons   []duet.Comparison `json:"comparisons"`
	// Workers are the generators, where the load came from several.
	Workers []Worker `json:"workers,omitempty"`
	// Trouble says why there are no comparisons.
	Trouble string `json:"trouble,omitempty"`
}

// Worker is one of several generators that shared a plan.
type Worker struct {
	Index     int     `json:"index"`
	Host      string  `json:"host"`
	Share     float64 `json:"share"`     // of the planned rate
	PerSecond float64 `json:"perSecond"` // requests answered
	// LateStart is how long after the planned instant it began.
	LateStart time.Duration `json:"lateStartNanos"`
	Generator Generator     `json:"generator"`
	// StealShare is the share of the processors' time that the machine below took away.
	StealShare float64 `json:"stealShare"`
}

// The loops.
const (
	LoopClosed = "closed" // the next batch is sent when the one before is answered; latency counts from when it is sent
	LoopOpen   = "open"   // batches are due by a schedule, whatever the server does; latency counts from when they are due
)

// Party is what was measured of a target. The base is there twice.
type Party struct {
	Name   string      `json:"name"`
	Counts load.Counts `json:"counts"`
	// PerSecond and CPUNanos are medians over the slices: requests answered a second, and processor time of the server for each. 0: not known.
	PerSecond float64     `json:"perSecond"`
	CPUNanos  float64     `json:"cpuNanos,omitempty"`
	Latency   Percentiles `json:"latencyNanos"`
	Generator Generator   `json:"generator"`
	// Files beside the result: percentiles to plot, and intervals of a second that can be merged without loss.
	PercentileFile string `json:"percentileFile"`
	IntervalFile   string `json:"intervalFile"`
}

// Percentiles of the latencies of all slices together, in nanoseconds.
type Percentiles struct {
	Count int64   `json:"count"`
	Mean  float64 `json:"mean"`
	P50   int64   `json:"p50"`
	P90   int64   `json:"p90"`
	P99   int64   `json:"p99"`
	P999  int64   `json:"p99.9"`
	P9999 int64   `json:"p99.99"`
	Max   int64   `json:"max"`
}

// Generator is what the load generator cost.
type Generator struct {
	CPUShare        float64 `json:"cpuShare"`        // of one core
	NanosPerRequest float64 `json:"nanosPerRequest"` // processor time
	// Lateness is how long after their due times requests went out. Open loop only.
	Lateness *Percentiles `json:"latenessNanos,omitempty"`
	Invalid  string       `json:"invalid,omitempty"` // why the figures say more about the generator than about the server
}

// Spoilt says why two parties of a series cannot be compared by a metric; empty if they can. Only the server's processor time is its own, however
// busy the generator was.
func (s *Series) Spoilt(c *duet.Comparison) string {
	for i := range s.Parties {
		p := &s.Parties[i]
		switch {
		case p.Name != c.Base && p.Name != c.Other:
		case p.Counts.Failed() > 0 || p.Counts.Surplus > 0:
			return fmt.Sprintf("%d of %d requests to %s failed", p.Counts.Failed(), p.Counts.Sent, p.Name)
		case p.Generator.Invalid != "" && c.Metric != duet.CPU:
			return "the generator spoilt the figures of " + p.Name
		}
	}
	if c.Metric == duet.P99 {
		return s.hiddenTail(c)
	}
	return ""
}

// hiddenTail says that a pause is not in a comparison. Slices are compared one by one, so a pause that hits one in twenty of them is not
// in their median, and yet it is the p99 of all requests.
func (s *Series) hiddenTail(c *duet.Comparison) string {
	const tolerated = 2 // times: so much the p99 of all requests and that of slices may differ between equal servers
	base, other := s.party(c.Base), s.party(c.Other)
	if base == nil || other == nil || base.Latency.P99 <= 0 || other.Latency.P99 <= 0 {
		return ""
	}
	overall := float64(other.Latency.P99) / float64(base.Latency.P99)
	if overall <= tolerated*c.High && overall >= c.Low/tolerated {
		return ""
	}
	return fmt.Sprintf("slice by slice the p99 is %.2f times, and of all requests together %.2f times: one of them makes pauses that few slices see", c.Ratio, overall)
}

func (s *Series) party(name string) *Party {
	for i := range s.Parties {
		if s.Parties[i].Name == name {
			return &s.Parties[i]
		}
	}
	return nil
}

// PercentilesOf a histogram of nanoseconds.
func PercentilesOf(h *hdrhistogram.Histogram) Percentiles {
	return Percentiles{
		Count: h.TotalCount(), Mean: h.Mean(), Max: h.Max(),
		P50: h.ValueAtQuantile(50), P90: h.ValueAtQuantile(90), P99: h.ValueAtQuantile(99),
		P999: h.ValueAtQuantile(99.9), P9999: h.ValueAtQuantile(99.99),
	}
}

// GeneratorOf says what the generator cost in a sample.
func GeneratorOf(s *load.Sample) Generator {
	g := Generator{CPUShare: s.OwnShare()}
	if n := s.Answered(); n > 0 {
		g.NanosPerRequest = float64(s.OwnCPU) / float64(n)
	}
	if s.Lateness.TotalCount() > 0 {
		lateness := PercentilesOf(s.Lateness)
		g.Lateness = &lateness
	}
	if err := s.Trust(); err != nil {
		g.Invalid = err.Error()
	}
	return g
}

// ReadJSON reads a result. One of another schema is an error that names both.
func ReadJSON(r io.Reader) (*Result, error) {
	var result Result
	if err := json.NewDecoder(r).Decode(&result); err != nil {
		return nil, fmt.Errorf("reading a benchmark result: %w", err)
	}
	if result.Schema != Schema {
		return nil, fmt.Errorf("reading a benchmark result: its schema is %q, this program reads %q", result.Schema, Schema)
	}
	return &result, nil
}

// ReadFile reads the result in a file.
func ReadFile(path string) (*Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a benchmark result: %w", err)
	}
	defer f.Close()
	r, err := ReadJSON(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// WriteJSON writes a result.
func WriteJSON(w io.Writer, r *Result) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
