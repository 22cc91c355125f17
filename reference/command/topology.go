package command

import (
	"slices"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// topology keeps CLUSTER SLOTS and CLUSTER SHARDS as ready bytes: every client asks for them when it connects and after
// every redirect, and in a large cluster they are long. They are made again when the machine's version changes.
type topology struct {
	slots  [protocols]cachedReply
	shards [protocols]cachedReply
}

// protocols is the number of versions of RESP, which the caches have a place for each.
const protocols = newestProtocol - oldestProtocol + 1

// cachedReply is a reply, and what it was made from.
type cachedReply struct {
	made  bool
	from  topologyKey
	bytes []byte
	holes []hole
}

// topologyKey is all that SLOTS and SHARDS depend on, but for the holes.
type topologyKey struct {
	version   uint64 // of the machine
	endpoints endpointType
	synced    bool // our own offset is not 0: until then a replica is left out of SLOTS
}

// hole is a place in SHARDS for what changes all the time: a node's replication offset and health.
type hole struct {
	at   int
	peer *cluster.Peer
}

// topologyKey is what a reply made now depends on.
func (e *Engine) topologyKey() topologyKey {
	return topologyKey{e.Cluster.Version(), e.endpoints, e.offset(e.Cluster.Myself()) != 0}
}

// offset is a node's replication offset: our own we know best.
func (e *Engine) offset(p *cluster.Peer) uint64 {
	if p.IsMyself() && e.Source != nil {
		return uint64(e.Source.Offset())
	}
	return p.Offset
}

// reply returns a cached reply for a version of the protocol, made anew if it is stale.
func (e *Engine) reply(cache *[protocols]cachedReply, proto int, write func(*resp.Writer, *cachedReply)) *cachedReply {
	proto = max(proto, oldestProtocol)
	r := &cache[proto-oldestProtocol]
	if key := e.topologyKey(); !r.made || r.from != key {
		*r = cachedReply{made: true, from: key}
		w := resp.Writer{Proto: proto}
		write(&w, r)
		r.bytes = w.Buf
	}
	return r
}

func slots(c *Call, m *cluster.Machine) {
	r := c.reply(&c.topology.slots, c.Reply.Proto, func(w *resp.Writer, _ *cachedReply) { c.writeSlots(w, m) })
	c.Reply.Buf = append(c.Reply.Buf, r.bytes...)
}

// ownedRange is a run of slots with one owner.
type ownedRange struct {
	slot.Range
	owner *cluster.Peer
}

// ownedRanges lists the longest runs of slots with one owner, in ascending order.
func (e *Engine) ownedRanges(m *cluster.Machine) []ownedRange {
	var ranges []ownedRange
	for n := range slot.Count {
		s := slot.Slot(n)
		owner := m.Owner(s)
		if owner == nil {
			continue
		}
		if last := len(ranges) - 1; last >= 0 && ranges[last].owner == owner && (ranges[last].To == s-1 || e.Defects.Has(defect.SlotsMergeGaps)) {
			ranges[last].To = s
		} else {
			ranges = append(ranges, ownedRange{slot.Range{From: s, To: s}, owner})
		}
	}
	return ranges
}

// writeSlots writes CLUSTER SLOTS (section 7.3): each range with its owner, and those of its replicas that have data.
func (e *Engine) writeSlots(w *resp.Writer, m *cluster.Machine) {
	ranges := e.ownedRanges(m)
	w.Array(len(ranges))
	for _, r := range ranges {
		nodes := []*cluster.Peer{r.owner}
		for _, p := range r.owner.Replicas {
			if e.Defects.Has(defect.SlotsWithoutReplicas) {
				break
			}
			if (!p.Failed() || e.Defects.Has(defect.SlotsListFailed)) && e.offset(p) != 0 {
				nodes = append(nodes, p)
			}
		}
		w.Array(2 + len(nodes))
		w.Int(int64(r.From))
		w.Int(int64(r.To))
		for _, p := range nodes {
			e.writeSlotsNode(w, p)
		}
	}
}

// writeSlotsNode writes a node of CLUSTER SLOTS: what to connect to, and beside it what else it is called.
func (e *Engine) writeSlotsNode(w *resp.Writer, p *cluster.Peer) {
	w.Array(4)
	if e.endpoints == endpointUnknown {
		w.Null()
	} else {
		w.BulkString(e.endpoints.of(p))
	}
	w.Int(int64(p.Port))
	w.BulkString(p.ID.String())
	withIP := e.endpoints != endpointIP
	withHostname := e.endpoints != endpointHostname && p.Hostname != ""
	w.Map(count(withIP, withHostname))
	if withIP {
		w.BulkString("ip")
		w.BulkString(p.IP)
	}
	if withHostname {
		w.BulkString("hostname")
		w.BulkString(p.Hostname)
	}
}

// count is the number of conditions that hold.
func count(conditions ...bool) (n int) {
	for _, holds := range conditions {
		if holds {
			n++
		}
	}
	return n
}

func shards(c *Call, m *cluster.Machine) {
	r := c.reply(&c.topology.shards, c.Reply.Proto, func(w *resp.Writer, r *cachedReply) { c.writeShards(w, r, m) })
	b := slices.Grow(c.Reply.Buf, len(r.bytes)+len(r.holes)*maxHealthBytes)
	from := 0
	for _, h := range r.holes {
		b = append(b, r.bytes[from:h.at]...)
		b = c.appendHealth(b, h.peer)
		from = h.at
	}
	c.Reply.Buf = append(b, r.bytes[from:]...)
}

// maxHealthBytes is the most that fills a hole.
const maxHealthBytes = len("$18\r\nreplication-offset\r\n:18446744073709551615\r\n$6\r\nhealth\r\n$7\r\nloading\r\n")

// appendHealth fills a hole. There are many, so it is not put together of parts.
func (e *Engine) appendHealth(b []byte, p *cluster.Peer) []byte {
	offset := e.offset(p)
	b = append(b, "$18\r\nreplication-offset\r\n:"...)
	b = strconv.AppendInt(b, int64(offset), 10)
	switch {
	case p.Failed() && !e.Defects.Has(defect.ShardsAllOnline):
		return append(b, "\r\n$6\r\nhealth\r\n$4\r\nfail\r\n"...)
	case p.IsReplica() && offset == 0:
		return append(b, "\r\n$6\r\nhealth\r\n$7\r\nloading\r\n"...)
	}
	return append(b, "\r\n$6\r\nhealth\r\n$6\r\nonline\r\n"...)
}

// writeShards writes CLUSTER SHARDS (section 7.3), a shard being the nodes with one shard id, as in Redis 7.2.
func (e *Engine) writeShards(w *resp.Writer, r *cachedReply, m *cluster.Machine) {
	var order []bus.NodeID
	members := make(map[bus.NodeID][]*cluster.Peer)
	for _, p := range m.Peers() {
		if p.InHandshake() {
			continue
		}
		if members[p.ShardID] == nil {
			order = append(order, p.ShardID)
		}
		members[p.ShardID] = append(members[p.ShardID], p)
	}
	w.Array(len(order))
	for _, id := range order {
		w.Map(2)
		w.BulkString("slots")
		writeShardSlots(w, members[id])
		w.BulkString("nodes")
		w.Array(len(members[id]))
		for _, p := range members[id] {
			e.writeShardsNode(w, p)
			r.holes = append(r.holes, hole{len(w.Buf), p})
		}
	}
}

// writeShardSlots writes the slots of a shard's primary, as first and last of each run.
func writeShardSlots(w *resp.Writer, members []*cluster.Peer) {
	for _, p := range members {
		if p.SlotCount() == 0 {
			continue
		}
		var ends []slot.Slot
		for r := range p.Slots.Ranges() {
			ends = append(ends, r.From, r.To)
		}
		w.Array(len(ends))
		for _, s := range ends {
			w.Int(int64(s))
		}
		return
	}
	w.Array(0)
}

// writeShardsNode writes a node of CLUSTER SHARDS up to the hole.
func (e *Engine) writeShardsNode(w *resp.Writer, p *cluster.Peer) {
	w.Map(7 + count(p.Hostname != ""))
	w.BulkString("id")
	w.BulkString(p.ID.String())
	w.BulkString("port")
	w.Int(int64(p.Port))
	w.BulkString("ip")
	w.BulkString(p.IP)
	w.BulkString("endpoint")
	w.BulkString(e.endpoints.of(p))
	if p.Hostname != "" {
		w.BulkString("hostname")
		w.BulkString(p.Hostname)
	}
	w.BulkString("role")
	if p.IsReplica() {
		w.BulkString("replica")
	} else {
		w.BulkString("master")
	}
}
