package sim

import (
	"fmt"
	"math/rand/v2"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

// Storm is a cluster's life drawn from one seed: its size, its settings, and which faults it meets.
type Storm struct {
	Seed                uint64
	Primaries, Replicas int          // Replicas of each primary
	Calm                clock.Millis // mean time between two faults
	Length              clock.Millis // of the bad weather
	Options             Options

	faults []fault // those that may happen in this storm
}

// fault is one kind of thing that goes wrong.
type fault struct {
	name   string
	happen func(w *World)
}

// NewStorm draws a storm. Half of all kinds of faults, at random, may happen in it: fewer kinds lead to deeper states.
func NewStorm(seed uint64) *Storm {
	s := &Storm{Seed: seed}
	dice := rand.New(rand.NewPCG(seed, 0xd1ce))
	pick := func(values ...int) int { return values[dice.IntN(len(values))] }
	s.Primaries, s.Replicas = pick(3, 3, 4, 5), pick(0, 1, 1, 2, 3)
	s.Calm, s.Length = clock.Millis(pick(300, 1000, 3000)), clock.Millis(pick(20_000, 40_000))
	machine := cluster.DefaultOptions()
	machine.NodeTimeout = clock.Millis(pick(500, 1000, 2000))
	machine.RequireFullCoverage = pick(0, 1) == 0
	machine.AllowReplicaMigration = pick(0, 1) == 0
	machine.ReplicaValidityFactor = pick(0, 10)
	s.Options = Options{
		Seed: seed, Nodes: s.Primaries * (1 + s.Replicas), Machine: &machine,
		DelayMin: 1, DelayMax: clock.Millis(pick(2, 10, 100)), ClockSkew: clock.Millis(pick(1, 1000, 60_000)), CompareOneIn: 10,
	}
	for _, f := range allFaults {
		if pick(0, 1) == 0 {
			s.faults = append(s.faults, f)
		}
	}
	return s
}

// String describes the storm in one line.
func (s *Storm) String() string {
	line := fmt.Sprintf("seed %d: %d primaries with %d replicas, node timeout %d ms, a fault every %d ms for %d ms:",
		s.Seed, s.Primaries, s.Replicas, s.Options.Machine.NodeTimeout, s.Calm, s.Length)
	for _, f := range s.faults {
		line += " " + f.name
	}
	return line
}

// Run lets a cluster form, lets the storm rage, and then heals everything: the nodes must agree again. An error is a
// violation of safety, or that they do not.
func (s *Storm) Run() (*World, error) {
	w := New(s.Options)
	if err := w.Form(s.Primaries); err != nil {
		return w, fmt.Errorf("forming: %w", err)
	}
	for end := w.now + s.Length; w.now < end && len(s.faults) > 0; {
		f := s.faults[w.rand.IntN(len(s.faults))]
		w.log(nil, "fault: "+f.name)
		f.happen(w)
		if err := w.Run(clock.Millis(w.rand.Int64N(2 * int64(s.Calm)))); err != nil {
			return w, err
		}
	}
	w.Rescue()
	if err := w.Settle(); err != nil {
		return w, fmt.Errorf("after the storm: %w", err)
	}
	return w, nil
}

// Rescue ends all faults and starts all nodes that are down.
func (w *World) Rescue() {
	w.Heal()
	w.CrashAtSave(0)
	for _, n := range w.Nodes {
		n.Lagging = false
		n.Start()
	}
}

var allFaults = []fault{
	{"kill", func(w *World) { w.anyNode().Kill() }},
	{"power-off", func(w *World) { w.anyNode().PowerOff() }},
	{"kill-primary", func(w *World) {
		if n := w.anyNode(); n.Machine != nil && n.Machine.Myself().IsPrimary() {
			n.Kill()
		}
	}},
	{"start", func(w *World) { w.anyNode().Start() }},
	{"start-all", func(w *World) {
		for _, n := range w.Nodes {
			n.Start()
		}
	}},
	{"restart", func(w *World) {
		n := w.anyNode()
		n.Kill()
		n.Start()
	}},
	{"isolate", func(w *World) { w.Partition([]*Node{w.anyNode()}) }},
	{"partition", func(w *World) {
		var side []*Node
		for _, n := range w.Nodes {
			if w.oneIn(2) {
				side = append(side, n)
			}
		}
		w.Partition(side)
	}},
	{"cut", func(w *World) { w.Cut(w.anyNode(), w.anyNode()) }},
	{"heal", (*World).Heal},
	{"reset-connection", (*World).ResetConnection},
	{"lose-connection", (*World).LoseConnection},
	{"crash-at-save", func(w *World) { w.CrashAtSave(20) }},
	{"no-crash-at-save", func(w *World) { w.CrashAtSave(0) }},
	{"move", (*World).moveNode},
	{"lag", func(w *World) { n := w.anyNode(); n.Lagging = !n.Lagging }},
	{"failover", func(w *World) { w.failOver(cluster.FailoverAgreed) }},
	{"failover-force", func(w *World) { w.failOver(cluster.FailoverForce) }},
}

func (w *World) anyNode() *Node { return w.Nodes[w.rand.IntN(len(w.Nodes))] }

// moveNode restarts a node at another address. The others learn of it when it pings them; so only one node of a World ever
// moves, or two could lose each other for good.
func (w *World) moveNode() {
	n := w.Nodes[len(w.Nodes)-1]
	n.Kill()
	n.moves++
	n.IP = fmt.Sprintf("10.%d.%d.%d", n.moves, n.Index/250, n.Index%250+1)
	n.Start()
}

// failOver asks a random node to take over. A refusal is as good as any answer.
func (w *World) failOver(mode cluster.FailoverMode) {
	n := w.anyNode()
	if n.Machine != nil {
		_ = n.Do(func(m *cluster.Machine, now clock.Instant) error { return m.Failover(now, mode) })
	}
}
