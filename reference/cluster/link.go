package cluster

import "github.com/clusterspec/clusterspec/reference/clock"

// LinkID names one connection of the bus for as long as it lives. It is never used twice.
type LinkID uint64

// link is one connection of the bus. Two nodes have two: each opens one (outbound) and accepts one (inbound).
type link struct {
	id        LinkID
	peer      *Peer // nil: an accepted link whose other end has not said a known name yet
	outbound  bool
	connected bool
	createdAt clock.Instant
	remoteIP  string // of an accepted link
	localIP   string
}

// LinkInfo is one link as CLUSTER LINKS shows it.
type LinkInfo struct {
	Link    LinkID
	Peer    *Peer
	Inbound bool
	Created clock.Millis // Unix time
}
