// Package load asks a cluster questions and measures how long the answers take.
//
// A Generator is one goroutine on one thread with its own epoll, speaking RESP by itself: an instrument has to cost less than what it measures.
// Requests are rendered from templates, keys are drawn beforehand, replies are compared with the bytes they should be and read one by
// one only where they differ. It keeps the map of slots itself and follows MOVED and ASK.
//
// There are two ways to load. In the closed loop each connection sends its next batch when the one before it is answered; that finds
// the throughput at saturation, and its latencies are those of a server that is never asked faster than it answers. In the open loop a
// pace.Schedule says when batches are due, whatever the server does, and latency counts from that moment, queueing included. No request is
// dropped: those without an answer in the end count with their age.
//
// Every run says what the generator itself cost and how late it was, and Sample.Trust says whether that spoils the figures.
//
// The package imports nothing of the reference: the judge shares no code with the judged.
package load

import (
	"fmt"
	"time"
)

// Config says whom to ask what.
type Config struct {
	// Addrs are nodes of the cluster, as host:port; one of them that answers is enough. A server without cluster mode is used as it is.
	Addrs []string
	// Connections are spread evenly over the primaries, at least one for each.
	Connections int
	// Pipeline is how many requests are sent at a time on a connection.
	Pipeline int
	Workload Workload
	// Seed fixes which keys are asked for, and in which order.
	Seed uint64
	// Timeout is when a request counts as timed out, and how long a run waits for the last answers; 0 means DefaultTimeout.
	Timeout time.Duration
}

// DefaultTimeout is beyond every pause a server that works makes.
const DefaultTimeout = 10 * time.Second

// The limits of a Config. Pipelines and connections beyond them measure the generator.
const (
	MaxConnections = 10_000
	MaxPipeline    = 10_000
)

// Validate says what is wrong with the configuration, but for its addresses.
func (c Config) Validate() error {
	switch {
	case c.Connections < 1 || c.Connections > MaxConnections:
		return fmt.Errorf("%d connections: choose 1 to %d", c.Connections, MaxConnections)
	case c.Pipeline < 1 || c.Pipeline > MaxPipeline:
		return fmt.Errorf("pipeline of %d: choose 1 to %d", c.Pipeline, MaxPipeline)
	case c.Timeout < 0:
		return fmt.Errorf("timeout of %v is negative", c.Timeout)
	}
	return c.Workload.validate()
}
