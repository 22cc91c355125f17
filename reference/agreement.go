package reference

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// WaitAgreed waits until the nodes that run all have the same picture of the cluster: each of them says that it is up, all
// are connected with each other and name the same owners of the slots, every owner runs, and every replica has its primary's data. After a primary was
// killed that means that a replica has taken over. Without a deadline in ctx it gives up after 30 seconds; the error
// says where the nodes differ.
func (c *Cluster) WaitAgreed(ctx context.Context) error {
	return c.wait(ctx, "the nodes to agree", c.disagreement)
}

// wait repeats a look at the cluster until there is no more problem.
func (c *Cluster) wait(ctx context.Context, what string, problem func(context.Context) error) error {
	const (
		patience = 30 * time.Second
		interval = 5 * time.Millisecond
	)
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, patience, fmt.Errorf("not within %v", patience))
		defer cancel()
	}
	last := errors.New("nobody was asked")
	for {
		now := problem(ctx)
		if now == nil {
			return nil
		}
		timedOut := errors.Is(now, os.ErrDeadlineExceeded) || errors.Is(now, context.DeadlineExceeded)
		if ctx.Err() == nil && !timedOut { // that would say nothing of the cluster
			last = now
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w: %w", what, context.Cause(ctx), last)
		}
	}
}

// view is what a node believes.
type view struct {
	id     string
	up     bool // cluster_state
	synced bool // it is a primary, or its link to it is up
	lines  map[string]viewLine
}

// viewLine is what it believes of a node.
type viewLine struct{ flags, primary, link, slots string }

// isPrimary says whether a node is believed to be one.
func (l viewLine) isPrimary() bool { return strings.Contains(l.flags, "master") }

// disagreement is nil when the nodes agree.
func (c *Cluster) disagreement(ctx context.Context) error {
	views := map[*Node]view{}
	var first *Node
	for _, n := range c.Nodes() {
		if !n.answers() {
			continue
		}
		v, err := n.view(ctx)
		switch {
		case err != nil:
			return err
		case !v.up:
			return fmt.Errorf("node %s says that the cluster is down", n.addr)
		case !v.synced:
			return fmt.Errorf("replica %s does not have its primary's data", n.addr)
		}
		views[n] = v
		if first == nil {
			first = n
		}
	}
	if first == nil {
		return errors.New("no node runs")
	}
	for n, v := range views {
		for m, other := range views {
			line, known := v.lines[other.id]
			switch {
			case !known, strings.Contains(line.flags, "handshake"):
				return fmt.Errorf("node %s does not know %s", n.addr, m.addr)
			case strings.Contains(line.flags, "fail"):
				return fmt.Errorf("node %s takes %s for failed", n.addr, m.addr)
			case line.link != "connected": // it could not even send it a vote
				return fmt.Errorf("node %s has no link to %s", n.addr, m.addr)
			}
		}
		if a, b := v.picture(views), views[first].picture(views); a != b {
			return fmt.Errorf("node %s says\n%sbut node %s says\n%s", n.addr, a, first.addr, b)
		}
	}
	return c.ownerThatIsDown(views[first])
}

// ownerThatIsDown names an owner of slots that does not answer.
func (c *Cluster) ownerThatIsDown(v view) error {
	for _, n := range c.Nodes() {
		if line := v.lines[n.lastID()]; !n.answers() && line.isPrimary() && line.slots != "" {
			return fmt.Errorf("the slots %s are those of node %s, which does not run", line.slots, n.addr)
		}
	}
	return nil
}

// picture is what all nodes have to believe alike: who owns which slots, and what those that answer are.
func (v view) picture(views map[*Node]view) string {
	answering := map[string]bool{}
	for _, other := range views {
		answering[other.id] = true
	}
	var lines []string
	for id, line := range v.lines {
		if answering[id] || line.slots != "" {
			lines = append(lines, fmt.Sprintf("  %s primary:%t of:%s slots:%s\n", id, line.isPrimary(), line.primary, line.slots))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// view asks a node what it believes.
func (n *Node) view(ctx context.Context) (view, error) {
	replies, err := n.pipeline(ctx, []string{"CLUSTER", "INFO"}, []string{"INFO", "replication"}, []string{"CLUSTER", "NODES"})
	if err != nil {
		return view{}, err
	}
	info, replication, nodes := fmt.Sprint(replies[0]), fmt.Sprint(replies[1]), fmt.Sprint(replies[2])
	v := view{
		up:     strings.Contains(info, "cluster_state:ok"),
		synced: strings.Contains(replication, "role:master") || strings.Contains(replication, "master_link_status:up"),
		lines:  map[string]viewLine{},
	}
	for text := range strings.Lines(nodes) {
		words := strings.Fields(text)
		const id, flags, primary, link, firstSlot = 0, 2, 3, 7, 8
		if len(words) < firstSlot {
			return v, fmt.Errorf("node %s has a line in CLUSTER NODES that is too short: %q", n.addr, text)
		}
		slots := slices.DeleteFunc(words[firstSlot:], func(word string) bool { return word[0] == '[' }) // of an open slot
		v.lines[words[id]] = viewLine{words[flags], words[primary], words[link], strings.Join(slots, " ")}
		if strings.Contains(words[flags], "myself") {
			v.id = words[id]
		}
	}
	n.mu.Lock()
	n.id = v.id
	n.mu.Unlock()
	return v, nil
}

// Ready asks the node at an address, of whatever process, and is nil when that says that the cluster is up and it has its
// data.
func Ready(ctx context.Context, addr string) error {
	n := &Node{cluster: new(Cluster), addr: addr}
	v, err := n.view(ctx)
	switch {
	case err != nil:
		return err
	case !v.up:
		return fmt.Errorf("node %s says that the cluster is down", addr)
	case !v.synced:
		return fmt.Errorf("replica %s does not have its primary's data", addr)
	}
	return nil
}
