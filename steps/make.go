package steps

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/clusterspec/clusterspec/compose/faults"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// make starts nodes, or finds those that are there, and makes the cluster of them.
func (p *pool) make(ctx context.Context, s shape) (*cluster, error) {
	start := p.start
	if p.exists {
		start = p.find
	}
	started, err := start(ctx, s)
	if err != nil {
		return nil, err
	}
	c, err := p.build(ctx, started, s)
	if err != nil {
		return nil, errors.Join(err, started.Close())
	}
	return c, nil
}

// start starts as many nodes as the shape has.
func (p *pool) start(ctx context.Context, s shape) (target.Cluster, error) {
	topology := target.Topology{Nodes: s.nodes(), Options: nodeOptions(p.nodeTimeout)}
	if !s.proxied {
		return startNodes(ctx, p.target, topology)
	}
	proxy := faults.New()
	topology.Names, topology.Front = s.names(), proxy
	started, err := startNodes(ctx, p.target, topology)
	if err == nil {
		err = announcesFront(ctx, started)
	}
	if err != nil {
		return nil, errors.Join(err, proxy.Close())
	}
	return &proxied{started, proxy}, nil
}

// proxied is a cluster with a proxy in front of its nodes.
type proxied struct {
	target.Cluster
	proxy *faults.Proxy
}

// Close ends the nodes and then the proxy.
func (p *proxied) Close() error { return errors.Join(p.Cluster.Close(), p.proxy.Close()) }

// announcesFront looks whether the nodes announce the proxy's ports: a server that does not know the options goes past it. It closes such a
// cluster.
func announcesFront(ctx context.Context, started target.Cluster) error {
	for _, n := range started.Nodes() {
		reply, err := target.Ask(ctx, n.Addr(), "CLUSTER", "NODES")
		if err != nil {
			return errors.Join(err, started.Close())
		}
		lines, err := wire.ParseNodes(reply.Text)
		_, port, _ := net.SplitHostPort(n.Addr())
		if err != nil || len(lines) != 1 || itoa(lines[0].Port) != port || lines[0].BusPort != n.BusPort() {
			reason := fmt.Sprintf("it was told to announce the ports %s and %d and says %q: without that no proxy can be in the path of its links", port, n.BusPort(), reply.Text)
			return errors.Join(&target.Unavailable{Reason: reason}, started.Close())
		}
	}
	return nil
}

// find looks for the nodes of a running cluster once: after a reset they know nothing of each other.
func (p *pool) find(ctx context.Context, _ shape) (target.Cluster, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.found == nil {
		found, err := startNodes(ctx, p.target, target.Topology{Nodes: 1})
		if err != nil {
			return nil, err
		}
		p.found = found
	}
	return kept{p.found}, nil
}

// kept is a cluster that stays when a scenario is done with it.
type kept struct{ target.Cluster }

// Close does nothing.
func (kept) Close() error { return nil }

// build makes what the shape says of nodes that run.
func (p *pool) build(ctx context.Context, started target.Cluster, s shape) (*cluster, error) {
	if p.exists && !p.destructive {
		return adopt(ctx, started, s)
	}
	if p.exists {
		if err := reset(ctx, started, p.nodeTimeout); err != nil {
			return nil, err
		}
	}
	c, err := newCluster(ctx, started, s)
	if err != nil {
		return nil, err
	}
	if err := c.hurry(ctx); err != nil || s.strangers > 0 {
		return c, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.formLimit)
	defer cancel()
	if err := c.form(ctx); err != nil {
		return nil, &formError{err, c.logTails()}
	}
	return c, nil
}

// startNodes starts the nodes of a target. A start can fail because somebody else took a port at that moment, so it is tried twice.
func startNodes(ctx context.Context, t target.Target, topology target.Topology) (target.Cluster, error) {
	started, err := t.Start(ctx, topology)
	var unavailable *target.Unavailable
	if err != nil && !errors.As(err, &unavailable) {
		started, err = t.Start(ctx, topology)
	}
	if err != nil {
		return nil, &startError{err}
	}
	return started, nil
}
