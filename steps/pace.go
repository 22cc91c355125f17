package steps

import (
	"runtime"
	"time"
)

// How fast a target is taken through the suite when nobody says. Most of a scenario is waiting, in node timeouts, so what counts is how short
// they are and how many scenarios wait at the same time; both end where a busy processor makes nodes late and their peers suspect them.

// DefaultNodeTimeout is cluster-node-timeout of the clusters the suite starts: all waiting is measured in it.
const DefaultNodeTimeout = 2 * time.Second

// EmbeddedNodeTimeout is that of the reference, which is part of this process: its nodes start in milliseconds and need a third of the
// processor time.
const EmbeddedNodeTimeout = time.Second

// What runs at the same time for each core, and at most.
const (
	embeddedPerCore = 5
	startedPerCore  = 2
	mostParallel    = 32
)

const embeddedKind = "reference"

// nodeTimeout is that of the clusters started of a kind of target.
func (o *Options) nodeTimeout(kind string) time.Duration {
	switch {
	case o.NodeTimeout != 0:
		return o.NodeTimeout
	case kind == embeddedKind:
		return EmbeddedNodeTimeout
	}
	return DefaultNodeTimeout
}

// parallel is how many scenarios run at the same time on a target of a kind. Targets that run side by side share the cores.
func (o *Options) parallel(kind string) int {
	if o.Parallel != 0 {
		return o.Parallel
	}
	perCore := startedPerCore
	if kind == embeddedKind {
		perCore = embeddedPerCore
	}
	return max(2, min(perCore*runtime.NumCPU(), mostParallel)/max(1, len(o.Targets)))
}
