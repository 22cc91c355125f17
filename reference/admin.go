package reference

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/reference/ports"
)

// What an administrator does to a cluster, with the commands an administrator uses. These methods are for formed clusters:
// they return when the nodes agree again (WaitAgreed).

// Failover makes a replica the primary of its shard: in agreement with its primary, which then follows it, and without a
// lost write; or by force when the primary does not answer.
func (c *Cluster) Failover(ctx context.Context, replica *Node) error {
	_, err := replica.do(ctx, "CLUSTER", "FAILOVER")
	if err != nil && strings.Contains(err.Error(), "use CLUSTER FAILOVER FORCE") {
		_, err = replica.do(ctx, "CLUSTER", "FAILOVER", "FORCE")
	}
	if err != nil {
		return fmt.Errorf("failing over to %s: %w", replica.addr, err)
	}
	return c.wait(ctx, "the failover to "+replica.addr, func(ctx context.Context) error {
		if primary, err := replica.isPrimary(ctx); err != nil {
			return err
		} else if !primary {
			return fmt.Errorf("node %s is a replica", replica.addr)
		}
		return c.disagreement(ctx)
	})
}

// AddNode starts another node and introduces it to all others: a primary without slots.
func (c *Cluster) AddNode(ctx context.Context) (*Node, error) { return c.add(ctx, "") }

// AddReplica starts another node that follows a primary, and introduces it to all others.
func (c *Cluster) AddReplica(ctx context.Context, primary *Node) (*Node, error) {
	id, err := primary.do(ctx, "CLUSTER", "MYID")
	if err != nil {
		return nil, fmt.Errorf("adding a replica of %s: %w", primary.addr, err)
	}
	return c.add(ctx, fmt.Sprint(id))
}

// add starts a node, as the replica of a primary if its id is given.
func (c *Cluster) add(ctx context.Context, primary string) (*Node, error) {
	known, err := c.nodeBut(nil)
	if err != nil {
		return nil, fmt.Errorf("adding a node: %w", err)
	}
	nodes, err := known.do(ctx, "CLUSTER", "NODES")
	if err != nil {
		return nil, fmt.Errorf("adding a node: %w", err)
	}
	free, err := ports.Free(1)
	if err != nil {
		return nil, fmt.Errorf("adding a node: %w", err)
	}
	n, err := c.newNode(free[0], 0)
	if err != nil {
		return nil, err
	}
	if err := n.writeMapOf(fmt.Sprint(nodes), primary); err != nil {
		return nil, err
	}
	others := c.Nodes()
	c.join(n)
	if err := n.Start(); err != nil {
		return nil, err
	}
	for _, other := range others {
		if !other.answers() {
			continue
		}
		if _, err := other.do(ctx, "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(n.port), strconv.Itoa(n.busPort)); err != nil {
			return nil, fmt.Errorf("adding node %s: %w", n.addr, err)
		}
	}
	return n, c.WaitAgreed(ctx)
}

// RemoveNode has all others forget a node and ends it. A node that owns slots is not removed: MoveSlots first.
func (c *Cluster) RemoveNode(ctx context.Context, n *Node) error {
	known, err := c.nodeBut(n)
	if err != nil {
		return fmt.Errorf("removing node %s: %w", n.addr, err)
	}
	v, err := known.view(ctx)
	if err != nil {
		return fmt.Errorf("removing node %s: %w", n.addr, err)
	}
	id := n.lastID()
	if slots := v.lines[id].slots; slots != "" {
		return fmt.Errorf("removing node %s: it owns the slots %s: move them to another node first", n.addr, slots)
	}
	n.Kill() // first: it would introduce itself again
	c.leave(n)
	for _, other := range c.Nodes() {
		if !other.answers() {
			continue
		}
		if _, err := other.do(ctx, "CLUSTER", "FORGET", id); err != nil && !strings.Contains(err.Error(), "Unknown node") {
			return fmt.Errorf("removing node %s: %w", n.addr, err)
		}
	}
	return c.WaitAgreed(ctx)
}

// nodeBut is a node that answers, and is not this one.
func (c *Cluster) nodeBut(not *Node) (*Node, error) {
	for _, n := range c.Nodes() {
		if n != not && n.answers() {
			return n, nil
		}
	}
	return nil, errors.New("no other node runs")
}

// isPrimary asks a node for its role.
func (n *Node) isPrimary(ctx context.Context) (bool, error) {
	role, err := n.do(ctx, "ROLE")
	if err != nil {
		return false, err
	}
	words := texts(role)
	return len(words) > 0 && words[0] == "master", nil
}
