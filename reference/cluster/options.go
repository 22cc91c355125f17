package cluster

import (
	"math/rand/v2"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Config is what a Machine starts from.
type Config struct {
	// File is what nodes.conf said; nil, or a file without nodes, makes a fresh node with an id and a shard id of its own.
	File *nodesconf.File
	// Port and BusPort are what we listen on: clients and cluster bus.
	Port, BusPort uint16
	// IP is our own address if it is known; empty: learn it from the first MEET (spec 2.9).
	IP      string
	Options Options
	Data    Data
	// Rand decides ids, gossip, random pings and election delays. The machine is its only user.
	Rand    *rand.Rand
	Defects defect.Set
}

// Options are the settings that CONFIG SET can change. Their names in redis.conf begin with cluster- unless said
// otherwise.
type Options struct {
	NodeTimeout           clock.Millis // how long a node may be silent; most other times are multiples of it
	RequireFullCoverage   bool         // the cluster is down while a slot has no working owner
	AllowReplicaMigration bool         // replicas move to orphaned primaries, and emptied primaries become replicas
	ReplicaNoFailover     bool         // this node never starts an election on its own
	MigrationBarrier      int          // replicas a primary keeps when one of them moves away
	ReplicaValidityFactor int          // how many node timeouts old a replica's data may be for an election; 0: any age
	AnnounceIP            string
	AnnounceHostname      string
	AnnounceNodename      string       // cluster-announce-human-nodename
	AnnouncePort          uint16       // 0: Config.Port
	AnnounceBusPort       uint16       // 0: Config.BusPort
	ReplicaPingPeriod     clock.Millis // repl-ping-replica-period: part of the age allowed by ReplicaValidityFactor
	PingInterval          clock.Millis // how long a node may go without a pong before it is pinged; 0: half of NodeTimeout
	BlacklistTTL          clock.Millis // how long gossip cannot bring back a node after CLUSTER FORGET
	StartupDelay          clock.Millis // how long a starting primary stays down, to hear first what changed (spec 3.5)
}

// DefaultOptions are those of redis-server.
func DefaultOptions() Options {
	return Options{
		NodeTimeout:           15000,
		RequireFullCoverage:   true,
		AllowReplicaMigration: true,
		MigrationBarrier:      1,
		ReplicaValidityFactor: 10,
		ReplicaPingPeriod:     10000,
		BlacklistTTL:          60_000,
		StartupDelay:          2000,
	}
}

// Data answers what the machine must know of the node it belongs to.
type Data interface {
	// KeysInSlot counts the keys in one slot.
	KeysInSlot(slot.Slot) int
	// Keys counts all keys.
	Keys() int
	// ReplicationOffset is what a primary has written, or a replica has processed. It must not move while writes are
	// paused (PauseWrites).
	ReplicationOffset() uint64
	// PrimaryLink describes a replica's link to its primary. Up: since is its last interaction; down: since is when it
	// went down. Both on the monotonic clock. A replica that never was connected is down since its start.
	PrimaryLink() (up bool, since clock.Millis)
}
