//go:build !linux

package load

import (
	"context"
	"errors"
	"time"

	"github.com/clusterspec/clusterspec/bench/pace"
)

// conn exists on Linux only.
type conn struct{}

// Generator exists on Linux only.
type Generator struct{}

// Open says that there is no generator here.
func Open(context.Context, Config) (*Generator, error) {
	return nil, errors.New("the load generator is made of Linux system calls (epoll): run the benchmark on Linux, or in a container")
}

// Run does nothing: there is no Generator to call it on.
func (g *Generator) Run(context.Context, time.Duration, pace.Pacer, *Sample) {}

// RunIntervals does nothing.
func (g *Generator) RunIntervals(context.Context, time.Duration, time.Duration, pace.Pacer) []*Sample {
	return nil
}

// Fill does nothing.
func (g *Generator) Fill(context.Context) error { return nil }

// Close does nothing.
func (g *Generator) Close() error { return nil }
