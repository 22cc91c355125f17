// Package reference starts reference clusters inside the calling process: whole nodes with real ports, files and
// protocols, for tests and for trying things out.
package reference

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/server"
)

// Options say what cluster to start.
type Options struct {
	// Primaries get equal shares of the slots. With 0 nobody knows anybody: Nodes nodes are started that can be joined by
	// CLUSTER MEET.
	Primaries int
	// Replicas is how many replicas each primary has.
	Replicas int
	// Nodes is how many nodes to start when Primaries is 0.
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

// Cluster is a running cluster.
type Cluster struct {
	nodes  []*Node
	remove string // the folder to remove at the end, if it is ours
}

// Node is one node of it. Its methods must not be called at the same time.
type Node struct {
	addr    string
	busPort int
	dir     string
	args    []string
	log     syncBuffer
	server  *server.Server // nil while the node is down
	resume  func()         // set while it is paused
}

// Start starts a cluster. A formed one (Primaries > 0) serves when Start returns.
func Start(ctx context.Context, o Options) (_ *Cluster, err error) {
	count := o.Nodes
	if o.Primaries > 0 {
		count = o.Primaries * (1 + o.Replicas)
	}
	if count <= 0 {
		return nil, errors.New("starting a cluster: say how many primaries, or how many nodes")
	}
	c := &Cluster{}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	dir := o.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "clusterspec-"); err != nil {
			return nil, fmt.Errorf("starting a cluster: %w", err)
		}
		c.remove = dir
	}
	ports := o.Ports
	if len(ports) == 0 {
		if ports, err = freePorts(count); err != nil {
			return nil, err
		}
	}
	if len(ports) != count {
		return nil, fmt.Errorf("starting a cluster: %d ports for %d nodes", len(ports), count)
	}
	if n := len(o.AnnouncePorts); n != 0 && n != count {
		return nil, fmt.Errorf("starting a cluster: %d ports to announce for %d nodes", n, count)
	}
	for i, port := range ports {
		announced := 0
		if len(o.AnnouncePorts) > 0 {
			announced = o.AnnouncePorts[i]
		}
		n, err := newNode(filepath.Join(dir, strconv.Itoa(port)), port, announced, o)
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, n)
	}
	if o.Primaries > 0 {
		if err := writeMaps(c.nodes, o); err != nil {
			return nil, err
		}
	}
	for _, n := range c.nodes {
		if err := n.Start(); err != nil {
			return nil, err
		}
	}
	if o.Primaries > 0 {
		return c, c.waitReady(ctx)
	}
	return c, nil
}

// newNode prepares a node's folder and command line. It announces its own port if announced is 0.
func newNode(dir string, port, announced int, o Options) (*Node, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("starting a cluster: %w", err)
	}
	options := map[string]string{
		"bind":                "127.0.0.1",
		"cluster-enabled":     "yes",
		"cluster-announce-ip": o.AnnounceIP,
		"save":                "", // clusters in a process come and go
	}
	for name, value := range o.Config {
		options[name] = value
	}
	options["port"] = strconv.Itoa(port)
	if announced != 0 {
		options["cluster-announce-port"] = strconv.Itoa(announced)
		options["cluster-announce-bus-port"] = strconv.Itoa(announced + BusPortOffset)
	}
	options["dir"] = dir
	if _, given := options["cluster-startup-delay"]; !given && o.Primaries > 0 {
		options["cluster-startup-delay"] = "0" // nobody has an older view of a cluster that was just made
	}
	n := &Node{dir: dir}
	for name, value := range options {
		n.args = append(n.args, "--"+name, value)
	}
	parsed, err := config.Parse(n.args, os.ReadFile)
	if err != nil {
		return nil, fmt.Errorf("starting a cluster: %w", err)
	}
	n.busPort = int(parsed.Int("cluster-port"))
	if n.busPort == 0 {
		n.busPort = port + BusPortOffset
	}
	n.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	return n, nil
}

// Nodes are the nodes: primaries first, then the first replica of each, and so on.
func (c *Cluster) Nodes() []*Node { return c.nodes }

// Close ends every node at once and removes what Start has made.
func (c *Cluster) Close() error {
	for _, n := range c.nodes {
		n.Kill()
	}
	if c.remove != "" {
		return os.RemoveAll(c.remove)
	}
	return nil
}

// Addr is the node's address for clients.
func (n *Node) Addr() string { return n.addr }

// BusPort is the port of its cluster bus.
func (n *Node) BusPort() int { return n.busPort }

// Dir is where it keeps its files.
func (n *Node) Dir() string { return n.dir }

// Log is what it has logged so far, over all its lives.
func (n *Node) Log() string { return n.log.String() }

// Start starts a node that is down, on its old port and files.
func (n *Node) Start() error {
	if n.server != nil {
		return nil
	}
	options, err := config.Parse(n.args, os.ReadFile)
	if err != nil {
		return fmt.Errorf("starting node %s: %w", n.addr, err)
	}
	s, err := server.Start(server.Options{Config: options, Log: &n.log})
	if err != nil {
		return fmt.Errorf("starting node %s: %w", n.addr, err)
	}
	n.server = s
	return nil
}

// Stop ends the node in an orderly way.
func (n *Node) Stop(ctx context.Context) error {
	if n.server == nil {
		return nil
	}
	n.Resume()
	err := n.server.Stop(ctx)
	n.server = nil
	return err
}

// Kill ends the node as SIGKILL would: what is not on disk is lost.
func (n *Node) Kill() {
	if n.server != nil {
		n.server.Kill()
		n.server, n.resume = nil, nil
	}
}

// Pause stops the node as SIGSTOP would: its connections stay open and nobody gets an answer.
func (n *Node) Pause() {
	if n.server != nil && n.resume == nil {
		n.resume = n.server.Pause()
	}
}

// Resume lets a paused node go on.
func (n *Node) Resume() {
	if n.resume != nil {
		n.resume()
		n.resume = nil
	}
}

// Wait blocks until the node has ended.
func (n *Node) Wait() error {
	if s := n.server; s != nil {
		return s.Wait()
	}
	return nil
}

// syncBuffer is a bytes.Buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
