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
	// Shell is for the shell alone: its socket. The node never looks at it.
	Shell any

	// Session is set for Kind Client; its Reply.Buf is what Out returns then.
	Session *command.Session

	out     []byte
	pending []byte // received, not yet consumed
}

// Out is where bytes to be written stand. The shell writes from its front and calls Wrote.
func (c *Conn) Out() []byte {
	if c.Session != nil {
		return c.Session.Reply.Buf
	}
	return c.out
}
