package server

import (
	"time"

	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/node"
)

// keepAlive is how TCP notices that nobody is at the other end any more.
type keepAlive struct {
	idle  time.Duration // of a connection, after which it is probed; 0: never
	probe time.Duration // between two of keepAliveProbes probes
	// unacked is how long what we sent may stay unacknowledged; 0: what the system thinks (on Linux a quarter of an hour).
	unacked time.Duration
}

// keepAliveProbes is how many probes go unanswered before a connection is dead (Redis: anetKeepAlive).
const keepAliveProbes = 3

// keepAliveOf is what a connection gets. Clients and streams of replication have tcp-keepalive; a link of the bus is probed
// after two node timeouts (Redis: clusterAcceptHandler). What Redis leaves to the system is bounded there as well: while a
// peer talks to us on its own link the protocol does not give up ours to it, although nothing may get through (spec 3.2).
func keepAliveOf(c *config.Config, kind node.Kind) keepAlive {
	if kind == node.BusIn || kind == node.BusOut {
		linkIdle := max(2*time.Duration(c.Int("cluster-node-timeout"))*time.Millisecond, time.Second)
		return keepAlive{idle: linkIdle, probe: max(linkIdle/keepAliveProbes, time.Second), unacked: linkIdle}
	}
	idle := time.Duration(c.Int("tcp-keepalive")) * time.Second
	return keepAlive{idle: idle, probe: max(idle/keepAliveProbes, time.Second)}
}
