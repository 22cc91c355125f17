package fleet

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/histogram"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
)

// Schema names the form of a report. Another form gets another name.
const Schema = "clusterspec.bench.worker/1"

// Report is what one worker measured: a file of its own, that holds all there is to merge.
type Report struct {
	Schema      string             `json:"schema"`
	Suite       string             `json:"suite"` // version of clusterspec
	Plan        Plan               `json:"plan"`
	Index       int                `json:"index"`
	Host        string             `json:"host"`
	Target      result.Target      `json:"target"`
	Environment result.Environment `json:"environment"`
	Began       time.Time          `json:"began"` // by the worker's clock
	Interrupted bool               `json:"interrupted,omitempty"`
	Counts      load.Counts        `json:"counts"`
	Elapsed     time.Duration      `json:"elapsedNanos"` // from its first request to the last answer
	OwnCPU      time.Duration      `json:"ownCpuNanos"`  // processor time of the generator
	// Latency and Lateness are whole .hlog files: a histogram of each second, in nanoseconds.
	Latency  string `json:"latency"`
	Lateness string `json:"lateness"`
}

// ReadReport reads the report in a file.
func ReadReport(path string) (*Report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a worker's report: %w", err)
	}
	r := &Report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("reading a worker's report: %s: %w", path, err)
	}
	if r.Schema != Schema {
		return nil, fmt.Errorf("reading a worker's report: %s has the schema %q, and this program reads %q", path, r.Schema, Schema)
	}
	if err := r.Plan.Validate(); err != nil {
		return nil, fmt.Errorf("the plan in %s: %w", path, err)
	}
	return r, nil
}

// WriteReport writes a report.
func WriteReport(w io.Writer, r *Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// sample is what the worker measured, with its latencies second by second.
func (r *Report) sample() (_ *load.Sample, seconds []*hdrhistogram.Histogram, err error) {
	s := load.NewSample()
	s.Counts, s.Elapsed, s.OwnCPU = r.Counts, r.Elapsed, r.OwnCPU
	if seconds, err = addUp(s.Latency, r.Latency); err != nil {
		return nil, nil, fmt.Errorf("the latencies of worker %d: %w", r.Index, err)
	}
	if _, err = addUp(s.Lateness, r.Lateness); err != nil {
		return nil, nil, fmt.Errorf("the lateness of worker %d: %w", r.Index, err)
	}
	return s, seconds, nil
}

// addUp adds all intervals of a log.
func addUp(to *hdrhistogram.Histogram, log string) ([]*hdrhistogram.Histogram, error) {
	intervals, err := histogram.ReadLog([]byte(log))
	if err != nil {
		return nil, err
	}
	for _, h := range intervals {
		if dropped := to.Merge(h); dropped > 0 {
			return nil, fmt.Errorf("%d values are outside of the range of histograms", dropped)
		}
	}
	return intervals, nil
}
