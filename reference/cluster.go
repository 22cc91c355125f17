// Package reference starts reference clusters inside the calling process: whole nodes with real ports, files and
// protocols, for tests and for trying things out.
//
// A test calls StartCluster, any other program Start:
//
//	cluster := reference.StartCluster(t, reference.Options{Primaries: 3, Replicas: 1})
//	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
//
// What can happen to a cluster can be made to happen: nodes are killed, started again, paused (Node), added and removed;
// links are cut and healed (Cut, CutOneWay, Partition); a replica takes over (Failover); slots move while clients use
// them, or stay open half-way (MoveSlots, BeginMove); requests are answered with MOVED, ASK, TRYAGAIN, CLUSTERDOWN or any
// other error (Inject). WaitAgreed waits until the cluster has come to rest.
package reference

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"sync"
	"syscall"

	"github.com/clusterspec/clusterspec/reference/ports"
)

// Options say what cluster to start. The zero Options are three primaries.
type Options struct {
	// Primaries get equal shares of the slots; 0: three, unless Nodes is set.
	Primaries int
	// Replicas is how many replicas each primary has.
	Replicas int
	// Nodes is how many nodes to start that do not know each other and have no slots, when Primaries is 0: they can be
	// joined by CLUSTER MEET.
	Nodes int
	// Ports are the client ports, one a node; empty: free ones. The bus port is 10000 higher.
	Ports []int
	// AnnounceIP is the address that other nodes and clients are told; empty: 127.0.0.1.
	AnnounceIP string
	// AnnouncePorts are the client ports that other nodes and clients are told, one a node, where something stands in front of the nodes;
	// empty: their own. The bus port that is told is 10000 higher.
	AnnouncePorts []int
	// Dir is where the nodes keep their files, a folder each; empty: a temporary folder that Close removes.
	Dir string
	// Config is options of redis-server for every node, such as cluster-node-timeout.
	Config map[string]string
}

// Cluster is a running cluster. Its methods may be called from any goroutine.
type Cluster struct {
	options Options
	dir     string
	remove  bool // dir is ours, to be removed at the end
	network network

	mu    sync.Mutex
	nodes []*Node
}

// drawPorts is ports.Free, unless a test wants to know what happens when they are taken after all.
var drawPorts = ports.Free

// Start starts a cluster. A formed one serves when Start returns. Ports that somebody else takes between the choice and the
// start of a node are replaced by others, unless Options.Ports demands them.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Primaries == 0 && o.Nodes == 0 {
		o.Primaries = 3
	}
	if o.Primaries < 0 || o.Replicas < 0 || o.Nodes < 0 {
		return nil, errors.New("starting a cluster: the number of primaries, replicas or nodes is negative")
	}
	const tries = 10
	for try := 1; ; try++ {
		c, err := start(ctx, o)
		if err == nil {
			return c, nil
		}
		if len(o.Ports) > 0 || try == tries || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, err
		}
	}
}

func start(ctx context.Context, o Options) (_ *Cluster, err error) {
	c := &Cluster{options: o, dir: o.Dir, network: network{dialled: make(map[netip.AddrPort]*Node)}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.abandon())
		}
	}()
	if c.dir == "" {
		if c.dir, err = os.MkdirTemp("", "clusterspec-"); err != nil {
			return nil, fmt.Errorf("starting a cluster: %w", err)
		}
		c.remove = true
	}
	count := o.Nodes
	if o.Primaries > 0 {
		count = o.Primaries * (1 + o.Replicas)
	}
	at := o.Ports
	if len(at) == 0 {
		if at, err = drawPorts(count); err != nil {
			return nil, fmt.Errorf("starting a cluster: %w", err)
		}
	}
	if len(at) != count {
		return nil, fmt.Errorf("starting a cluster: %d ports for %d nodes", len(at), count)
	}
	if n := len(o.AnnouncePorts); n != 0 && n != count {
		return nil, fmt.Errorf("starting a cluster: %d ports to announce for %d nodes", n, count)
	}
	for i, port := range at {
		announced := 0
		if len(o.AnnouncePorts) > 0 {
			announced = o.AnnouncePorts[i]
		}
		n, err := c.newNode(port, announced)
		if err != nil {
			return nil, err
		}
		c.join(n)
	}
	if o.Primaries > 0 {
		if err := writeMaps(c.nodes, o); err != nil {
			return nil, err
		}
	}
	for _, n := range c.nodes {
		if err := n.startOnce(); err != nil {
			return nil, err
		}
	}
	if o.Primaries > 0 {
		return c, c.WaitAgreed(ctx)
	}
	return c, nil
}

// abandon ends a cluster that did not come up, and removes what it made.
func (c *Cluster) abandon() (err error) {
	err = c.Close()
	for _, n := range c.nodes {
		if n.made {
			err = errors.Join(err, os.RemoveAll(n.dir))
		}
	}
	return err
}

// join takes a node into the list.
func (c *Cluster) join(n *Node) {
	c.mu.Lock()
	c.nodes = append(c.nodes, n)
	c.mu.Unlock()
	c.network.mu.Lock()
	c.network.nodes = append(c.network.nodes, n)
	c.network.mu.Unlock()
}

// leave takes a node out of the list.
func (c *Cluster) leave(n *Node) {
	isIt := func(other *Node) bool { return other == n }
	c.mu.Lock()
	c.nodes = slices.DeleteFunc(c.nodes, isIt)
	c.mu.Unlock()
	c.network.mu.Lock()
	c.network.nodes = slices.DeleteFunc(c.network.nodes, isIt)
	c.network.mu.Unlock()
}

// Nodes are the nodes: primaries first, then the first replica of each, and so on, as the cluster was started; then those
// that were added.
func (c *Cluster) Nodes() []*Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.nodes)
}

// Addrs are the addresses of the nodes, for a client to begin with.
func (c *Cluster) Addrs() (addrs []string) {
	for _, n := range c.Nodes() {
		addrs = append(addrs, n.addr)
	}
	return addrs
}

// Close ends every node at once and removes what Start has made. It may be called again.
func (c *Cluster) Close() error {
	for _, n := range c.Nodes() {
		n.Kill()
	}
	if c.remove {
		return os.RemoveAll(c.dir)
	}
	return nil
}
