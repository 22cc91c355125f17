package rig

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// Shape is a cluster to be formed: the primaries come first and share the slots evenly; the replicas follow, the first of each primary, then the second.
type Shape struct {
	Primaries   int
	Replicas    int // of each primary
	NodeTimeout time.Duration
	// Options are settings of all nodes besides.
	Options map[string]string
}

// Slots are those of the primary at an index.
func (s Shape) Slots(index int) wire.SlotRange {
	return wire.SlotRange{From: index * wire.Slots / s.Primaries, To: (index+1)*wire.Slots/s.Primaries - 1}
}

func (s Shape) nodes() int { return s.Primaries * (1 + s.Replicas) }

// formingLimit is how long a cluster may take to form: Redis waits seconds before a first service and a first snapshot, whatever the machine.
const formingLimit = 90 * time.Second

// StartCluster starts the nodes of a target and makes them one cluster, as an administrator would. A cluster that was there before is refused: its shape
// is its owner's.
func StartCluster(ctx context.Context, spec string, shape Shape) (_ *Server, err error) {
	options := target.Merge(map[string]string{target.NodeTimeoutOption: strconv.FormatInt(shape.NodeTimeout.Milliseconds(), 10)}, shape.Options)
	s, err := launch(ctx, spec, target.Topology{Nodes: shape.nodes(), Options: options})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if target.IsExisting(s.Cluster) {
		return nil, fmt.Errorf("%s was there before: this measurement forms a cluster of its own", spec)
	}
	ctx, cancel := context.WithTimeout(ctx, formingLimit)
	defer cancel()
	if err := s.form(ctx, shape); err != nil {
		return nil, fmt.Errorf("forming a cluster of %d nodes of %s: %w", s.Nodes, spec, err)
	}
	return s, nil
}

// form gives out epochs and slots, introduces the nodes, and makes replicas; then it waits until all are in working order.
func (s *Server) form(ctx context.Context, shape Shape) error {
	for i, addr := range s.Addrs {
		// The first snapshot then starts at once. A server that does not know the option is as quick as it is.
		_, _ = target.Ask(ctx, addr, "CONFIG", "SET", "repl-diskless-sync-delay", "0")
		if err := Demand(ctx, addr, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1)); err != nil {
			return err
		}
		if i < shape.Primaries {
			if err := Demand(ctx, addr, addSlots(shape.Slots(i))...); err != nil {
				return err
			}
		}
	}
	for i, node := range s.Cluster.Nodes() {
		for _, other := range s.Cluster.Nodes()[:i] {
			if err := Demand(ctx, node.Addr(), meet(other)...); err != nil {
				return err
			}
		}
	}
	if err := s.Until(ctx, s.knowsAll); err != nil {
		return err
	}
	for i, addr := range s.Addrs[shape.Primaries:] {
		id, err := Text(ctx, s.Addrs[i%shape.Primaries], "CLUSTER", "MYID")
		if err != nil {
			return err
		}
		if err := Demand(ctx, addr, "CLUSTER", "REPLICATE", id); err != nil {
			return err
		}
	}
	return s.Until(ctx, func(ctx context.Context, addr string) error { return s.isReady(ctx, addr, shape) })
}

// addSlots is the command that every version knows.
func addSlots(r wire.SlotRange) []string {
	args := []string{"CLUSTER", "ADDSLOTS"}
	for slot := r.From; slot <= r.To; slot++ {
		args = append(args, strconv.Itoa(slot))
	}
	return args
}

func meet(n target.Node) []string {
	host, port, _ := SplitAddr(n.Addr())
	args := []string{"CLUSTER", "MEET", host, strconv.Itoa(port)}
	if n.BusPort() != port+target.BusPortOffset {
		args = append(args, strconv.Itoa(n.BusPort()))
	}
	return args
}

// knowsAll returns what a node lacks of knowing all others.
func (s *Server) knowsAll(ctx context.Context, addr string) error {
	text, err := Text(ctx, addr, "CLUSTER", "NODES")
	if err != nil {
		return err
	}
	lines, err := wire.ParseNodes(text)
	if err != nil {
		return err
	}
	known := 0
	for _, l := range lines {
		if !l.HasFlag("handshake") {
			known++
		}
	}
	if known != s.Nodes {
		return fmt.Errorf("%s knows %d nodes of %d", addr, known, s.Nodes)
	}
	return nil
}

// isReady returns what keeps a node from its work.
func (s *Server) isReady(ctx context.Context, addr string, shape Shape) error {
	info, err := Info(ctx, addr, "CLUSTER", "INFO")
	if err != nil {
		return err
	}
	if info["cluster_state"] != "ok" || info["cluster_size"] != strconv.Itoa(shape.Primaries) {
		return fmt.Errorf("%s says state %q, size %q", addr, info["cluster_state"], info["cluster_size"])
	}
	replication, err := Info(ctx, addr, "INFO", "replication")
	if err != nil {
		return err
	}
	if replication["role"] == "slave" && replication["master_link_status"] != "up" {
		return fmt.Errorf("the replica %s has no link to its primary", addr)
	}
	if n := replication["connected_slaves"]; replication["role"] == "master" && n != strconv.Itoa(shape.Replicas) {
		return fmt.Errorf("the primary %s has %s replicas of %d", addr, n, shape.Replicas)
	}
	return nil
}
