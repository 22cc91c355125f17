package sim

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// formLimit is how long a cluster may take to form, for each node and at least.
const (
	formLimit        clock.Millis = 60_000
	formLimitPerNode clock.Millis = 1000
)

// Form makes one cluster of all nodes, as redis-cli --cluster create does: the first primaries nodes share the slots, the
// others become replicas of them in turn. It returns when all agree.
func (w *World) Form(primaries int) error {
	for i, n := range w.Nodes {
		err := n.Do(func(m *cluster.Machine, now clock.Instant) error {
			if i < primaries {
				share := slot.Range{From: slot.Slot(i * slot.Count / primaries), To: slot.Slot((i+1)*slot.Count/primaries - 1)}
				if err := m.AddSlots(now, []slot.Range{share}); err != nil {
					return err
				}
			}
			return m.SetConfigEpoch(now, int64(i)+1)
		})
		if err != nil {
			return fmt.Errorf("preparing node %d: %w", i, err)
		}
	}
	if err := w.Join(); err != nil {
		return err
	}
	for i, n := range w.Nodes[primaries:] {
		id := w.Nodes[i%primaries].Machine.Myself().ID.String()
		if err := n.Do(func(m *cluster.Machine, now clock.Instant) error { return m.Replicate(now, id) }); err != nil {
			return fmt.Errorf("making node %d a replica: %w", n.Index, err)
		}
	}
	return w.Settle()
}

// Join introduces all nodes to the first and waits until everybody knows everybody.
func (w *World) Join() error {
	seed := w.Nodes[0]
	for _, n := range w.Nodes[1:] {
		meet := func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, seed.IP, clientPort, busPort) }
		if err := n.Do(meet); err != nil {
			return fmt.Errorf("introducing node %d: %w", n.Index, err)
		}
	}
	return w.Until(w.limit(), func() error {
		for _, n := range w.Nodes {
			if known := len(n.Machine.Peers()); known != len(w.Nodes) {
				return fmt.Errorf("node %d knows %d nodes", n.Index, known)
			}
		}
		return nil
	})
}

// Settle waits until all running nodes agree and no epochs collide.
func (w *World) Settle() error {
	return w.Until(w.limit(), func() error {
		if err := w.Agreement(); err != nil {
			return err
		}
		return w.Epochs()
	})
}

func (w *World) limit() clock.Millis {
	return formLimit + formLimitPerNode*clock.Millis(len(w.Nodes)) + 10*w.options.Machine.NodeTimeout
}
