package command

import (
	"fmt"
	"net/netip"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/replication"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// replicationCommands are what a replica says to its primary, and what clients ask about replicas.
var replicationCommands = []Command{
	{
		Name: "psync", Arity: -3, Flags: Admin | NoScript | NoAsyncLoading | NoMulti | Dangerous, Group: "server", Since: "2.8.0",
		Summary: "Makes this connection a replica's link, from where it stopped if possible", Run: psync,
	},
	{
		Name: "sync", Arity: 1, Flags: Admin | NoScript | NoAsyncLoading | NoMulti | Dangerous, Group: "server", Since: "1.0.0",
		Summary: "Sends a snapshot and the stream of writes after it", Run: sync,
	},
	{
		Name: "replconf", Arity: -1, Flags: Admin | NoScript | Loading | Stale | AllowBusy | Dangerous, Group: "server", Since: "3.0.0",
		Complexity: "O(1)", Summary: "Tells a primary about its replica", Run: replconf,
	},
	{
		Name: "wait", Arity: 3, Flags: NoScript | Connection, Group: "generic", Since: "3.0.0", Complexity: "O(1)",
		Summary: "Waits until enough replicas have the connection's writes", Tips: []string{"request_policy:all_shards", "response_policy:agg_min"}, Run: waitForReplicas,
	},
	{
		Name: "role", Arity: 1, Flags: NoScript | Loading | Stale | Fast | AdminCategory | Dangerous, Group: "server", Since: "2.8.12",
		Complexity: "O(1)", Summary: "Returns the role in replication", Run: role,
	},
	{
		Name: "replicaof", Arity: 3, Flags: Admin | NoScript | Stale | NoAsyncLoading | Dangerous, Group: "server", Since: "5.0.0",
		Complexity: "O(1)", Summary: "Is refused: the cluster assigns roles", Run: refuseReplicaOf,
	},
	{
		Name: "slaveof", Arity: 3, Flags: Admin | NoScript | Stale | NoAsyncLoading | Dangerous, Group: "server", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Is refused: the cluster assigns roles", Run: refuseReplicaOf,
	},
	{
		Name: "failover", Arity: -1, Flags: Admin | NoScript | Stale | Dangerous, Group: "server", Since: "6.2.0",
		Complexity: "O(1)", Summary: "Is refused: CLUSTER FAILOVER is its like in a cluster", Run: refuseFailover,
	},
}

// ReplicaLink is the primary's view of one replica that follows it.
type ReplicaLink struct {
	ListeningPort string
	IP            string // replica-announce-ip, empty if the replica gave none
	Online        bool   // the stream follows the snapshot, if there was one
	AckOffset     int64
	AckAt         clock.Millis // mono
	CapaEOF       bool
	CapaPSYNC2    bool
	Silent        bool // it began with SYNC, and may never acknowledge anything
	SnapshotOnly  bool // it wants no stream

	full *fullSync // nil when it is not being sent all keys
}

// following is what a session has to do with replication.
type following struct {
	announced ReplicaLink // by REPLCONF, before PSYNC
	written   int64       // offset of our stream when the session's last request was done
	wants     int         // of WAIT: so many replicas
	upTo      int64       // of WAIT: with this offset
	waiting   bool        // in WAIT
}

func psync(c *Call) {
	offset, ok := resp.ParseInt(c.Args[2])
	if !c.mayFollow() {
		return
	}
	if !ok {
		c.Error(errNotInteger)
		return
	}
	id, named := replication.ParseID(c.Args[1])
	if !named || !c.Source.CanContinue(id, offset) {
		if named {
			c.stats.refusedPartialSyncs++
		}
		c.Source.Open(replication.NewID(c.Rand)) // before the id is told: it changes with the first replica
		c.Reply.Simple(fmt.Sprintf("FULLRESYNC %s %d", c.Source.ID(), c.Source.Offset()))
		c.beginFullSync()
		return
	}
	c.stats.partialSyncs++
	if c.Session.following.announced.CapaPSYNC2 {
		c.Reply.Simple("CONTINUE " + c.Source.ID().String())
	} else {
		c.Reply.Simple("CONTINUE")
	}
	first, second := c.Source.Since(offset)
	c.Reply.Buf = append(append(c.Reply.Buf, first...), second...)
	c.becomeLink(false)
}

func sync(c *Call) {
	if !c.mayFollow() {
		return
	}
	c.Source.Open(replication.NewID(c.Rand))
	c.Session.following.announced.Silent = true
	c.beginFullSync()
}

// mayFollow says whether the session may become a replica's link now, and if not, why.
func (c *Call) mayFollow() bool {
	switch {
	case c.Session.Replica != nil:
		return false // what a link says is not answered
	case c.replica && c.Host.PrimaryLink().State != replication.Connected.String():
		c.Error("NOMASTERLINK Can't SYNC while not connected with my master")
		return false
	case len(c.Reply.Buf) > 0:
		c.Error("ERR SYNC and PSYNC are invalid with pending output")
		return false
	}
	return true
}

// becomeLink makes the session a replica's link that gets the stream from here on.
func (c *Call) becomeLink(full bool) {
	link := c.Session.following.announced
	link.Online = true
	link.AckAt = c.Now.Mono
	c.Session.Replica = &link
	c.Follow(c.Session, full)
}

func replconf(c *Call) {
	if len(c.Args)%2 == 0 {
		c.Error(errSyntax)
		return
	}
	announced := &c.Session.following.announced
	for i := 1; i < len(c.Args); i += 2 {
		option, value := c.Args[i], c.Args[i+1]
		switch {
		case is(option, "listening-port"):
			if _, ok := c.intArg(i + 1); !ok {
				return
			}
			announced.ListeningPort = string(value)
		case is(option, "ip-address"):
			if len(value) >= maxHostBytes {
				c.Error(fmt.Sprintf("ERR REPLCONF ip-address provided by replica instance is too long: %d bytes", len(value)))
				return
			}
			announced.IP = string(value)
		case is(option, "capa"):
			announced.CapaEOF = announced.CapaEOF || is(value, "eof")
			announced.CapaPSYNC2 = announced.CapaPSYNC2 || is(value, "psync2")
		case is(option, "rdb-only"):
			n, ok := c.intArg(i + 1)
			if !ok {
				return
			}
			if n != 0 && n != 1 {
				c.Error("ERR value is out of range, value must between 0 and 1")
				return
			}
			announced.SnapshotOnly = n == 1
		case is(option, "ack"):
			c.acknowledged(value)
			return
		case is(option, "getack"):
			return // only our primary may ask, and the node answers it
		default:
			c.Error(fmt.Sprintf("ERR Unrecognized REPLCONF option: %s", cString(option, len(option))))
			return
		}
	}
	c.OK()
}

// maxHostBytes bounds an announced address, as in Redis.
const maxHostBytes = 256

// acknowledged takes the offset a replica has. It is not answered.
func (c *Call) acknowledged(offset []byte) {
	link := c.Session.Replica
	n, ok := resp.ParseInt(offset)
	if link == nil || !ok {
		return
	}
	link.AckAt = c.Now.Mono
	switch {
	case link.full == nil:
	case link.full.sent:
		c.endFullSync(c.Session)
	default:
		return
	}
	link.AckOffset = max(link.AckOffset, n)
	c.endWaits()
}

func waitForReplicas(c *Call) {
	if c.replica {
		c.Error("ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured " +
			"to be writable (which is not the default) writes to replicas are just local and are not propagated.")
		return
	}
	wants, ok := c.intArg(1)
	if !ok {
		return
	}
	deadline, ok := c.timeoutArg(2)
	if !ok {
		return
	}
	if deadline == c.Now.Mono {
		deadline = 0 // a timeout of 0 means to wait for as long as it takes
	}
	f := &c.Session.following
	if have := c.replicasWith(f.written); int64(have) >= wants || c.inTransaction {
		c.Reply.Int(int64(have))
		return
	}
	f.wants, f.upTo, f.waiting = int(wants), f.written, true
	if !c.pauses.stopWrites() { // a frozen offset must not grow, and replicas acknowledge each second anyway
		c.Propagate([]byte("REPLCONF"), []byte("GETACK"), []byte("*"))
	}
	c.Block(deadline, c.endWait)
}

// endWait answers WAIT.
func (e *Engine) endWait(s *Session) {
	s.following.waiting = false
	s.Reply.Int(int64(e.replicasWith(s.following.upTo)))
}

// endWaits answers those who have waited for the replicas that acknowledged by now.
func (e *Engine) endWaits() {
	for _, s := range append([]*Session(nil), e.blocked...) {
		if f := &s.following; f.waiting && e.replicasWith(f.upTo) >= f.wants {
			e.endWait(s)
			e.Unblock(s)
		}
	}
}

// replicasWith counts the replicas that have the stream up to offset.
func (e *Engine) replicasWith(offset int64) (n int) {
	for _, s := range e.replicas {
		if s.Replica.Online && (s.Replica.AckOffset >= offset || e.Defects.Has(defect.WaitLies)) {
			n++
		}
	}
	return n
}

// RequestDone remembers what the session's next WAIT waits for. The node calls it after each request.
func (e *Engine) RequestDone(s *Session) { s.following.written = e.Source.Offset() }

func role(c *Call) {
	if c.replica {
		roleOfReplica(c, c.Host.PrimaryLink())
		return
	}
	c.Reply.Array(3)
	c.Reply.BulkString("master")
	c.Reply.Int(c.Source.Offset())
	c.Reply.Array(len(c.replicas))
	for _, s := range c.replicas {
		c.Reply.Array(3)
		c.Reply.BulkString(s.replicaIP())
		c.Reply.BulkString(s.Replica.ListeningPort)
		c.Reply.BulkString(strconv.FormatInt(s.Replica.AckOffset, 10))
	}
}

func roleOfReplica(c *Call, link PrimaryLink) {
	host, port, _ := cutPort(link.Addr)
	number, _ := strconv.Atoi(port) // 0 as long as the address is not known
	offset := int64(-1)
	if link.State == replication.Connected.String() {
		offset = c.Source.Offset()
	}
	c.Reply.Array(5)
	c.Reply.BulkString("slave")
	c.Reply.BulkString(host)
	c.Reply.Int(int64(number))
	c.Reply.BulkString(link.State)
	c.Reply.Int(offset)
}

// replicaIP is the address a replica is shown with: what it announced, else where it connects from.
func (s *Session) replicaIP() string {
	if s.Replica.IP != "" {
		return s.Replica.IP
	}
	addr, err := netip.ParseAddrPort(s.Addr)
	if err != nil {
		return s.Addr
	}
	return addr.Addr().Unmap().String()
}

func refuseReplicaOf(c *Call) {
	if c.Cluster == nil {
		c.Error("ERR REPLICAOF is not supported without a cluster: start with cluster-enabled yes and use CLUSTER REPLICATE")
		return
	}
	c.Error("ERR REPLICAOF not allowed in cluster mode.")
}

func refuseFailover(c *Call) {
	if c.Cluster == nil {
		c.Error("ERR FAILOVER requires connected replicas.")
		return
	}
	c.Error("ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.")
}

// Relay passes on a part of our primary's stream, as it came, after it was applied.
func (e *Engine) Relay(stream []byte) { e.send(stream) }

// Replicas are the sessions that get the stream from us; the list is valid until one comes or goes.
func (e *Engine) Replicas() []*Session { return e.replicas }

// Following says how many replicas get the stream from us.
func (e *Engine) Following() int { return len(e.replicas) }

// PingReplicas tells replicas that we are alive. It does nothing on a replica, which relays its primary's pings, and
// while writes are paused, when the offset must not grow.
func (e *Engine) PingReplicas() {
	if !e.replica && len(e.replicas) > 0 && !e.pauses.stopWrites() {
		e.Propagate([]byte("ping"))
	}
}

// DropReplicas closes the links of all replicas: the history they follow is ours no more, and they have to ask again.
func (e *Engine) DropReplicas() {
	for _, s := range append([]*Session(nil), e.replicas...) {
		e.disconnect(s)
	}
}

// DropSilentReplicas closes the links of replicas that have not acknowledged anything for longer than timeout.
func (e *Engine) DropSilentReplicas(timeout clock.Millis) {
	for _, s := range append([]*Session(nil), e.replicas...) {
		if !s.Replica.Silent && e.Now.Mono-s.Replica.AckAt > timeout {
			e.disconnect(s)
		}
	}
}
