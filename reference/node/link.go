package node

import (
	"errors"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

// acceptLink begins a link that a peer opened.
func (n *Node) acceptLink(c *Conn) {
	if n.machine == nil {
		n.hangUp(c)
		return
	}
	c.link = n.machine.Accepted(n.now, hostOf(c.Remote), hostOf(c.Local))
	n.links[c.link] = c
	n.carryOut()
}

// dialLink opens a link to a peer.
func (n *Node) dialLink(e cluster.Dial) {
	c := &Conn{Kind: BusOut, Addr: joinHostPort(e.IP, strconv.Itoa(int(e.Port))), link: e.Link}
	n.links[e.Link] = c
	n.dial(c)
}

// receiveLink takes in the frames of a link, straight from data unless one began before.
func (n *Node) receiveLink(c *Conn, data []byte) {
	if skipped := min(c.skip, len(data)); skipped > 0 {
		c.skip -= skipped
		data = data[skipped:]
	}
	if c.in.len() > 0 {
		c.in.add(data)
		c.in.drop(n.receiveFrames(c, c.in.bytes()))
		return
	}
	if used := n.receiveFrames(c, data); used < len(data) {
		c.in.add(data[used:])
	}
}

// receiveFrames hands the whole frames at the head of buf to the machine, and says how many bytes they were (spec §2.6).
func (n *Node) receiveFrames(c *Conn, buf []byte) (used int) {
	for !c.gone() {
		size, err := bus.Length(buf[used:])
		if err != nil {
			n.log(Warning, "closing the bus link with %s: %v", hostOf(c.Remote), err)
			n.dropLink(c)
			break
		}
		if size > len(buf)-used && n.pointless(buf[used:], size) {
			c.skip = size - (len(buf) - used)
			break
		}
		if size == 0 || size > len(buf)-used {
			return used
		}
		n.receiveFrame(c, buf[used:used+size])
		used += size
	}
	return len(buf)
}

// pointless reports whether a frame that has begun will be dropped or ignored, so that it need not be kept: it is longer
// than its type can be, or it is a long one of a stranger that introduces nobody. Redis keeps them until they are complete.
func (n *Node) pointless(head []byte, size int) bool {
	if len(head) < bus.HeaderBytes {
		return false
	}
	o := bus.Peek(head)
	if size <= o.Longest && (o.Type.HasGossip() || n.machine.Peer(o.Sender) != nil) {
		return false
	}
	n.machine.Dropped(o.Type, size)
	return true
}

func (n *Node) receiveFrame(c *Conn, b []byte) {
	err := n.frame.Parse(b)
	switch {
	case errors.Is(err, bus.ErrDropped):
		n.log(Debug, "from %s: %v", hostOf(c.Remote), err)
		n.machine.Dropped(n.frame.Type, len(b))
	case err != nil:
		n.log(Warning, "closing the bus link with %s: %v", hostOf(c.Remote), err)
		n.dropLink(c)
	default:
		n.machine.Receive(n.now, c.link, &n.frame, len(b))
		n.carryOut()
	}
}

// send encodes a frame for a link. A broadcast is encoded once.
func (n *Node) send(e cluster.Send) {
	c := n.links[e.Link]
	if c == nil {
		return
	}
	if e.Frame != n.encodedOf {
		n.encoded, n.encodedOf = e.Frame.Append(n.encoded[:0]), e.Frame
	}
	c.out = append(c.out, n.encoded...)
	n.write(c)
}

// dropFullLinks drops the links of peers that read so slowly that more than cluster-link-sendbuf-limit waits for them. Like
// Redis it looks when the protocol's cron is due: what the socket still takes is no excess
// (clusterNodeCronFreeLinkOnBufferLimitReached).
func (n *Node) dropFullLinks() {
	if n.limits.linkOutBytes == 0 {
		return
	}
	var full []*Conn
	for _, c := range n.conns {
		if c.link != 0 && len(c.Out()) > n.limits.linkOutBytes {
			full = append(full, c)
		}
	}
	for _, c := range full {
		if c.gone() { // with the link before it
			continue
		}
		n.log(Warning, "dropping the bus link with %s: it has left %d bytes unread", hostOf(c.Remote), len(c.Out()))
		n.hangUp(c)
		n.machine.Overflowed(n.now, c.link)
		n.carryOut()
	}
}

// dropLink ends a link for a reason the machine does not know yet.
func (n *Node) dropLink(c *Conn) {
	n.hangUp(c)
	n.machine.Closed(n.now, c.link)
	n.carryOut()
}
