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
	"syscall"
	"time"

	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/node"
	"github.com/clusterspec/clusterspec/reference/server"
)

// Node is one node of a Cluster. Its methods may be called from any goroutine.
type Node struct {
	cluster   *Cluster
	addr      string
	port      int
	busPort   int
	announced string // the address others are told
	dir       string
	made      bool // dir was not there before
	args      []string
	log       syncBuffer

	mu         sync.Mutex
	server     *server.Server // nil while the node is down
	resume     func()         // set while it is paused
	injections []*command.Injection
	id         string // as it was seen last
}

// newNode prepares a node's folder and command line. It announces its own port if announced is 0.
func (c *Cluster) newNode(port, announced int) (*Node, error) {
	o, dir := c.options, filepath.Join(c.dir, strconv.Itoa(port))
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
	n := &Node{cluster: c, port: port, dir: dir, announced: o.AnnounceIP}
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
	_, missing := os.Stat(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("starting a cluster: %w", err)
	}
	n.made = missing != nil
	return n, nil
}

// Addr is the node's address for clients.
func (n *Node) Addr() string { return n.addr }

// BusPort is the port of its cluster bus.
func (n *Node) BusPort() int { return n.busPort }

// Dir is where it keeps its files.
func (n *Node) Dir() string { return n.dir }

// Log is what it has logged so far, over all its lives.
func (n *Node) Log() string { return n.log.String() }

// Start starts a node that is down, on its old ports and files.
func (n *Node) Start() error {
	// A program that somebody starts from this process just when the node goes down holds a copy of its sockets until it is
	// loaded.
	const patience, interval = 5 * time.Second, time.Millisecond
	for deadline := time.Now().Add(patience); ; time.Sleep(interval) {
		err := n.startOnce()
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(deadline) {
			return err
		}
	}
}

func (n *Node) startOnce() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.server != nil && !n.server.Ended() {
		return nil
	}
	options, err := config.Parse(n.args, os.ReadFile)
	if err != nil {
		return fmt.Errorf("starting node %s: %w", n.addr, err)
	}
	s, err := server.Start(server.Options{Config: options, Log: &n.log, Links: nodeLinks{&n.cluster.network, n}})
	if err != nil {
		return fmt.Errorf("starting node %s: %w", n.addr, err)
	}
	n.server, n.resume = s, nil
	n.onLoop(func(machine *node.Node) {
		for _, rule := range n.injections {
			machine.Inject(rule)
		}
	})
	return nil
}

// Stop ends the node in an orderly way.
func (n *Node) Stop(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.server == nil {
		return nil
	}
	n.goOn()
	err := n.server.Stop(ctx)
	n.server = nil
	return err
}

// Kill ends the node as SIGKILL would: what is not on disk is lost.
func (n *Node) Kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.server != nil {
		n.server.Kill()
		n.server, n.resume = nil, nil
	}
}

// Pause stops the node as SIGSTOP would: its connections stay open and nobody gets an answer.
func (n *Node) Pause() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.server != nil && n.resume == nil {
		n.resume = n.server.Pause()
	}
}

// Resume lets a paused node go on.
func (n *Node) Resume() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.goOn()
}

func (n *Node) goOn() {
	if n.resume != nil {
		n.resume()
		n.resume = nil
	}
}

// Wait blocks until the node has ended.
func (n *Node) Wait() error {
	if s := n.running(); s != nil {
		return s.Wait()
	}
	return nil
}

// running is the node's server; nil while it is down.
func (n *Node) running() *server.Server {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.server
}

// answers reports whether the node is neither down nor paused.
func (n *Node) answers() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.server != nil && n.resume == nil && !n.server.Ended()
}

// lastID is the id the node had when it was last asked; empty: it never was.
func (n *Node) lastID() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.id
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
