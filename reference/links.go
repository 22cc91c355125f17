package reference

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"

	"github.com/clusterspec/clusterspec/reference/node"
)

// Link is a kind of connection between nodes. Clients that are not nodes of the cluster are never cut off; Pause stops a
// node for them as well.
type Link uint8

const (
	// BusLink is the cluster bus: gossip, failure detection, votes.
	BusLink Link = 1 << iota
	// DataLink is what nodes open to each other's client port: replication and MIGRATE.
	DataLink
)

// Cut cuts the links between two nodes, in both directions, until heal is called; without links, all of them. What is cut
// stands still as when a cable was pulled: nobody is told, connections stay open and time out, what was sent arrives after
// the link is healed, and new connections are established only then.
func (c *Cluster) Cut(a, b *Node, links ...Link) (heal func()) {
	return c.network.cut(links, func(from, to *Node) bool { return from == a && to == b || from == b && to == a })
}

// CutOneWay cuts the links from one node to another: what from sends does not arrive, what to sends does. New connections
// need both directions.
func (c *Cluster) CutOneWay(from, to *Node, links ...Link) (heal func()) {
	return c.network.cut(links, func(f, t *Node) bool { return f == from && t == to })
}

// Partition cuts these nodes from all others, those that are added later included. Among themselves they stay connected.
func (c *Cluster) Partition(nodes ...*Node) (heal func()) {
	return c.network.cut(nil, func(from, to *Node) bool { return slices.Contains(nodes, from) != slices.Contains(nodes, to) })
}

// Heal heals everything that was cut.
func (c *Cluster) Heal() { c.network.heal(func(*cut) bool { return true }) }

// network knows the connections between the nodes of a cluster, and what is cut.
type network struct {
	mu      sync.Mutex
	nodes   []*Node
	cuts    []*cut
	dialled map[netip.AddrPort]*Node // by the address they come from
}

// cut is one thing that is cut.
type cut struct {
	links   Link
	between func(from, to *Node) bool
}

func (w *network) cut(links []Link, between func(from, to *Node) bool) (heal func()) {
	added := &cut{between: between}
	for _, link := range links {
		added.links |= link
	}
	if len(links) == 0 {
		added.links = BusLink | DataLink
	}
	w.change(func() { w.cuts = append(w.cuts, added) })
	return func() { w.heal(func(c *cut) bool { return c == added }) }
}

func (w *network) heal(which func(*cut) bool) {
	w.change(func() { w.cuts = slices.DeleteFunc(w.cuts, which) })
}

// change changes what is cut, and returns when every node knows.
func (w *network) change(f func()) {
	w.mu.Lock()
	f()
	nodes := slices.Clone(w.nodes)
	w.mu.Unlock()
	for _, n := range nodes {
		if s := n.running(); s != nil {
			s.Relink()
		}
	}
}

// passes says whether bytes go from one node to another, with the lock held.
func (w *network) passes(link Link, from, to *Node) bool {
	return !slices.ContainsFunc(w.cuts, func(c *cut) bool { return c.links&link != 0 && c.between(from, to) })
}

// listener is the node that a connection is dialled to, with the lock held; nil: none of ours.
func (w *network) listener(addr string) *Node {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil
	}
	for _, n := range w.nodes {
		if (port == n.port || port == n.busPort) && (host == "127.0.0.1" || host == n.announced) {
			return n
		}
	}
	return nil
}

// nodeLinks is the network as one node sees it (server.Links).
type nodeLinks struct {
	*network
	self *Node
}

func linkOf(c *node.Conn) Link {
	if c.Kind == node.BusIn || c.Kind == node.BusOut {
		return BusLink
	}
	return DataLink
}

func (l nodeLinks) MayDial(c *node.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mayDial(c)
}

func (l nodeLinks) mayDial(c *node.Conn) bool {
	peer := l.listener(c.Addr)
	return peer == nil || l.passes(linkOf(c), l.self, peer) && l.passes(linkOf(c), peer, l.self)
}

func (l nodeLinks) Established(c *node.Conn, local netip.AddrPort) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.mayDial(c) {
		return false
	}
	l.dialled[local] = l.self
	return true
}

func (l nodeLinks) Ended(local netip.AddrPort) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.dialled, local)
}

func (l nodeLinks) Carries(c *node.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	peer := l.dialled[c.Remote]
	if c.Addr != "" {
		peer = l.listener(c.Addr)
	}
	return peer == nil || l.passes(linkOf(c), peer, l.self)
}
