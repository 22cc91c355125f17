package reference

import (
	"fmt"
	"slices"

	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/node"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Errors for Fault, in Redis's words. Moved and Ask make those that name a node.
const (
	TryAgain    = "TRYAGAIN Multiple keys request during rehashing of slot"
	ClusterDown = "CLUSTERDOWN The cluster is down"
	Loading     = "LOADING Redis is loading the dataset in memory"
)

// Moved is the error that sends clients to another node for a key, for good.
func Moved(key string, to *Node) string { return redirect("MOVED", key, to) }

// Ask is the error that sends clients to another node for a key, once.
func Ask(key string, to *Node) string { return redirect("ASK", key, to) }

func redirect(word, key string, to *Node) string {
	return fmt.Sprintf("%s %d %s", word, slot.Of([]byte(key)), to.addr)
}

// Slot is the hash slot of a key.
func Slot(key string) int { return int(slot.Of([]byte(key))) }

// Fault is an error that a node answers requests with instead of running them.
type Fault struct {
	// Error is the reply without the "-": Moved, Ask, TryAgain, ClusterDown, Loading, or any other.
	Error string
	// Command is the name of a command, in any letter case ("get", "cluster|slots"); empty: every command with keys.
	Command string
	// Key is one of the keys of a request; empty: any.
	Key string
	// Times is how many requests are answered so; 0: all, until Remove.
	Times int
}

// Injection is a Fault at work.
type Injection struct {
	node *Node
	rule *command.Injection
}

// Inject has the node answer requests with an error, from now on and in its next lives. Requests of other nodes are not
// touched.
func (n *Node) Inject(f Fault) *Injection {
	i := &Injection{n, &command.Injection{Error: f.Error, Command: f.Command, Key: f.Key, Times: f.Times}}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.injections = append(n.injections, i.rule)
	n.onLoop(func(machine *node.Node) { machine.Inject(i.rule) })
	return i
}

// Hits is how many requests were answered so.
func (i *Injection) Hits() (hits int) {
	i.node.mu.Lock()
	defer i.node.mu.Unlock()
	if !i.node.onLoop(func(*node.Node) { hits = i.rule.Hits }) {
		hits = i.rule.Hits
	}
	return hits
}

// Remove ends the fault.
func (i *Injection) Remove() {
	i.node.mu.Lock()
	defer i.node.mu.Unlock()
	i.node.injections = slices.DeleteFunc(i.node.injections, func(r *command.Injection) bool { return r == i.rule })
	i.node.onLoop(func(machine *node.Node) { machine.Withdraw(i.rule) })
}

// onLoop calls f while the node does nothing else, and reports false when it is down; n.mu is held.
func (n *Node) onLoop(f func(*node.Node)) bool { return n.server != nil && n.server.Do(f) }
