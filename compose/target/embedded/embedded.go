// Package embedded puts the reference cluster under test: `reference`, whole nodes inside this process, with real ports, files and protocols.
// It is the one package of the harness that imports the reference.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/reference"
)

// startTries is how often other ports are drawn.
const startTries = 10

// Spec is the text form of the target.
const Spec = "reference"

// Target is the reference cluster.
type Target struct {
	spec     string
	settings map[string]string // of all nodes
}

// New makes the target.
func New() *Target { return &Target{spec: Spec} }

// With makes the target of a spec with settings for its nodes: OPTION=VALUE with blanks between them.
func With(spec, settings string) (*Target, error) {
	t := &Target{spec: spec, settings: map[string]string{}}
	for _, setting := range strings.Fields(settings) {
		name, value, is := strings.Cut(setting, "=")
		if !is || name == "" {
			return nil, fmt.Errorf("target %q: %s is not OPTION=VALUE", spec, setting)
		}
		t.settings[name] = value
	}
	if len(t.settings) == 0 {
		return nil, fmt.Errorf("target %q: no settings are named", spec)
	}
	return t, nil
}

// Spec implements target.Target.
func (t *Target) Spec() string { return t.spec }

// Kind implements target.Target.
func (t *Target) Kind() string { return "reference" }

// Describe implements target.Describer.
func (t *Target) Describe(ctx context.Context) (target.Description, error) {
	return target.DescribeByStarting(ctx, t)
}

// Start implements target.Target.
func (t *Target) Start(ctx context.Context, topology target.Topology) (_ target.Cluster, err error) {
	dir, err := target.ScratchDir(topology.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	topology.Options = target.Merge(topology.Options, t.settings)
	announced, err := c.start(ctx, topology)
	if err != nil {
		return nil, err
	}
	for i, inner := range c.cluster.Nodes() {
		n := &Node{name: topology.Name(i), inner: inner, addr: inner.Addr(), busPort: inner.BusPort()}
		if len(announced) > 0 {
			n.addr, n.busPort = net.JoinHostPort("127.0.0.1", strconv.Itoa(announced[i])), announced[i]+target.BusPortOffset
		}
		c.nodes = append(c.nodes, n)
		if err := n.awaitReady(ctx); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// start starts the nodes on ports of our own, and returns those that stand in front of them. A reservation keeps other runs away, but not
// other programs: what one of them took in the meantime is replaced.
func (c *Cluster) start(ctx context.Context, topology target.Topology) (announced []int, err error) {
	for try := 1; ; try++ {
		var numbers []int
		announced = nil
		for i := range topology.Nodes {
			port, err := target.ReservePort()
			if err != nil {
				return nil, err
			}
			c.ports = append(c.ports, port)
			numbers = append(numbers, port.Number)
			if topology.Front == nil {
				continue
			}
			front, err := topology.Front.Announce(topology.Name(i), port.Addr(), port.Bus())
			if err != nil {
				return nil, err
			}
			announced = append(announced, front)
		}
		c.cluster, err = reference.Start(ctx, reference.Options{
			Nodes: topology.Nodes, Ports: numbers, AnnouncePorts: announced, Dir: c.dir, Config: target.Merge(target.NodeOptions(), topology.Options),
		})
		if try == startTries || !errors.Is(err, syscall.EADDRINUSE) {
			return announced, err
		}
		if err := c.releasePorts(); err != nil {
			return nil, err
		}
	}
}

// Cluster is a set of reference nodes in this process.
type Cluster struct {
	dir     string
	ports   []*target.Port
	cluster *reference.Cluster
	nodes   []*Node
	once    sync.Once
}

// Nodes implements target.Cluster.
func (c *Cluster) Nodes() []target.Node { return target.NodesOf(c.nodes) }

// Close implements target.Cluster.
func (c *Cluster) Close() (err error) {
	c.once.Do(func() {
		if c.cluster != nil {
			err = c.cluster.Close()
		}
		err = errors.Join(err, c.releasePorts(), os.RemoveAll(c.dir))
	})
	return err
}

func (c *Cluster) releasePorts() (err error) {
	for _, port := range c.ports {
		err = errors.Join(err, port.Release())
	}
	c.ports = nil
	return err
}

// Node is one reference node. It has all abilities.
type Node struct {
	name    string
	addr    string // where it is reached: its own, or that of its front
	busPort int
	inner   *reference.Node
	down    atomic.Bool // killed or stopped
}

var _ interface {
	target.Node
	target.Killer
	target.Stopper
	target.Restarter
	target.Pauser
	target.Wiper
	target.LogReader
	target.ConfReader
	target.ConfWriter
} = (*Node)(nil)

// Name implements target.Node.
func (n *Node) Name() string { return n.name }

// Addr implements target.Node.
func (n *Node) Addr() string { return n.addr }

// BusPort implements target.Node.
func (n *Node) BusPort() int { return n.busPort }

// Kill implements target.Killer: what is not on disk is lost. Killing a node that is down does nothing.
func (n *Node) Kill(context.Context) error {
	n.inner.Kill()
	n.down.Store(true)
	return nil
}

// Stop implements target.Stopper. Stopping a node that is down does nothing.
func (n *Node) Stop(ctx context.Context) error {
	n.down.Store(true)
	return n.inner.Stop(ctx)
}

// Restart implements target.Restarter.
func (n *Node) Restart(ctx context.Context) error {
	if err := n.inner.Stop(ctx); err != nil {
		return fmt.Errorf("stopping node %s: %w", n.name, err)
	}
	if err := os.MkdirAll(n.inner.Dir(), 0o755); err != nil { // it may have been wiped
		return fmt.Errorf("node %s: %w", n.name, err)
	}
	if err := n.inner.Start(); err != nil {
		n.down.Store(true)
		return err
	}
	n.down.Store(false)
	return n.awaitReady(ctx)
}

// Pause implements target.Pauser: the loop of the node stands still.
func (n *Node) Pause(context.Context) error {
	n.inner.Pause()
	return nil
}

// Resume implements target.Pauser.
func (n *Node) Resume(context.Context) error {
	n.inner.Resume()
	return nil
}

// Wipe implements target.Wiper.
func (n *Node) Wipe(context.Context) error { return os.RemoveAll(n.inner.Dir()) }

// Log implements target.LogReader: all that was logged, over all starts.
func (n *Node) Log() (string, error) { return n.inner.Log(), nil }

// NodesConf implements target.ConfReader.
func (n *Node) NodesConf() (string, error) {
	text, err := os.ReadFile(n.confFile())
	return string(text), err
}

// WriteNodesConf implements target.ConfWriter.
func (n *Node) WriteNodesConf(text string) error {
	if !n.down.Load() {
		return fmt.Errorf("node %s is running: it would write over its nodes.conf", n.name)
	}
	return os.WriteFile(n.confFile(), []byte(text), 0o644)
}

func (n *Node) confFile() string {
	return filepath.Join(n.inner.Dir(), target.NodeOptions()["cluster-config-file"])
}

func (n *Node) awaitReady(ctx context.Context) error {
	noOneElseCouldEndIt := func() error { return nil }
	if err := target.AwaitPong(ctx, n.inner.Addr(), noOneElseCouldEndIt); err != nil {
		return fmt.Errorf("node %s: %w; its log ends:\n%s", n.name, err, target.Tail(n.inner.Log()))
	}
	return nil
}
