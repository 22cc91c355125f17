package node

import (
	"net/netip"

	"github.com/clusterspec/clusterspec/reference/command"
)

// Kind says who is at the other end of a Conn.
type Kind uint8

const (
	// Client speaks RESP to us: an application, a tool, or a replica after PSYNC.
	Client Kind = iota
	// BusIn was accepted on the bus port.
	BusIn
	// BusOut was dialled to a peer's bus port.
	BusOut
	// Primary was dialled to our primary's client port for replication.
	Primary
	// Target was dialled to another node's client port for MIGRATE.
	Target
)

// Conn is one byte stream as the node sees it. The shell owns the socket behind it and keeps a pointer of its own in
// Shell; the node owns everything else.
type Conn struct {
	Kind   Kind
	Remote netip.AddrPort
	Local  netip.AddrPort
	// Addr is what to dial, host:port; for a Target the host may be a name. It is empty on accepted Conns.
	Addr string
	// CloseAfterWrite says, on a Conn in Effects.Close, that what stands in Out is to be written first.
	CloseAfterWrite bool
	// Shell is for the shell alone: its socket. The node never looks at it.
	Shell any

	// Session is set for Kind Client; its Reply.Buf holds what is to be written.
	Session *command.Session

	out     []byte // what is to be written, when there is no Session
	written int    // how much of it was
	pending []byte // received, not yet consumed
}

// Out is where bytes to be written stand, valid until the next call to the node. The shell writes from its front and
// calls Wrote.
func (c *Conn) Out() []byte {
	if c.Session != nil {
		return c.Session.Reply.Buf[c.written:]
	}
	return c.out[c.written:]
}
