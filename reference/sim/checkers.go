package sim

import "github.com/clusterspec/clusterspec/reference/cluster"

// Checker watches a World for one thing that must never be.
type Checker interface {
	// Turn is called after each turn of a node, when what it had to save is saved and before anything leaves. An error
	// stops the World.
	Turn(w *World, n *Node, effects []cluster.Effect) error
}

// safetyCheckers are those that hold whatever happens.
func safetyCheckers() []Checker {
	return []Checker{newOneVote(), newEpochsRise(), newOneOwner(), newSoundTables()}
}
