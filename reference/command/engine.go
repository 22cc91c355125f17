// Package command is what a client meets: the command table, dispatch and redirection in Redis's order, sessions, and
// the handlers, one file per group with its table rows on top.
//
// An Engine has no streams and no timers of its own. The node feeds it requests (Execute, Apply), tells it the time
// (Tick), and does for it what needs a stream (Host).
package command

import (
	"math/rand/v2"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/migration"
	"github.com/clusterspec/clusterspec/reference/replication"
)

// Engine runs commands against the state of one node.
type Engine struct {
	// Now is the time of the current turn. The node sets it before it calls anything else.
	Now clock.Instant

	DB      *keyspace.DB
	Cluster *cluster.Machine // nil when cluster-enabled is no
	Source  *replication.Source
	Config  *config.Config
	Host    Host
	Rand    *rand.Rand
	Defects defect.Set
}

// Host does for the engine what needs a stream or the world outside. The node implements it.
type Host interface {
	// Dirty says that s.Reply got bytes outside of s's own Execute: a message, a late reply, the replication stream.
	Dirty(s *Session)
	// Resume says that s, which was Parked or Blocked, is to be fed again.
	Resume(s *Session)
	// Disconnect closes s once what stands in s.Reply was written.
	Disconnect(s *Session)
	// Migrate begins to carry out job; the node calls Engine.Migrated when it ended.
	Migrate(job *migration.Job)
	// SaveClusterConfig makes nodes.conf durable and calls Engine.ConfigSaved(s, err) with the outcome.
	SaveClusterConfig(s *Session)
	// Shutdown ends the node after this turn.
	Shutdown()
	// PrimaryLink describes the link to our primary, for ROLE and INFO. It is the zero value on a primary.
	PrimaryLink() PrimaryLink
}

// PrimaryLink is the state of a replica's link to its primary.
type PrimaryLink struct {
	Addr      string // host:port as the cluster knows it
	State     string // as ROLE names it: connect, connecting, sync, connected
	IdleSince clock.Millis
	DownSince clock.Millis
}

// Status says what became of a request.
type Status uint8

const (
	// Done: the reply, if the command has one, is in Session.Reply.
	Done Status = iota
	// Parked: nothing happened, and the same request must be executed again after Host.Resume.
	// (The node is paused, or the keys are on their way to another node.)
	Parked
	// Blocked: the request was taken and its reply comes later; feed no other one before Host.Resume.
	Blocked
	// Closing: write the reply, then close the connection.
	Closing
)
