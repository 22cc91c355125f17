// Package fleet is load from several generators, on machines of their own if need be: workers that share a plan, each with its part of the rate, and
// reports of what they measured, which merge into one result without loss. Nobody conducts them: they begin at the instant that the plan names.
package fleet

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/pace"
)

// Plan is what all workers do. It is written as YAML, or as JSON, which is YAML too.
type Plan struct {
	Name string `yaml:"name" json:"name"` // of the series in the result
	// Addrs are nodes of the cluster, as every worker reaches them; one of them that answers is enough.
	Addrs   []string `yaml:"addrs" json:"addrs"`
	Workers int      `yaml:"workers" json:"workers"`
	// Shares of the workers in the rate, in proportion to one another; none: equal shares.
	Shares []float64 `yaml:"shares" json:"shares,omitempty"`
	// Rate is how many requests a second are due, of all workers together; 0: a closed loop, as fast as it goes.
	Rate     float64       `yaml:"rate" json:"rate"`
	Start    time.Time     `yaml:"start" json:"start"` // by the clock of each worker
	Duration time.Duration `yaml:"duration" json:"durationNanos"`
	Seed     uint64        `yaml:"seed" json:"seed"`
	// The load of each worker.
	Connections    int     `yaml:"connections" json:"connections"`
	Pipeline       int     `yaml:"pipeline" json:"pipeline"`
	Reads          float64 `yaml:"reads" json:"reads"` // share of GETs, the rest being SETs
	Keys           int     `yaml:"keys" json:"keys"`
	KeysPerRequest int     `yaml:"keys-per-request" json:"keysPerRequest"`
	ValueBytes     int     `yaml:"value-bytes" json:"valueBytes"`
	Distribution   string  `yaml:"distribution" json:"distribution"`
}

// defaults are those of `clusterspec bench`.
func defaults() Plan {
	return Plan{
		Name: "workers", Workers: 1, Duration: 30 * time.Second, Seed: 1, Connections: 50, Pipeline: 1, Reads: 1, Keys: 100_000, KeysPerRequest: 1, ValueBytes: 64,
		Distribution: load.DistributionUniform,
	}
}

// ReadPlan reads a file. What it leaves out is as in `clusterspec bench`.
func ReadPlan(path string) (Plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fmt.Errorf("reading a plan: %w", err)
	}
	p, err := parsePlan(text)
	if err != nil {
		return Plan{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

func parsePlan(text []byte) (Plan, error) {
	p := defaults()
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&p); err != nil {
		return Plan{}, fmt.Errorf("this is no plan: %w", err) // it says the line
	}
	p.Start = p.Start.UTC()
	return p, nil
}

// Validate says what is wrong with the plan, as far as that can be known without asking anybody.
func (p Plan) Validate() error {
	switch {
	case len(p.Addrs) == 0:
		return errors.New("the plan names no addrs: nodes of the cluster, as host:port")
	case p.Workers < 1:
		return fmt.Errorf("%d workers: choose 1 or more", p.Workers)
	case len(p.Shares) != 0 && len(p.Shares) != p.Workers:
		return fmt.Errorf("%d shares for %d workers: name one for each, or none", len(p.Shares), p.Workers)
	case p.Duration < time.Second:
		return fmt.Errorf("a duration of %v: choose a second or more", p.Duration)
	case p.Start.IsZero() && p.Workers > 1:
		return errors.New("the plan has no start: several workers begin at one instant, such as 2026-03-09T14:30:00Z, in the plan or by --start")
	}
	for _, s := range p.Shares {
		if !(s > 0) {
			return fmt.Errorf("a share of %v: it has to be positive", s)
		}
	}
	if p.Rate != 0 {
		if _, err := pace.New(arrivals, p.Rate, p.Seed); err != nil {
			return err
		}
	}
	return p.config(0).Validate()
}

// arrivals of open loops.
const arrivals = "poisson"

// share is the part of a worker in the rate.
func (p Plan) share(index int) float64 {
	if len(p.Shares) == 0 {
		return 1 / float64(p.Workers)
	}
	total := 0.0
	for _, s := range p.Shares {
		total += s
	}
	return p.Shares[index] / total
}

// seed is another for each worker, so that they ask for other keys at other times.
func (p Plan) seed(index int) uint64 { return p.Seed<<16 + uint64(index) }

// pacer is the schedule of a worker: Poisson arrivals that are merged are Poisson arrivals at the sum of the rates. Nil: a closed loop.
func (p Plan) pacer(index int) pace.Pacer {
	if p.Rate == 0 {
		return nil
	}
	return pace.Poisson{PerSecond: p.Rate * p.share(index) / float64(p.Pipeline), Seed: p.seed(index)}
}

// config is the generator of a worker.
func (p Plan) config(index int) load.Config {
	return load.Config{
		Addrs: p.Addrs, Connections: p.Connections, Pipeline: p.Pipeline, Seed: p.seed(index),
		Workload: load.Workload{ReadShare: p.Reads, Keys: p.Keys, Distribution: p.Distribution, ValueBytes: p.ValueBytes, KeysPerRequest: p.KeysPerRequest},
	}
}

func (p Plan) equal(o Plan) bool { return reflect.DeepEqual(p, o) }
