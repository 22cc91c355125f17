package node

import (
	"errors"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// acceptClient begins a session, or says why there is none.
func (n *Node) acceptClient(c *Conn) {
	n.lastSession++
	c.Session = &command.Session{ID: n.lastSession, Addr: c.Remote.String(), Laddr: c.Local.String(), Since: n.now}
	if !c.Remote.IsValid() {
		path := n.options.String("unixsocket") + ":0"
		c.Session.Addr, c.Session.Laddr, c.Session.Unix = path, path, true
	}
	c.client.activeAt = n.now.Mono
	n.clients[c.Session] = c
	n.engine.Open(c.Session)
	switch {
	case len(n.clients)+n.engine.BusConnections() > n.limits.clients:
		n.engine.CountRefused()
		n.refuse(c, n.tooManyClients())
	case n.protected() && !c.Session.Unix && !c.Remote.Addr().Unmap().IsLoopback():
		n.refuse(c, "DENIED protected mode is on, no password is set, and you are not on this host. "+
			"Set requirepass, or protected-mode no, to accept connections from elsewhere.")
	}
}

func (n *Node) tooManyClients() string {
	if n.machine == nil {
		return "ERR max number of clients reached"
	}
	return "ERR max number of clients + cluster connections reached"
}

// protected says whether only clients on this host may connect.
func (n *Node) protected() bool {
	return n.options.Bool("protected-mode") && n.options.String("requirepass") == ""
}

// refuse ends a client with an error.
func (n *Node) refuse(c *Conn, text string) {
	c.Session.Reply.Error(text)
	n.dismiss(c)
}

// receiveClient executes what a client sent, straight from data unless something is left over from before.
func (n *Node) receiveClient(c *Conn, data []byte) {
	if c.client.leaving {
		return
	}
	c.client.activeAt = n.now.Mono
	switch {
	case c.client.waiting:
		c.in.add(data)
		if c.in.len() > n.limits.request.QueryBytes {
			n.log(Warning, "closing client %s: its requests that wait exceed client-query-buffer-limit", c.Session.Addr)
			n.hangUp(c)
		}
	case c.in.len() > 0:
		c.in.add(data)
		c.in.drop(n.execute(c, c.in.bytes()))
	default:
		if used := n.execute(c, data); used < len(data) {
			c.in.add(data[used:])
		}
	}
}

// execute runs the requests at the head of buf and says how many bytes they were. It stops at one that is incomplete, at
// one that has to come again, and after one whose reply comes later.
func (n *Node) execute(c *Conn, buf []byte) (used int) {
	p := &c.client.parser
	for !c.client.leaving && !c.client.waiting {
		p.Limits = n.limits.request
		p.Limits.Authenticated = c.Session.Authenticated()
		requests, err := n.ahead.parse(p, buf[used:])
		n.engine.Prepare(requests)
		if len(requests) > 1 {
			n.engine.BeginWork() // the first of them is not to pay for all
		}
		for i := range requests {
			c.client.executing = len(buf) - used
			used += n.executeOne(c, &requests[i])
			if c.client.leaving || c.client.waiting {
				p.Reset() // the others are parsed again when it is their turn
				break
			}
		}
		if err != nil && !c.client.leaving && !c.client.waiting {
			n.protocolError(c, err)
		}
		if len(requests) == 0 {
			break
		}
	}
	c.client.executing = 0
	n.ahead.clear()
	n.replied(c)
	if c.client.leaving {
		return len(buf)
	}
	return used
}

// executeOne runs one request and says how many bytes of it are done with.
func (n *Node) executeOne(c *Conn, r *command.Request) (used int) {
	s := c.Session
	if len(r.Args) == 0 {
		if s.Replica != nil {
			s.Replica.AckAt = n.now.Mono // an empty line is a sign of life while it loads its snapshot
		}
		return r.Bytes
	}
	used = r.Bytes
	switch n.engine.ExecutePrepared(s, r) {
	case command.Parked:
		c.client.waiting = true
		used = 0
	case command.Blocked:
		c.client.waiting = true
	case command.Closing:
		n.dismiss(c)
	}
	n.engine.RequestDone(s)
	n.carryOut()
	c.setAside()
	return used
}

// replied hands a client's replies to the driver.
func (n *Node) replied(c *Conn) {
	if s := c.Session; s.Replica != nil && !c.client.isLink {
		c.client.isLink = true
		c.client.exemptBytes = c.unwritten()
		n.log(Notice, "replica %s follows us", s.Addr)
	}
	if len(c.Out()) > 0 {
		n.write(c)
	}
}

// protocolError ends a client whose bytes are no requests. One whose request is too long does not even get a reply.
func (n *Node) protocolError(c *Conn, err error) {
	var known *resp.ProtocolError
	if errors.As(err, &known) && !n.engine.Defects.Has(defect.ProtocolErrorUnsaid) {
		n.refuse(c, "ERR "+known.Text)
		return
	}
	n.log(Warning, "closing client %s: %v", c.Session.Addr, err)
	c.client.leaving = true
	n.hangUp(c)
}

// dismiss ends a client, after it was sent what stands in its Out. It keeps its session to the end of the turn, because the
// engine may be in the middle of a list of sessions.
func (n *Node) dismiss(c *Conn) {
	if !c.client.leaving {
		c.client.leaving = true
		n.turn.leaving = append(n.turn.leaving, c)
	}
}

// resume goes on with clients that had to wait, until none is left that can.
func (n *Node) resume() {
	for len(n.turn.resumed) > 0 {
		resumed := n.turn.resumed
		n.turn.resumed = nil
		for _, c := range resumed {
			c.client.resumed, c.client.waiting = false, false
			n.engine.BeginWork()
			if !c.gone() && !c.client.leaving {
				c.in.drop(n.execute(c, c.in.bytes()))
			}
		}
	}
}

// wroteClient looks whether a client has caught up with its replies. A replica that is being sent its snapshot cannot
// acknowledge anything yet.
func (n *Node) wroteClient(c *Conn) {
	if c.client.exemptBytes > 0 {
		c.Session.Replica.AckAt = n.now.Mono
	}
	if c.client.overLimitAt != 0 && n.unread(c) < n.outputLimit(c).SoftBytes {
		c.client.overLimitAt = 0
	}
}

// outputLimit is how much of its replies a client may leave unread. A replica may always be behind by the backlog, since
// that much can be sent to it in one piece.
func (n *Node) outputLimit(c *Conn) config.OutputLimit {
	switch {
	case c.isReplica():
		limit := n.limits.output.Replica
		if limit.HardBytes > 0 {
			limit.HardBytes = max(limit.HardBytes, n.options.Int("repl-backlog-size"))
		}
		return limit
	case c.Session.Subscribed():
		return n.limits.output.PubSub
	}
	return n.limits.output.Normal
}

// unread is how much of its replies a client has left unread. The snapshot that a replica is just being sent does not
// count.
func (n *Node) unread(c *Conn) int64 {
	unread := c.unwritten() - c.client.exemptBytes
	if c.isReplica() {
		unread += c.Session.Replica.HeldBack()
	}
	return int64(unread)
}

// overLimit says whether a client has left too much unread, or for too long.
func (n *Node) overLimit(c *Conn) bool {
	limit, unread := n.outputLimit(c), n.unread(c)
	if limit.HardBytes > 0 && unread >= limit.HardBytes {
		return true
	}
	if limit.SoftBytes == 0 || unread < limit.SoftBytes {
		c.client.overLimitAt = 0
		return false
	}
	if c.client.overLimitAt == 0 {
		c.client.overLimitAt = max(1, n.now.Mono)
	}
	return n.now.Mono-c.client.overLimitAt > 1000*clock.Millis(limit.SoftSeconds)
}

// checkClients closes those who read too little, or have been silent for too long (Redis: clientsCron).
func (n *Node) checkClients() {
	for _, c := range n.clientList() {
		switch {
		case n.overLimit(c):
			n.hangUpSlow(c)
		case n.limits.idleMillis > 0 && n.idleFor(c) > n.limits.idleMillis:
			n.log(Verbose, "closing idle client %s", c.Session.Addr)
			n.hangUp(c)
		}
	}
}

// idleFor is how long a client has been silent. Those who wait for us, or for messages, are not.
func (n *Node) idleFor(c *Conn) clock.Millis {
	if c.client.waiting || c.isReplica() || c.Session.Subscribed() {
		return 0
	}
	return n.now.Mono - c.client.activeAt
}

// hangUpSlow closes a client that reads too little.
func (n *Node) hangUpSlow(c *Conn) {
	n.log(Warning, "closing client %s: it has left %d bytes unread", c.Session.Addr, c.unwritten())
	n.hangUp(c)
}

// clientList is a copy of the list of client Conns, for loops that close some.
func (n *Node) clientList() []*Conn {
	var list []*Conn
	for _, c := range n.conns {
		if c.Kind == Client {
			list = append(list, c)
		}
	}
	return list
}

// snapshotAhead is how much of its snapshot a replica has waiting: enough to keep the connection busy.
const snapshotAhead = 512 << 10

// feedReplicas sends the next chunk of its keys to each replica that has room for it.
func (n *Node) feedReplicas() {
	for _, s := range n.engine.Replicas() {
		if c := n.clients[s]; c != nil && n.isHungry(c) {
			c.client.exemptBytes += n.engine.SendSnapshot(s)
			n.write(c)
		}
	}
}

// hungryReplica says whether feedReplicas has something to do.
func (n *Node) hungryReplica() bool {
	for _, s := range n.engine.Replicas() {
		if c := n.clients[s]; c != nil && n.isHungry(c) {
			return true
		}
	}
	return false
}

func (n *Node) isHungry(c *Conn) bool {
	return c.Session.Replica.WantsSnapshot() && !c.client.leaving && c.client.isLink && c.unwritten() < snapshotAhead
}
