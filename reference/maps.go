package reference

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/ports"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// BusPortOffset is added to a client port to get the bus port, unless cluster-port says otherwise.
const BusPortOffset = ports.BusOffset

// writeMaps gives every node a nodes.conf in which the whole cluster is formed already, so that nobody has to be
// introduced: primaries have equal shares of the slots and an epoch each, the n-th replica of each follows it.
func writeMaps(nodes []*Node, o Options) error {
	lines := formedCluster(nodes, o)
	for i, n := range nodes {
		file := nodesconf.File{Nodes: append([]nodesconf.Node(nil), lines...), CurrentEpoch: uint64(o.Primaries)}
		file.Nodes[i].Flags |= bus.FlagMyself
		if err := n.writeMap(file); err != nil {
			return err
		}
	}
	return nil
}

// writeMap writes a new node's nodes.conf.
func (n *Node) writeMap(file nodesconf.File) error {
	path := filepath.Join(n.dir, "nodes.conf")
	if name := n.cluster.options.Config["cluster-config-file"]; name != "" {
		path = filepath.Join(n.dir, name)
	}
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("starting a cluster: %s is there already: choose another folder, or start the nodes without forming a cluster", path)
	}
	if err := os.WriteFile(path, file.Append(nil), 0o644); err != nil {
		return fmt.Errorf("starting a cluster: %w", err)
	}
	return nil
}

// writeMapOf gives a new node a nodes.conf with all that another one knows (its CLUSTER NODES), so that it does not begin
// as a minority of one, which would have to wait before it serves. With the id of a primary it begins as its replica.
func (n *Node) writeMapOf(known, primary string) error {
	file, err := nodesconf.Parse([]byte(known))
	if err != nil {
		return fmt.Errorf("reading CLUSTER NODES: %w", err)
	}
	for i := range file.Nodes {
		line := &file.Nodes[i]
		line.Flags &^= bus.FlagMyself
		line.Migrating, line.Importing = nil, nil
	}
	line := nodesconf.Node{
		ID: randomID(), ShardID: randomID(), IP: n.announcedIP(), Port: uint16(n.port), BusPort: uint16(n.busPort),
		Flags: bus.FlagMyself | bus.FlagPrimary, Connected: true,
	}
	if primary != "" {
		line.Flags = bus.FlagMyself | bus.FlagReplica
		line.Primary, line.ShardID = bus.NodeID([]byte(primary)), bus.NodeID{}
	}
	file.Nodes = append(file.Nodes, line)
	return n.writeMap(*file)
}

// announcedIP is the address that others are told.
func (n *Node) announcedIP() string {
	if n.announced != "" {
		return n.announced
	}
	return "127.0.0.1"
}

// formedCluster is the line of each node.
func formedCluster(nodes []*Node, o Options) []nodesconf.Node {
	lines := make([]nodesconf.Node, len(nodes))
	for i, n := range nodes {
		line := nodesconf.Node{ID: randomID(), ShardID: randomID(), IP: n.announcedIP(), Port: uint16(n.port), BusPort: uint16(n.busPort), Connected: true}
		if primary := i % o.Primaries; i < o.Primaries {
			line.Flags = bus.FlagPrimary
			line.ConfigEpoch = uint64(i + 1)
			from, to := share(i, o.Primaries)
			line.Slots.AddRange(from, to)
		} else {
			line.Flags = bus.FlagReplica
			line.Primary, line.ShardID = lines[primary].ID, lines[primary].ShardID
			line.ConfigEpoch = lines[primary].ConfigEpoch
		}
		lines[i] = line
	}
	return lines
}

// share is the i-th of n equal shares of the slots, rounded as redis-cli rounds them.
func share(i, n int) (from, to slot.Slot) {
	return slot.Slot((i*slot.Count + n/2) / n), slot.Slot(((i+1)*slot.Count+n/2)/n - 1)
}

func randomID() (id bus.NodeID) {
	var b [len(id) / 2]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	hex.Encode(id[:], b[:])
	return id
}
