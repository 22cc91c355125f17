package cluster

import (
	"math"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// never is a point of the monotonic clock before all others, far enough from the end that differences do not overflow.
const never = clock.Millis(math.MinInt64 / 4)

// Peer is a node of the cluster as we see it, ourselves included. The exported fields are for reading; they change with
// the inputs of the machine.
type Peer struct {
	// What every entry of gossip about the node asks for stands first, in two lines of the processor's cache: in a large cluster
	// that is most of what a node does.

	ID      bus.NodeID // made up while the node is in handshake
	Flags   bus.Flags
	Port    uint16 // client port
	BusPort uint16
	// PlainPort is the other client port where TLS is in use, 0 otherwise.
	PlainPort uint16
	// PingSent is when the oldest unanswered ping left, PongReceived when the last pong arrived; Unix time, 0: none.
	PingSent, PongReceived clock.Millis

	IP             string // empty: not known
	reports        []failureReport
	outbound       *link // the one we opened
	pongReceivedAt clock.Millis
	gossipedIn     uint64 // the ping that speaks of it already

	slotCount int        // Slots.Len(), kept because every tick asks for it
	ShardID   bus.NodeID // shared by a primary and its replicas
	Hostname  string     // what the node announces; empty: nothing
	Nodename  string     // likewise
	// ConfigEpoch is the version of the node's claim to its slots; of a replica, what its headers said: its primary's.
	ConfigEpoch uint64
	Primary     *Peer   // of a replica; nil: not known to us
	Replicas    []*Peer // of a primary
	Offset      uint64  // replication offset in its last header

	line           int // which one of CLUSTER NODES is its
	createdAt      clock.Millis
	pingSentAt     clock.Millis     // PingSent on the monotonic clock; meaningless while PingSent is 0
	dataReceivedAt clock.Millis     // last frame of any kind
	failedAt       clock.Millis     // when FAIL was set
	votedAt        clock.Millis     // when we last voted for one of its replicas
	orphanedAt     clock.Millis     // since when it has no working replica; never: it has, or it does not matter
	extra          []nodesconf.Pair // what nodes.conf said of it beyond our knowledge
	inbound        *link            // the one we accepted

	// Slots are apart, or they would push the peers of a large cluster a page away from each other.
	Slots *slot.Set // never nil
}

func (m *Machine) newPeer(id bus.NodeID, flags bus.Flags) *Peer {
	return &Peer{
		ID: id, ShardID: m.newID(), Flags: flags, Slots: new(slot.Set),
		createdAt: m.now.Mono, pongReceivedAt: never, dataReceivedAt: never,
		failedAt: never, votedAt: never, orphanedAt: never,
	}
}

// IsPrimary reports whether the node calls itself a primary. A node in handshake is neither primary nor replica.
func (p *Peer) IsPrimary() bool { return p.Flags.Has(bus.FlagPrimary) }

// IsReplica reports whether the node calls itself a replica; Primary can be nil nevertheless.
func (p *Peer) IsReplica() bool { return p.Flags.Has(bus.FlagReplica) }

// IsMyself reports whether the node is ours.
func (p *Peer) IsMyself() bool { return p.Flags.Has(bus.FlagMyself) }

// Failed reports whether a majority agreed that the node is down (FAIL).
func (p *Peer) Failed() bool { return p.Flags.Has(bus.FlagFail) }

// Suspected reports whether the node does not answer us (PFAIL).
func (p *Peer) Suspected() bool { return p.Flags.Has(bus.FlagPFail) }

// InHandshake reports whether the node's real id is still unknown.
func (p *Peer) InHandshake() bool { return p.Flags.Has(bus.FlagHandshake) }

// HasAddress reports whether the node can be dialled.
func (p *Peer) HasAddress() bool { return !p.Flags.Has(bus.FlagNoAddr) && p.IP != "" }

// Connected is the link state in CLUSTER NODES: there is a link that we opened, or are opening. We are connected to
// ourselves.
func (p *Peer) Connected() bool { return p.outbound != nil || p.IsMyself() }

// SlotCount is the number of slots the node owns.
func (p *Peer) SlotCount() int { return p.slotCount }

// ShardPrimary is the primary of the node's shard: itself, or the node it replicates; nil when that is not known.
func (p *Peer) ShardPrimary() *Peer {
	if p.IsReplica() {
		return p.Primary
	}
	return p
}

// down reports whether the node is suspected or failed.
func (p *Peer) down() bool { return p.Flags&(bus.FlagPFail|bus.FlagFail) != 0 }

// workingReplicas counts the replicas that are not failed (clusterCountNonFailingSlaves).
func (p *Peer) workingReplicas() int {
	n := 0
	for _, r := range p.Replicas {
		if !r.Failed() {
			n++
		}
	}
	return n
}
