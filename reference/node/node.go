package node

import (
	"net/netip"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/config"
)

// Node is one cluster node.
type Node struct{}

// Config is what a Node starts from.
type Config struct {
	Options *config.Config
	// NodesConf is the content of the cluster configuration file; nil when there is none.
	NodesConf []byte
	// Port and BusPort are what the shell listens on.
	Port, BusPort uint16
	// Seed is where all chance comes from: ids, jitter, samples.
	Seed uint64
	// Now is the time of the start.
	Now clock.Instant
}

// New makes a node. A nodes.conf that cannot be read is an error; nothing is overwritten.
func New(cfg Config) (*Node, error) { return &Node{}, nil }

// Accept takes a connection of kind k, Client or BusIn.
func (n *Node) Accept(now clock.Instant, k Kind, local, remote netip.AddrPort) *Conn { return nil }

// Connected says that the dial of c succeeded.
func (n *Node) Connected(now clock.Instant, c *Conn, local, remote netip.AddrPort) {}

// Receive takes bytes that arrived on c. data is not kept.
func (n *Node) Receive(now clock.Instant, c *Conn, data []byte) {}

// Wrote says that the first bytes of c.Out were written.
func (n *Node) Wrote(now clock.Instant, c *Conn, bytes int) {}

// Closed says that c ended, or could not be dialled, and why.
func (n *Node) Closed(now clock.Instant, c *Conn, reason string) {}

// Saved says what became of Effects.Save.
func (n *Node) Saved(now clock.Instant, err error) {}

// Stop ends the node in an orderly way, as SHUTDOWN does; the next Effects carry the Exit.
func (n *Node) Stop(now clock.Instant) {}

// Turn runs what is due and returns what is to be done. The result is valid until the next Turn.
func (n *Node) Turn(now clock.Instant) *Effects { return nil }
