package steps

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// A cluster that was there before us is taken as it is, or, with leave, reset and formed anew.

// adopt finds the names of the nodes of a cluster that is formed already: A, B, C in the order of their slots, replicas after their
// primaries. It changes nothing. A cluster of another shape cannot serve the scenario.
func adopt(ctx context.Context, started target.Cluster, s shape) (*cluster, error) {
	c := &cluster{Cluster: started, shape: s}
	byID := map[string]*member{}
	for _, n := range started.Nodes() {
		m := &member{Node: n, name: n.Name()}
		id, err := m.askText(ctx, "CLUSTER", "MYID")
		if err != nil {
			return nil, err
		}
		m.id, byID[id] = id, m
		c.members = append(c.members, m)
	}
	v, err := c.view(ctx, c.members[0])
	if err != nil {
		return nil, err
	}
	c.members = nil
	for i, l := range inOrder(v.lines, s) {
		if m := byID[l.ID]; m != nil && i < s.nodes() {
			m.name = s.names()[i]
			c.members = append(c.members, m)
		}
	}
	if len(byID) != s.nodes() || len(c.members) != s.nodes() {
		return nil, &unsupported{fmt.Sprintf("the cluster has %d nodes, the scenario begins with %d", len(byID), s.nodes())}
	}
	if err := c.isHealthy(ctx); err != nil {
		return nil, &unsupported{"the cluster is not what the scenario begins with: " + err.Error()}
	}
	return c, nil
}

// inOrder sorts lines as shape.names does: primaries by their slots, then the first replica of each, the second of each, and at last those
// without slots.
func inOrder(lines []wire.NodeLine, s shape) []wire.NodeLine {
	var primaries, spares []wire.NodeLine
	replicas := map[string][]wire.NodeLine{}
	for _, l := range lines {
		switch {
		case l.HasFlag("slave"):
			replicas[l.PrimaryID] = append(replicas[l.PrimaryID], l)
		case l.SlotCount() > 0:
			primaries = append(primaries, l)
		default:
			spares = append(spares, l)
		}
	}
	slices.SortFunc(primaries, func(a, b wire.NodeLine) int { return a.Slots[0].From - b.Slots[0].From })
	ordered := slices.Clone(primaries)
	for r := range s.replicas {
		for _, p := range primaries {
			if r < len(replicas[p.ID]) {
				ordered = append(ordered, replicas[p.ID][r])
			}
		}
	}
	return append(ordered, spares...)
}

// reset makes nodes that know only themselves out of a cluster. Replicas first: a primary with keys refuses, and theirs are not their own.
func reset(ctx context.Context, started target.Cluster, nodeTimeout time.Duration) error {
	for _, hard := range []bool{false, true} {
		for _, n := range started.Nodes() {
			m := &member{Node: n, name: n.Name()}
			defer m.hangUp()
			if _, err := m.ask(ctx, "CONFIG", "SET", target.NodeTimeoutOption, strconv.FormatInt(nodeTimeout.Milliseconds(), 10)); err != nil {
				return err
			}
			if _, err := m.ask(ctx, "FLUSHALL"); err != nil { // replicas refuse: their keys go by the reset
				return err
			}
			if !hard {
				continue
			}
			if err := m.demand(ctx, "CLUSTER", "RESET", "HARD"); err != nil {
				return err
			}
		}
	}
	return nil
}

// nodeTimeoutOf is what a running cluster measures time in.
func nodeTimeoutOf(ctx context.Context, n target.Node, unknown time.Duration) time.Duration {
	reply, err := target.Ask(ctx, n.Addr(), "CONFIG", "GET", target.NodeTimeoutOption)
	if err != nil {
		return unknown
	}
	value, _ := reply.Get(target.NodeTimeoutOption)
	millis, err := strconv.Atoi(value.Text)
	if err != nil {
		return unknown
	}
	return time.Duration(millis) * time.Millisecond
}
