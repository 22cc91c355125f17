// Package remote puts a cluster under test that already runs: `addr:` and one or more of its nodes, `addr:10.0.0.5:7000,10.0.0.6:7000`. The
// others are found by CLUSTER NODES.
//
// The nodes have no abilities, and nothing here changes them: the options of a topology are not applied. Nodes are named in the order of their
// slots: first the primaries by their lowest slot, those without slots after them, then the replicas in the order of their primaries.
package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// Target is a cluster that already runs.
type Target struct {
	spec  string
	seeds []string
}

// New makes the target of a list of addresses, which stands in spec after "addr:".
func New(spec, list string) (*Target, error) {
	seeds := strings.Split(list, ",")
	for i, seed := range seeds {
		seeds[i] = strings.TrimSpace(seed)
		host, port, err := net.SplitHostPort(seeds[i])
		if number, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || host == "" || number == 0 {
			return nil, fmt.Errorf("%s: %q is not host:port", spec, seed)
		}
	}
	return &Target{spec, seeds}, nil
}

// Spec implements target.Target.
func (t *Target) Spec() string { return t.spec }

// Kind implements target.Target.
func (t *Target) Kind() string { return "addr" }

// Describe implements target.Describer.
func (t *Target) Describe(ctx context.Context) (target.Description, error) {
	var errs error
	for _, seed := range t.seeds {
		d, err := target.DescribeNode(ctx, seed)
		if err == nil {
			return d, nil
		}
		errs = errors.Join(errs, err)
	}
	return target.Description{}, errs
}

// Start implements target.Target. It starts nothing: it finds the nodes and makes sure that they can be reached from here.
func (t *Target) Start(ctx context.Context, topology target.Topology) (target.Cluster, error) {
	if topology.Front != nil {
		return nil, &target.Unavailable{Reason: "nodes that already run cannot be told what to announce"}
	}
	lines, err := t.discover(ctx)
	if err != nil {
		return nil, err
	}
	if len(lines) < topology.Nodes {
		return nil, &target.Unavailable{Reason: fmt.Sprintf("the cluster at %s has %d nodes, %d are needed", t.spec, len(lines), topology.Nodes)}
	}
	c := &Cluster{dir: topology.Dir}
	for i, line := range lines {
		if err := checkReachable(ctx, line); err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, &Node{target.Name(i), line.Addr, line.BusPort})
	}
	return c, nil
}

// discover asks the first seed that answers for all nodes.
func (t *Target) discover(ctx context.Context) ([]wire.NodeLine, error) {
	var errs error
	for _, seed := range t.seeds {
		reply, err := target.Ask(ctx, seed, "CLUSTER", "NODES")
		if err == nil {
			err = target.ClusterModeIsOff(seed, reply)
		}
		if err == nil && reply.IsError() {
			err = fmt.Errorf("%s answers CLUSTER NODES by %s", seed, reply)
		}
		if err != nil {
			errs = errors.Join(errs, err)
			continue
		}
		lines, err := wire.ParseNodes(reply.Text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", seed, err)
		}
		return inOrder(usable(lines, seed)), nil
	}
	return nil, fmt.Errorf("%s: no node answers: %w", t.spec, errs)
}

// usable leaves out the nodes that are down or whose address nobody knows. The one we asked may be the only one that does not know its own.
func usable(lines []wire.NodeLine, seed string) (nodes []wire.NodeLine) {
	for _, n := range lines {
		if n.Host == "" && n.HasFlag("myself") {
			n.Addr = seed
		} else if n.Host == "" || n.HasFlag("handshake") || n.HasFlag("noaddr") || n.HasFlag("fail") {
			continue
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func checkReachable(ctx context.Context, line wire.NodeLine) error {
	_, err := target.Ask(ctx, line.Addr, "PING")
	if err == nil {
		return nil
	}
	return &target.Unavailable{Reason: fmt.Sprintf("node %.8s announces %s, which cannot be reached from here: %v; "+
		"clients are redirected there, so set cluster-announce-ip and its port to what is good for both sides", line.ID, line.Addr, err)}
}

// inOrder sorts the nodes as the package comment says.
func inOrder(lines []wire.NodeLine) []wire.NodeLine {
	rank := make(map[string]int) // of primaries: their lowest slot
	for _, n := range lines {
		if n.PrimaryID == "" {
			rank[n.ID] = lowestSlot(n)
		}
	}
	slices.SortFunc(lines, func(a, b wire.NodeLine) int {
		return cmp.Or(
			cmp.Compare(len(a.PrimaryID), len(b.PrimaryID)), // a primary names none
			cmp.Compare(rank[cmp.Or(a.PrimaryID, a.ID)], rank[cmp.Or(b.PrimaryID, b.ID)]),
			cmp.Compare(a.Addr, b.Addr),
		)
	})
	return lines
}

func lowestSlot(n wire.NodeLine) int {
	lowest := wire.Slots
	for _, r := range n.Slots {
		lowest = min(lowest, r.From)
	}
	return lowest
}

// Cluster is somebody else's.
type Cluster struct {
	dir   string
	nodes []target.Node
}

// Nodes implements target.Cluster.
func (c *Cluster) Nodes() []target.Node { return slices.Clone(c.nodes) }

// Existing implements target.Existing.
func (c *Cluster) Existing() bool { return true }

// Close implements target.Cluster: it removes the scratch folder and leaves the cluster alone.
func (c *Cluster) Close() error {
	if c.dir == "" {
		return nil
	}
	return os.RemoveAll(c.dir)
}

// Node is one node of somebody else's cluster.
type Node struct {
	name    string
	addr    string
	busPort int
}

// Name implements target.Node.
func (n *Node) Name() string { return n.name }

// Addr implements target.Node.
func (n *Node) Addr() string { return n.addr }

// BusPort implements target.Node.
func (n *Node) BusPort() int { return n.busPort }
