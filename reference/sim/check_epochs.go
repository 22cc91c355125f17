package sim

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

// epochsRise: currentEpoch does not fall while a node runs, and lastVoteEpoch does not fall at all. A restart may take
// currentEpoch back to what was saved last, because hearing of an epoch is not worth a save (spec 5.2).
type epochsRise struct{ seen map[bus.NodeID]epochState }

type epochState struct {
	life              int
	current, lastVote uint64
}

func newEpochsRise() *epochsRise { return &epochsRise{make(map[bus.NodeID]epochState)} }

func (c *epochsRise) Turn(_ *World, n *Node, _ []cluster.Effect) error {
	m := n.Machine
	id := m.Myself().ID
	was, is := c.seen[id], epochState{n.life, m.CurrentEpoch(), m.LastVoteEpoch()}
	if was.life == is.life && is.current < was.current {
		return fmt.Errorf("node %d: currentEpoch fell from %d to %d", n.Index, was.current, is.current)
	}
	if is.lastVote < was.lastVote {
		return fmt.Errorf("node %d: lastVoteEpoch fell from %d to %d", n.Index, was.lastVote, is.lastVote)
	}
	if is.lastVote > is.current {
		return fmt.Errorf("node %d: lastVoteEpoch %d is beyond currentEpoch %d", n.Index, is.lastVote, is.current)
	}
	c.seen[id] = is
	return nil
}
