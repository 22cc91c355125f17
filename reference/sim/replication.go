package sim

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// A tiny model of replication: primaries write at a constant rate, and a replica that reaches its primary has, a moment
// later, all of it.

const (
	replicationInterval clock.Millis = 50
	bytesPerInterval    uint64       = 100
)

// replicate is one step of it, for all nodes.
func (w *World) replicate() {
	for _, n := range w.Nodes {
		switch {
		case n.Machine == nil:
		case n.following.IsZero():
			if n.Machine.Up() && n.Machine.Myself().IsPrimary() && w.now >= n.pausedUntil {
				n.Offset += bytesPerInterval
			}
		default:
			n.replicateFrom(w.running(n.following))
		}
	}
	w.after(replicationInterval, w.replicate)
}

// replicateFrom moves a replica on. A primary that cannot be reached, or is none any more, is a link that is down.
func (n *Node) replicateFrom(primary *Node) {
	up := primary != nil && primary.IP == n.followingIP && primary.Machine.Myself().IsPrimary() &&
		n.w.open(n, primary) && n.w.open(primary, n)
	if up || n.linkUp {
		n.linkSince = n.w.now
	}
	n.linkUp = up
	if up && !n.Lagging {
		n.Offset = primary.Offset
	}
}

// running finds a running node by its id.
func (w *World) running(id bus.NodeID) *Node {
	for _, n := range w.Nodes {
		if n.Machine != nil && n.Machine.Myself().ID == id {
			return n
		}
	}
	return nil
}

func (n *Node) follow(primary bus.NodeID, ip string) {
	if n.linkUp || n.following.IsZero() {
		n.linkSince = n.w.now
	}
	n.following, n.followingIP, n.linkUp = primary, ip, false
}

// Link describes a replica's link to its primary: whether it is up, and since when it was last heard of, or down.
func (n *Node) Link() (up bool, since clock.Millis) { return n.linkUp, n.linkSince }

// data is what a machine sees of its node.
type data struct{ n *Node }

func (d data) KeysInSlot(s slot.Slot) int { return d.n.Keys[s] }

func (d data) Keys() int {
	sum := 0
	for _, count := range d.n.Keys {
		sum += count
	}
	return sum
}

func (d data) ReplicationOffset() uint64 { return d.n.Offset }

func (d data) PrimaryLink() (up bool, since clock.Millis) {
	up, since = d.n.Link()
	return up, since - d.n.startedAt
}
