package node

import "github.com/clusterspec/clusterspec/reference/replication"

// syncRole makes replication agree with the cluster, which alone decides on roles. A replica that does not know where its
// primary is has no Follow yet, but is none the less a replica.
func (n *Node) syncRole() {
	if n.machine.Myself().IsReplica() {
		n.becomeReplica()
	} else {
		n.becomePrimary()
	}
}

// IsReplica reports whether the node replicates another one.
func (n *Node) IsReplica() bool { return n.upstream.active }

// becomeReplica ends what only a primary does. Our replicas must ask anew: the history they follow is not ours to continue.
func (n *Node) becomeReplica() {
	if n.upstream.active {
		return
	}
	n.upstream.activate()
	n.engine.BecomeReplica()
	n.migrations.cancel(n) // only now: a replica deletes nothing, whatever the targets have acknowledged
	n.engine.DropReplicas()
}

// becomePrimary ends replication. Our history goes on under a new name, and our replicas must learn it (spec §9.2).
func (n *Node) becomePrimary() {
	if !n.upstream.active {
		return
	}
	n.upstream.deactivate()
	n.source.Shift(replication.NewID(n.rand))
	n.engine.BecomePrimary()
	n.engine.DropReplicas()
}

// startAfresh empties the keyspace of a node that leaves its cluster. What it held is no part of any history now.
func (n *Node) startAfresh() {
	n.engine.Flush()
	n.engine.DropReplicas()
	n.source.Close(replication.NewID(n.rand))
}
