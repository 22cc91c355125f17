// Package bench measures how fast servers are, side by side, and writes down what it found together with all that is needed to doubt it.
//
// It joins the parts below it. Those that measure: serving (requests, in the slices of a duet), figures (single quantities, in trials),
// change (what clients see while the cluster changes), growth (costs of many nodes, keys, connections). What they stand on: rig starts the targets, load asks and times, pace says when, duet takes turns, stats says what a difference is worth. What comes out is a
// result.Result; the page, the console, the Markdown summary and the files for plotting are made from it.
package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/change"
	"github.com/clusterspec/clusterspec/bench/figures"
	"github.com/clusterspec/clusterspec/bench/gate"
	"github.com/clusterspec/clusterspec/bench/growth"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/bench/serving"
)

// Options say what is measured.
type Options struct {
	// Targets are the text forms of those to compare. The first is the base of all ratios, and is measured twice to find the noise floor.
	Targets []string
	// Parts are names from Parts.
	Parts   []string
	Seed    uint64
	Serving serving.Options
	Figures figures.Options
	Change  change.Options
	Growth  growth.Options
	// Gates judge the result; what came of them goes into it.
	Gates []gate.Gate
	// Destructive allows to write into a cluster that was there before.
	Destructive bool
	// Suite and Command go into the result: the version of this program, and its command line.
	Suite   string
	Command []string
}

// The parts of a benchmark.
const (
	PartServing = "serving" // requests: throughput and latency
	PartFigures = "figures" // redirects, migration, cluster queries, memory
	PartChange  = "change"  // latency and outages while slots move, primaries die, and nodes are restarted
	PartGrowth  = "growth"  // costs of a node, a key and a connection as there are more of them
)

// Parts are the names there are.
func Parts() []string { return []string{PartServing, PartFigures, PartChange, PartGrowth} }

// DefaultOptions are those of `clusterspec bench`: everything, on the reference and on redis-server. The latter is the base.
func DefaultOptions() Options {
	return Options{
		Targets: []string{"redis-server", "reference"}, Parts: Parts(), Seed: 1,
		Serving: serving.DefaultOptions(), Figures: figures.Options{Groups: figures.Groups()}, Change: change.DefaultOptions(), Growth: growth.DefaultOptions(),
	}
}

// Validate says what is wrong with the options, as far as that can be known without starting anything.
func (o Options) Validate() error {
	if len(o.Targets) == 0 {
		return errors.New("no target is named; --target redis-server --target reference compares these two")
	}
	for _, name := range o.Parts {
		if !slices.Contains(Parts(), name) {
			return fmt.Errorf("unknown part %q (known: %s)", name, strings.Join(Parts(), ", "))
		}
	}
	return errors.Join(o.Serving.Validate(len(o.Targets)), o.Figures.Validate(), o.Change.Validate(), o.Growth.Validate())
}

func (o Options) measures(part string) bool { return slices.Contains(o.Parts, part) }

// Estimate is about how long the run takes.
func (o Options) Estimate() (total time.Duration) {
	if o.measures(PartServing) {
		total += o.Serving.Estimate()
	}
	if o.measures(PartFigures) {
		total += o.figures().Estimate()
	}
	if o.measures(PartChange) {
		total += o.change().Estimate()
	}
	if o.measures(PartGrowth) {
		total += o.growth().Estimate()
	}
	return total
}

func (o Options) serving() serving.Options {
	o.Serving.Seed = o.Seed
	return o.Serving
}

func (o Options) figures() figures.Options {
	o.Figures.Targets, o.Figures.Seed = o.Targets, o.Seed
	return o.Figures
}

func (o Options) change() change.Options {
	o.Change.Targets, o.Change.Seed = o.Targets, o.Seed
	return o.Change
}

func (o Options) growth() growth.Options {
	o.Growth.Targets, o.Growth.Seed = o.Targets, o.Seed
	if !slices.Contains(o.Targets, "reference") {
		o.Growth.Simulate, o.Growth.SimulatedNodes = nil, nil // the simulator is the reference's
	}
	return o.Growth
}

// Listener is told how a run goes on.
type Listener interface {
	// Starting is called before each measurement, with what has passed of the run as a share of its estimate.
	Starting(name string, elapsed, estimate time.Duration)
	Series(*result.Series)
	Figures([]result.Figure)
	Timeline(*result.Timeline)
	Growths([]result.Growth)
}

// Run starts the targets, measures, and stops the targets. When ctx ends, it returns what was measured until then and no error. The files are those
// that belong beside the result, by name.
func Run(ctx context.Context, o Options, listen Listener) (_ *result.Result, files map[string][]byte, err error) {
	if err := o.Validate(); err != nil {
		return nil, nil, err
	}
	r := &result.Result{
		Schema: result.Schema, Suite: o.Suite, Command: o.Command, Seed: o.Seed, Started: time.Now().UTC(), Environment: result.NewEnvironment(),
	}
	m := &measurement{options: o, listen: listen, result: r, files: make(map[string][]byte), begun: time.Now()}
	err = m.all(ctx)
	r.Interrupted = ctx.Err() != nil
	r.Environment.Finish()
	r.Finished = time.Now().UTC()
	r.Gates = gate.Judge(o.Gates, r)
	return r, m.files, err
}

// measurement is what a run works on.
type measurement struct {
	options Options
	listen  Listener
	result  *result.Result
	files   map[string][]byte
	begun   time.Time
}

func (m *measurement) all(ctx context.Context) error {
	for _, part := range []struct {
		name    string
		measure func(context.Context) error
	}{{PartServing, m.serving}, {PartFigures, m.figures}, {PartChange, m.change}, {PartGrowth, m.growth}} {
		if ctx.Err() != nil || part.name != PartServing && !m.options.measures(part.name) {
			continue
		}
		if err := part.measure(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (m *measurement) figures(ctx context.Context) error {
	return figures.Measure(ctx, m.options.figures(), m.starting, func(found []result.Figure) {
		m.result.Figures = append(m.result.Figures, found...)
		m.listen.Figures(found)
	})
}

func (m *measurement) change(ctx context.Context) error {
	return change.Measure(ctx, m.options.change(), m.starting, func(t result.Timeline) {
		m.result.Timelines = append(m.result.Timelines, t)
		m.listen.Timeline(&t)
	})
}

func (m *measurement) growth(ctx context.Context) error {
	return growth.Measure(ctx, m.options.growth(), m.starting, func(found []result.Growth) {
		m.result.Growths = append(m.result.Growths, found...)
		m.listen.Growths(found)
	})
}

func (m *measurement) starting(name string) {
	m.listen.Starting(name, time.Since(m.begun), m.options.Estimate())
}

// serving starts one node of each target, says in the result what they are, and measures how they serve.
func (m *measurement) serving(ctx context.Context) (err error) {
	servers, stop, err := rig.StartNodes(ctx, m.options.Targets, m.options.Destructive)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	for _, s := range servers {
		m.result.Targets = append(m.result.Targets, s.Target)
	}
	if !m.options.measures(PartServing) {
		return nil
	}
	return serving.Measure(ctx, m.options.serving(), servers, m.starting, func(s *result.Series, files map[string][]byte) {
		m.result.Series = append(m.result.Series, *s)
		maps.Copy(m.files, files)
		m.listen.Series(s)
	})
}
