// Package nodesconf is nodes.conf: what a node must still know after a restart, as text.
//
// A file has one line a node, in the form of CLUSTER NODES, and one line of variables:
//
//	<id> <ip>:<port>@<bus port>,[<hostname>],<name>=<value>,... <flags> <primary id or -> <ping> <pong> <epoch> <link> [<slots>]
//	vars currentEpoch <n> lastVoteEpoch <n>
//
// Slots are written as "5", "10-20" and, on the line of the node that owns the file, "[93->-<id>]" for a slot that
// migrates to another node and "[77-<-<id>]" for one that is imported. Redis 7.0 writes nothing behind the hostname, and
// no comma without one; 7.2 added the name=value pairs, Valkey 8 added names to them. [Parse] reads all of these,
// [File.Append] writes the form of 7.2, which 7.0 reads too: it takes the pairs for a part of the hostname.
//
// A file is damaged exactly when Redis thinks so. That makes Parse lenient in odd places: where Redis reads numbers with
// atoi, "12x" is 12 and "x" is 0, and so it is here. It is stricter where Redis would read or write beyond its memory.
package nodesconf

import (
	"bytes"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// File is the content of a nodes.conf.
type File struct {
	Nodes         []Node
	CurrentEpoch  uint64 // at least the ConfigEpoch of every primary, once parsed
	LastVoteEpoch uint64
}

// Node is one line: a node in the eyes of the node that owns the file.
type Node struct {
	ID       bus.NodeID
	IP       string // empty: not known; at most 45 bytes
	Port     uint16 // client port: the TLS port if tls-cluster is on
	BusPort  uint16
	Hostname string
	Nodename string

	// TLSPort is the other client port when Port is a plain one, TCPPort when Port is a TLS one; 0: there is none. The
	// flags tell that the file names it. A file of 7.0 names neither: only the node's configuration says what Port is.
	TLSPort, TCPPort       uint16
	HasTLSPort, HasTCPPort bool

	ShardID bus.NodeID // zero: not known
	Extra   []Pair     // pairs this package does not know, kept as they are

	Flags        bus.Flags
	Primary      bus.NodeID   // of a replica; zero: none
	PingSent     clock.Millis // wall; Redis reads any value but 0 as "now"
	PongReceived clock.Millis // wall; likewise
	ConfigEpoch  uint64       // a replica's line has its primary's
	Connected    bool         // Redis does not read it

	Slots     slot.Set
	Migrating []Open // ascending; only on the node that owns the file
	Importing []Open // ascending; likewise
}

// Open is a slot on its way from or to another node.
type Open struct {
	Slot slot.Slot
	Node bus.NodeID
}

// Pair is a name=value behind the hostname.
type Pair struct{ Name, Value string }

// Myself is the node that owns the file, nil when there is none: only a new node's empty file has none.
func (f *File) Myself() *Node {
	for i := range f.Nodes {
		if f.Nodes[i].Flags.Has(bus.FlagMyself) {
			return &f.Nodes[i]
		}
	}
	return nil
}

// Append appends the file in the form of 7.2. Nodes in handshake are left out, because their ids are made up. A replica
// is given its primary's shard id: 7.2 does not start on a file where they differ.
func (f *File) Append(dst []byte) []byte {
	shards := f.shardIDs()
	for i := range f.Nodes {
		n := &f.Nodes[i]
		if n.Flags.Has(bus.FlagHandshake) && !n.Flags.Has(bus.FlagMyself) {
			continue
		}
		dst = appendFileLine(dst, n, shards[n.Primary])
	}
	return AppendVars(dst, f.CurrentEpoch, f.LastVoteEpoch)
}

// AppendFileLine appends n's line of a file in the form of 7.2. A file is such lines and AppendVars.
func AppendFileLine(dst []byte, n *Node) []byte { return appendFileLine(dst, n, bus.NodeID{}) }

// appendFileLine is AppendFileLine for a node that is in its primary's shard, if that is known.
func appendFileLine(dst []byte, n *Node, shard bus.NodeID) []byte {
	if shard.IsZero() {
		shard = n.ShardID
	}
	dst = append(dst, n.ID[:]...)
	dst = append(dst, ' ')
	dst = appendFileAddress(dst, n, shard)
	dst = AppendState(dst, n.state())
	return AppendLineTail(dst, n)
}

// AppendVars appends the last line of a file.
func AppendVars(dst []byte, currentEpoch, lastVoteEpoch uint64) []byte {
	dst = append(dst, "vars currentEpoch "...)
	dst = strconv.AppendUint(dst, currentEpoch, 10)
	dst = append(dst, " lastVoteEpoch "...)
	dst = strconv.AppendUint(dst, lastVoteEpoch, 10)
	return append(dst, '\n')
}

// shardIDs finds the shard id of each node that has one.
func (f *File) shardIDs() map[bus.NodeID]bus.NodeID {
	shards := make(map[bus.NodeID]bus.NodeID, len(f.Nodes))
	for i := range f.Nodes {
		if n := &f.Nodes[i]; !n.ShardID.IsZero() {
			shards[n.ID] = n.ShardID
		}
	}
	return shards
}

// AppendLine appends n's line of CLUSTER NODES, as clients see it: of what stands behind the bus port only the hostname. It
// allocates only when dst lacks room.
func AppendLine(dst []byte, n *Node) []byte {
	dst = AppendLineHead(dst, n)
	dst = AppendState(dst, n.state())
	return AppendLineTail(dst, n)
}

// AppendLineHead, AppendState and AppendLineTail write the parts of AppendLine, for who keeps those that seldom change.
func AppendLineHead(dst []byte, n *Node) []byte {
	dst = append(dst, n.ID[:]...)
	dst = append(dst, ' ')
	dst = appendAddress(dst, n.IP, n)
	if n.Hostname != "" {
		dst = append(dst, ',')
		dst = append(dst, n.Hostname...)
	}
	return dst
}

// State is the middle of a line: what changes while the cluster stays as it is. The fields are those of Node.
type State struct {
	Flags                  bus.Flags
	Primary                bus.NodeID
	PingSent, PongReceived clock.Millis
	ConfigEpoch            uint64
	Connected              bool
}

func (n *Node) state() State {
	return State{n.Flags, n.Primary, n.PingSent, n.PongReceived, n.ConfigEpoch, n.Connected}
}

// AppendState writes what stands between the address and the slots.
func AppendState(dst []byte, s State) []byte {
	dst = append(dst, ' ')
	dst = s.Flags.AppendNames(dst)
	if s.Primary.IsZero() {
		dst = append(dst, " - "...)
	} else {
		dst = append(dst, ' ')
		dst = append(dst, s.Primary[:]...)
		dst = append(dst, ' ')
	}
	dst = strconv.AppendInt(dst, int64(s.PingSent), 10)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, int64(s.PongReceived), 10)
	dst = append(dst, ' ')
	dst = strconv.AppendUint(dst, s.ConfigEpoch, 10)
	if s.Connected {
		return append(dst, " connected"...)
	}
	return append(dst, " disconnected"...)
}

