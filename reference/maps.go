package reference

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// BusPortOffset is added to a client port to get the bus port, unless cluster-port says otherwise.
const BusPortOffset = 10000

// writeMaps gives every node a nodes.conf in which the whole cluster is formed already, so that nobody has to be
// introduced: primaries have equal shares of the slots and an epoch each, the n-th replica of each follows it.
func writeMaps(nodes []*Node, o Options) error {
	lines, err := formedCluster(nodes, o)
	if err != nil {
		return err
	}
	for i, n := range nodes {
		file := nodesconf.File{Nodes: append([]nodesconf.Node(nil), lines...), CurrentEpoch: uint64(o.Primaries)}
		file.Nodes[i].Flags |= bus.FlagMyself
		path := filepath.Join(n.dir, "nodes.conf")
		if name := o.Config["cluster-config-file"]; name != "" {
			path = filepath.Join(n.dir, name)
		}
		if _, err := os.Stat(path); err == nil {
			return fmt.Errorf("starting a cluster: %s is there already: choose another folder, or start the nodes without forming a cluster", path)
		}
		if err := os.WriteFile(path, file.Append(nil), 0o644); err != nil {
			return fmt.Errorf("starting a cluster: %w", err)
		}
	}
	return nil
}

// formedCluster is the line of each node.
func formedCluster(nodes []*Node, o Options) ([]nodesconf.Node, error) {
	ip := o.AnnounceIP
	if ip == "" {
		ip = "127.0.0.1"
	}
	lines := make([]nodesconf.Node, len(nodes))
	for i, n := range nodes {
		port, err := strconv.ParseUint(filepath.Base(n.dir), 10, 16)
		if err != nil {
			return nil, fmt.Errorf("starting a cluster: %w", err)
		}
		line := nodesconf.Node{ID: randomID(), ShardID: randomID(), IP: ip, Port: uint16(port), BusPort: uint16(n.busPort), Connected: true}
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
	return lines, nil
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
