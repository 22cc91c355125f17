// Package growth measures what things cost as they become many: a node of a cluster, a key, a connection.
package growth

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
)

// Options say what is measured.
type Options struct {
	Targets []string
	Seed    uint64
	// Nodes, Keys and Connections are the sizes, in growing order.
	Nodes       []int
	Keys        []int
	Connections []int
	// SimulatedNodes are sizes of clusters that Simulate brings to life beside the real ones; nil: there is no simulator.
	SimulatedNodes []int
	Simulate       Simulator
}

// DefaultOptions are sizes that two cores carry.
func DefaultOptions() Options {
	return Options{Nodes: []int{3, 10, 30}, Keys: []int{10_000, 100_000, 1_000_000}, Connections: []int{10, 100, 1000, 5000}, SimulatedNodes: []int{3, 10, 30, 100}}
}

// Validate says what is wrong with the options.
func (o Options) Validate() error {
	for _, sizes := range []struct {
		what string
		of   []int
		most int
	}{{"nodes", o.Nodes, 200}, {"keys", o.Keys, 50_000_000}, {"connections", o.Connections, 10_000}, {"simulated nodes", o.SimulatedNodes, 5000}} {
		if !slices.IsSorted(sizes.of) {
			return fmt.Errorf("growth by %s %v: name the sizes in growing order", sizes.what, sizes.of)
		}
		for _, n := range sizes.of {
			if n < 1 || n > sizes.most {
				return fmt.Errorf("growth to %d %s: choose 1 to %d", n, sizes.what, sizes.most)
			}
		}
	}
	return nil
}

// Estimate is about how long it takes.
func (o Options) Estimate() (total time.Duration) {
	for _, n := range o.Nodes {
		total += nodesWatched + 3*time.Second + time.Duration(n)*300*time.Millisecond
	}
	for _, n := range o.Keys {
		total += 3*time.Second + time.Duration(n)*3*time.Microsecond
	}
	total += time.Duration(len(o.Connections)) * 2 * connectionsLoaded
	total *= time.Duration(len(o.Targets))
	for _, n := range o.SimulatedNodes {
		total += time.Duration(n) * time.Duration(n) * simulatedLink
	}
	return total
}

// simulatedLink is about what the simulator takes for each pair of nodes.
const simulatedLink = 90 * time.Microsecond

// sweep is a kind of growth: a set-up whose costs are read at each size.
type sweep struct {
	name  string
	x     string
	sizes []int
	costs []result.Growth // without lines
	// at measures the costs at a size, in their order. NaN: it cannot be told.
	at func(ctx context.Context, s *subject, size int) ([]float64, error)
}

// subject is what a sweep keeps between sizes.
type subject struct {
	spec   string
	name   string
	server *rig.Server // nil where every size has a set-up of its own
	seed   uint64
	bare   int64 // resident memory of the empty server
}

func (s *subject) close() error {
	if s.server == nil {
		return nil
	}
	return s.server.Close()
}

// Measure measures all sizes of one kind after the other, one target after the other, and hands each kind over when it is whole. A size that a target
// cannot be brought to ends its line, with the reason. When ctx ends, the kind under way is handed over as far as it goes, and there is no error.
func Measure(ctx context.Context, o Options, starting func(name string), done func([]result.Growth)) error {
	for _, w := range []sweep{byNodes(o.Nodes), byKeys(o.Keys), byConnections(o.Connections)} {
		if len(w.sizes) == 0 {
			continue
		}
		for i := range w.costs {
			w.costs[i].X = w.x
		}
		if err := w.measureAll(ctx, o, starting); err != nil && ctx.Err() == nil {
			return err
		}
		if w.isMeasured() {
			done(w.costs)
		}
	}
	return nil
}

// measureAll adds the lines of all targets, and of the simulator.
func (w *sweep) measureAll(ctx context.Context, o Options, starting func(name string)) error {
	for _, spec := range o.Targets {
		if ctx.Err() != nil {
			return nil
		}
		starting(fmt.Sprintf("growth by %s of %s", w.x, spec))
		if err := w.measure(ctx, &subject{spec: spec, seed: o.Seed}); err != nil {
			return fmt.Errorf("measuring how %s grows by %s: %w", spec, w.x, err)
		}
	}
	if w.name == "nodes" && o.Simulate != nil {
		return simulate(ctx, o, starting, w.costs)
	}
	return nil
}

// isMeasured reports whether there is anything to show: a point, or the reason why there is none.
func (w *sweep) isMeasured() bool {
	return slices.ContainsFunc(w.costs, func(g result.Growth) bool {
		return slices.ContainsFunc(g.Lines, func(l result.Line) bool { return len(l.Points) > 0 || l.Stopped != "" })
	})
}

// measure adds a target's line to each cost.
func (w *sweep) measure(ctx context.Context, s *subject) (err error) {
	defer func() { err = errors.Join(err, s.close()) }()
	lines := make([]result.Line, len(w.costs))
	for _, size := range w.sizes {
		values, err := w.at(ctx, s, size)
		if ctx.Err() != nil {
			break // the result says that the run was ended early
		}
		if err != nil {
			for i := range lines {
				lines[i].Stopped = fmt.Sprintf("at %d %s: %v", size, w.x, err)
			}
			break
		}
		for i, v := range values {
			if math.IsNaN(v) {
				continue
			}
			lines[i].Points = append(lines[i].Points, result.Point{X: float64(size), Y: v})
		}
	}
	for i := range lines {
		lines[i].Name = s.name
		w.costs[i].Lines = append(w.costs[i].Lines, lines[i])
	}
	return nil
}