// AppendLineTail writes the slots, and the end of the line.
func AppendLineTail(dst []byte, n *Node) []byte {
	for run := range n.Slots.Ranges() {
		dst = append(dst, ' ')
		dst = strconv.AppendUint(dst, uint64(run.From), 10)
		if run.To > run.From {
			dst = append(dst, '-')
			dst = strconv.AppendUint(dst, uint64(run.To), 10)
		}
	}
	dst = appendOpen(dst, n.Migrating, n.Importing)
	return append(dst, '\n')
}

// appendOpen merges the open slots in ascending order. A slot that is both is shown as migrating, as Redis does.
func appendOpen(dst []byte, migrating, importing []Open) []byte {
	for len(migrating) > 0 || len(importing) > 0 {
		if len(importing) == 0 || len(migrating) > 0 && migrating[0].Slot <= importing[0].Slot {
			if len(importing) > 0 && migrating[0].Slot == importing[0].Slot {
				importing = importing[1:]
			}
			dst = appendOpenSlot(dst, migrating[0], "->-")
			migrating = migrating[1:]
			continue
		}
		dst = appendOpenSlot(dst, importing[0], "-<-")
		importing = importing[1:]
	}
	return dst
}

func appendOpenSlot(dst []byte, o Open, direction string) []byte {
	dst = append(dst, " ["...)
	dst = strconv.AppendUint(dst, uint64(o.Slot), 10)
	dst = append(dst, direction...)
	dst = append(dst, o.Node[:]...)
	return append(dst, ']')
}

// Compare orders open slots as a line lists them.
func (o Open) Compare(p Open) int {
	if o.Slot != p.Slot {
		return int(o.Slot) - int(p.Slot)
	}
	return bytes.Compare(o.Node[:], p.Node[:])
}
