package sim

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

// oneVote: a node gives at most one vote in an epoch, whatever happens to it in between. What counts is the answer that
// leaves, not what the voter remembers.
type oneVote struct{ given map[ballot]bool }

type ballot struct {
	voter bus.NodeID
	epoch uint64
}

func newOneVote() *oneVote { return &oneVote{make(map[ballot]bool)} }

func (c *oneVote) Turn(_ *World, n *Node, effects []cluster.Effect) error {
	for _, e := range effects {
		send, ok := e.(cluster.Send)
		if !ok || send.Frame.Type != bus.TypeAuthAck {
			continue
		}
		b := ballot{send.Frame.Sender, send.Frame.CurrentEpoch}
		if c.given[b] {
			return fmt.Errorf("node %d (%v) votes a second time in epoch %d", n.Index, b.voter, b.epoch)
		}
		c.given[b] = true
	}
	return nil
}
