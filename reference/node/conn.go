package node

import (
	"net/netip"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/resp"
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
	// Descriptor is the number of its socket, for CLIENT LIST; the shell sets it if it knows.
	Descriptor int
	// Shell is for the shell alone: its socket. The node never looks at it.
	Shell any

	// Session is set for Kind Client; its Reply.Buf holds what is to be written last.
	Session *command.Session

	blocks  [][]byte // of replies that are to be written before Reply.Buf
	out     []byte   // what is to be written, when there is no Session
	written int      // how much was of the first of these
	in      queue    // received, not yet consumed
	at      int      // index in Node.conns; -1 when the node has forgotten this Conn
	dirty   bool     // it is in Node.dirty
	dialled bool     // it is connected; accepted Conns always are

	link   cluster.LinkID // of the bus kinds
	skip   int            // likewise: how many bytes are to come of a frame that is not worth keeping
	target *target        // of Kind Target
	client clientState    // of Kind Client
}

// clientState is what a Conn of Kind Client has besides.
type clientState struct {
	parser      resp.Parser
	waiting     bool         // the session is parked or blocked: what comes in is only kept
	resumed     bool         // it is in Node.resumed
	leaving     bool         // it will be closed in this turn: what comes in is not for us
	activeAt    clock.Millis // when it last sent something (mono)
	overLimitAt clock.Millis // since when Out is above the soft limit (mono); 0: it is not
	executing   int          // bytes of its requests that are not done with, while they are executed
	exemptBytes int          // of Out: a snapshot, which is not held against a replica
	isLink      bool         // it is known to be a replica's link
}

// Out is where bytes to be written stand, valid until the next call to the node. The shell writes from its front and
// calls Wrote; when all of it was written, there may be more in another place.
func (c *Conn) Out() []byte {
	switch {
	case len(c.blocks) > 0:
		return c.blocks[0][c.written:]
	case c.Session != nil:
		return c.Session.Reply.Buf[c.written:]
	}
	return c.out[c.written:]
}

// unwritten is how much there is to be written.
func (c *Conn) unwritten() int {
	if c.Session == nil {
		return len(c.out) - c.written
	}
	return c.blockBytes() + len(c.Session.Reply.Buf) - c.written
}

// blockBytes is the size of what was set aside.
func (c *Conn) blockBytes() (n int) {
	for _, block := range c.blocks {
		n += len(block)
	}
	return n
}

// setAsideBytes is how much of a client's replies stands in one piece. Beyond it they go on in another one: the memory of
// a client that does not read is then little more than what it has not read, while a buffer that grows is copied again
// and again.
const setAsideBytes = 256 << 10

// setAside makes a block of a client's replies when they are long enough.
func (c *Conn) setAside() {
	if c.Session == nil || len(c.Session.Reply.Buf) < setAsideBytes {
		return
	}
	full := c.Session.Reply.Buf
	if cap(full)-len(full) > len(full)/4 {
		full = append(make([]byte, 0, len(full)), full...)
	}
	c.blocks = append(c.blocks, full)
	const most = 32 << 10 // that one more reply adds, mostly
	c.Session.Reply.Buf = make([]byte, 0, setAsideBytes+most)
}

// wrote consumes the front of Out.
func (c *Conn) wrote(n int) {
	switch {
	case len(c.blocks) > 0:
		if c.written += n; c.written == len(c.blocks[0]) {
			c.blocks[0] = nil
			c.blocks, c.written = c.blocks[1:], 0
		}
	case c.Session != nil:
		c.Session.Reply.Buf, c.written = consumed(c.Session.Reply.Buf, c.written+n)
	default:
		c.out, c.written = consumed(c.out, c.written+n)
	}
	c.client.exemptBytes = max(0, c.client.exemptBytes-n)
}

// buffers tells what is kept for the Conn of a client.
func (c *Conn) buffers() command.Buffers {
	return command.Buffers{
		Descriptor: c.Descriptor, Query: max(c.in.len(), c.client.executing), QueryRoom: cap(c.in.buf) - len(c.in.buf),
		Reply: c.unwritten() - c.blockBytes(), ReplyRoom: cap(c.Session.Reply.Buf), Blocks: len(c.blocks), BlockBytes: c.blockBytes(),
		Writing: len(c.Out()) > 0 && !c.dirty,
	}
}

// gone says that the node has forgotten this Conn.
func (c *Conn) gone() bool { return c.at < 0 }

// isReplica says whether a replica of ours is at the other end.
func (c *Conn) isReplica() bool { return c.Session != nil && c.Session.Replica != nil }
