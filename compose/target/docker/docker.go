// Package docker puts container images under test: `docker:redis:7.4`, `docker:valkey/valkey:8`, or `docker:packed` for the redis-server of
// this machine wrapped into an image, which needs no registry.
//
// An image is fit when it runs a server that takes redis-server's arguments: they replace those of its CMD, and its ENTRYPOINT is kept. The
// server keeps its files in the image's working directory.
//
// Cluster nodes announce one address to everybody, so it has to be good for the other nodes and for clients on this machine, on Linux and
// on Docker Desktop alike. Therefore all containers of a cluster share one network namespace, that of a holder container, which publishes every
// client and bus port under its own number on 127.0.0.1; and 127.0.0.1 is what the nodes announce. Inside the namespace that is the nodes
// themselves, outside it is what the engine publishes. The holder is a node like the others that nobody is told about, and is never killed.
//
// A client port whose node is down takes connections and closes them at once where the engine publishes ports by a proxy process.
package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/clusterspec/clusterspec/compose/target"
)

// packedName stands for the redis-server of this machine in place of an image.
const packedName = "packed"

// Target starts a container of one image for each node.
type Target struct {
	spec  string
	image string // as the user wrote it
	env   target.Env
}

// New makes the target of an image, which stands in spec after "docker:".
func New(spec, image string, env target.Env) (*Target, error) {
	if image == "" || strings.ContainsAny(image, " \t") {
		return nil, fmt.Errorf("%s: the name of an image expected, like docker:redis:7.4, or docker:%s", spec, packedName)
	}
	env.PullTimeout = cmp.Or(env.PullTimeout, target.DefaultPullTimeout)
	return &Target{spec, image, env}, nil
}

// Spec implements target.Target.
func (t *Target) Spec() string { return t.spec }

// Kind implements target.Target.
func (t *Target) Kind() string { return "docker" }

// Probe implements target.Prober: an engine has to answer and to have the image, which it may have to pull.
func (t *Target) Probe(ctx context.Context) error {
	e, err := connect(ctx)
	if err != nil {
		return err
	}
	defer e.close()
	_, err = t.findImage(ctx, e)
	return err
}

// Describe implements target.Describer.
func (t *Target) Describe(ctx context.Context) (_ target.Description, err error) {
	c, err := t.start(ctx, target.Topology{})
	if err != nil {
		return target.Description{}, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	d, err := target.DescribeNode(ctx, c.holder.Addr())
	d.Digest = c.image.digest
	return d, err
}

// Start implements target.Target.
func (t *Target) Start(ctx context.Context, topology target.Topology) (target.Cluster, error) {
	if topology.Front != nil {
		return nil, &target.Unavailable{Reason: "containers have a network of their own, and nothing on this machine can stand in front of their nodes"}
	}
	c, err := t.start(ctx, topology)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (t *Target) start(ctx context.Context, topology target.Topology) (_ *Cluster, err error) {
	e, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &Cluster{engine: e, dir: topology.Dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	if c.image, err = t.findImage(ctx, e); err != nil {
		return nil, err
	}
	if err := e.removeLeftovers(ctx); err != nil {
		return nil, err
	}
	if err := c.start(ctx, topology); err != nil {
		return nil, err
	}
	return c, nil
}

// findImage makes sure that the image is there. No other is ever used in its place.
func (t *Target) findImage(ctx context.Context, e *engine) (*image, error) {
	if t.image == packedName {
		return e.pack(ctx)
	}
	return e.imageOrPull(ctx, t.image, t.env.PullTimeout)
}

// Cluster is a set of containers that share a network namespace.
type Cluster struct {
	engine *engine
	image  *image
	dir    string
	ports  []*target.Port // of the holder, then of each node
	holder *Node
	nodes  []*Node
	once   sync.Once
}

// Nodes implements target.Cluster.
func (c *Cluster) Nodes() []target.Node { return target.NodesOf(c.nodes) }

// Close implements target.Cluster.
func (c *Cluster) Close() (err error) {
	c.once.Do(func() {
		err = c.removeContainers()
		err = errors.Join(err, c.releasePorts(), c.engine.close())
		if c.dir != "" {
			err = errors.Join(err, os.RemoveAll(c.dir))
		}
	})
	return err
}

// start starts the holder and then all nodes at the same time.
func (c *Cluster) start(ctx context.Context, topology target.Topology) error {
	options := target.Merge(target.NodeOptions(), map[string]string{
		"bind":                   "0.0.0.0", // the engine passes connections on from outside the namespace
		"cluster-announce-ip":    "127.0.0.1",
		target.NodeTimeoutOption: target.DefaultNodeTimeoutMillis,
	})
	if err := c.startHolder(ctx, topology.Nodes, options); err != nil {
		return err
	}
	if err := c.allowDebug(ctx, options); err != nil {
		return err
	}
	options = target.Merge(options, topology.Options)
	for i := range topology.Nodes {
		c.nodes = append(c.nodes, newNode(c, topology.Name(i), c.ports[1+i], options))
	}
	return target.AtOnce(c.nodes, func(n *Node) error { return n.create(ctx) })
}

// startHolder reserves all ports and starts the container that publishes them, on other ports if somebody who does not reserve was faster.
func (c *Cluster) startHolder(ctx context.Context, nodes int, options map[string]string) error {
	const tries = 5
	for try := 1; ; try++ {
		for range nodes + 1 {
			port, err := target.ReservePort()
			if err != nil {
				return err
			}
			c.ports = append(c.ports, port)
		}
		c.holder = newNode(c, "holder", c.ports[0], options)
		err := c.holder.create(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%w\n(a container that runs and cannot be reached: if the harness is in a container too, it needs the network of the host)", err)
		}
		if err == nil || try == tries || !isPortTaken(err) {
			return err
		}
		if err := c.removeContainers(); err != nil {
			return err // Close tries again: it finds them by the ports
		}
		if err := c.releasePorts(); err != nil {
			return err
		}
	}
}

// isPortTaken recognizes what engines say about ports that cannot be published.
func isPortTaken(err error) bool {
	return strings.Contains(err.Error(), "port is already allocated") || strings.Contains(err.Error(), "address already in use")
}

// allowDebug adds the option that allows DEBUG if the server is of a version that wants it.
func (c *Cluster) allowDebug(ctx context.Context, options map[string]string) error {
	reply, err := target.Ask(ctx, c.holder.Addr(), "CONFIG", "GET", target.DebugOption)
	if err != nil {
		return err
	}
	if _, known := reply.Get(target.DebugOption); known {
		options[target.DebugOption] = "yes"
	}
	return nil
}

// removeContainers finds the containers by their label, so that it also finds one whose creation was given up halfway.
func (c *Cluster) removeContainers() error {
	if len(c.ports) == 0 {
		return nil
	}
	return c.engine.removeOwned(c.owner())
}

// owner is the value of ownerLabel on all containers of the cluster.
func (c *Cluster) owner() string { return owner(c.ports[0].Number) }

func (c *Cluster) releasePorts() (err error) {
	for _, port := range c.ports {
		err = errors.Join(err, port.Release())
	}
	c.ports = nil
	return err
}
