// Package target says what can be put under test, in small interfaces. A Target starts clusters; a Cluster has nodes; what else can be done to
// a node (kill it, pause it, read its log) are abilities, interfaces of their own that are found by assertion and named by the @needs: tags.
//
// The kinds of target live in sub-packages: embedded (the reference, in this process), process (any program), docker (any image), remote (a
// cluster that already runs) and mixed (nodes of several kinds in one cluster). Package catalog knows them all and reads the text forms a user writes.
//
// The context given to Start bounds the start alone: once Start has returned a cluster, it lives until Close. When Start fails it leaves nothing behind.
package target

import (
	"context"
	"fmt"
	"time"
)

// Target is something under test. It may start several clusters at the same time.
type Target interface {
	// Spec is the target as the user wrote it.
	Spec() string
	// Kind is reference, exec, docker, addr or mix.
	Kind() string
	// Start brings up the nodes and returns when all of them answer. An *Unavailable error says that the machine or the target lacks
	// something; any other error says that what should have worked did not.
	Start(ctx context.Context, t Topology) (Cluster, error)
}

// Topology is what a scenario asks for.
type Topology struct {
	// Nodes is how many are started. A target that already runs must have at least as many.
	Nodes int
	// Options are settings in the words of redis.conf, the same for all nodes: {"cluster-node-timeout": "1000"}.
	Options map[string]string
	// Dir is the scratch folder of the cluster; Close removes it with all that is in it. Empty: one is made.
	Dir string
	// Front stands in front of the nodes if it is not nil: each announces what Front says in place of its own ports, and that is then its Addr.
	// A target whose nodes cannot reach this machine, or cannot be told what to announce, is *Unavailable with one.
	Front Front
	// Names are what the nodes are called, one for each; empty: A, B, and so on. They are for a target that is made of others.
	Names []string
}

// Name is what the node at an index is called.
func (t Topology) Name(index int) string {
	if len(t.Names) > 0 {
		return t.Names[index]
	}
	return Name(index)
}

// Front stands in front of the nodes of a cluster, so that all who want to reach one come by there.
type Front interface {
	// Announce tells where a node really is and returns the client port on 127.0.0.1 that the node is to announce; the bus port announced is
	// BusPortOffset higher. It may be called again for the same node, which then is at another place.
	Announce(node, addr string, busPort int) (port int, err error)
}

// Cluster is a running cluster. Unless it is Existing its nodes are cluster-enabled, empty and not introduced to each other.
type Cluster interface {
	Nodes() []Node
	// Close stops the nodes and leaves no process, container, file or reserved port. It may be called again.
	Close() error
}

// Node is one node of a cluster.
type Node interface {
	// Name is "A", "B", ... in the order of Nodes, unless the topology names them.
	Name() string
	// Addr is host:port, as clients on this machine and the other nodes reach it.
	Addr() string
	// BusPort is the port of the cluster bus on the same host.
	BusPort() int
}

// Killer can end the node without a chance to flush anything (SIGKILL).
type Killer interface {
	Kill(ctx context.Context) error
}

// Stopper can end the node in order (SIGTERM) and waits for that.
type Stopper interface {
	Stop(ctx context.Context) error
}

// Restarter starts the node again on the same files and ports and waits until it answers. One that runs is stopped first.
type Restarter interface {
	Restart(ctx context.Context) error
}

// Pauser can freeze the node: its sockets stay open and nobody answers on them.
type Pauser interface {
	Pause(ctx context.Context) error
	Resume(ctx context.Context) error
}

// Wiper can take away all files of the node, its folder included. One that is down begins anew at its next start; one that runs can write
// nothing any more, as on a disk that is gone; where that cannot be had, as in a container, it is an error.
type Wiper interface {
	Wipe(ctx context.Context) error
}

// LogReader gives everything the node has logged since the cluster was started.
type LogReader interface {
	Log() (string, error)
}

// ConfReader gives the nodes.conf of the node as it is on disk now.
type ConfReader interface {
	NodesConf() (string, error)
}

// ConfWriter puts a nodes.conf of ours in the place of the node's own, for its next start. The node has to be down.
type ConfWriter interface {
	WriteNodesConf(text string) error
}

// Describer is implemented by targets that can say exactly what they are.
type Describer interface {
	Describe(ctx context.Context) (Description, error)
}

// Prober is implemented by targets that can find out, without starting a cluster, whether this machine can run them. The error is an
// *Unavailable if it cannot. Probing may take as long as fetching what is missing.
type Prober interface {
	Probe(ctx context.Context) error
}

// Description identifies what was under test, for the report.
type Description struct {
	Server  string // "redis", "valkey", or what the server calls itself
	Version string // its own
	Level   string // the version of Redis it claims to be like; of a mix, the lowest
	Digest  string // of the image, for containers
}

// Existing is implemented by clusters that may have been there before us: nothing is flushed, reset or reconfigured there without leave.
type Existing interface {
	Existing() bool
}

// IsExisting reports whether the cluster was there before us.
func IsExisting(c Cluster) bool {
	e, ok := c.(Existing)
	return ok && e.Existing()
}

// Env is what targets need to know about the run they are part of.
type Env struct {
	// PullTimeout bounds the download of an image; 0 means DefaultPullTimeout.
	PullTimeout time.Duration
}

// DefaultPullTimeout is long enough for an image of Redis on a slow line and short enough for a person to wait.
const DefaultPullTimeout = 2 * time.Minute

// Unavailable is the error of a target the machine cannot run or that cannot do what is asked. Scenarios get the verdict unsupported.
type Unavailable struct {
	Reason string // shown to the user, with what to do about it
}

func (u *Unavailable) Error() string { return "unavailable: " + u.Reason }

// Name is the name of the node at an index: A to Z, then A1 to Z1, A2...
func Name(index int) string {
	const letters = 26
	name := string(rune('A' + index%letters))
	if round := index / letters; round > 0 {
		name += fmt.Sprint(round)
	}
	return name
}
