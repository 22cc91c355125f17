package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// pairs is "A1 after A, B1 after B" or "A with A1, B with B1".
const pairs = `((?:[A-Z]\d? (?:after|with) [A-Z]\d?(?:, )?)+)`

func (w *World) clusterSlotsStatements() []sentence {
	return []sentence{
		{`CLUSTER SLOTS on every node names each slot once, with the owner that CLUSTER NODES names`, w.slotsAgreeWithNodes},
		{`CLUSTER SLOTS on every node names replica ` + pairs, w.slotsNameReplicas},
		{`CLUSTER SLOTS on node ` + one + ` names ` + one + ` (first|alone) for slot (\d+)`, w.slotsNameOwner},
		{`CLUSTER SLOTS on node ` + one + ` has the ranges ([\d, -]+)`, w.slotsHaveRanges},
		{`CLUSTER SHARDS on every node groups ` + pairs + ` and their slots`, w.shardsGroup},
	}
}

// clusterSlots asks a node for CLUSTER SLOTS.
func (w *World) clusterSlots(m *member) ([]wire.SlotEntry, error) {
	value, err := w.ask(m, "CLUSTER", "SLOTS")
	if err != nil {
		return nil, err
	}
	entries, err := wire.ParseSlots(value)
	if err != nil {
		return nil, w.check(m.name, false, fmt.Sprintf("%s: %v", value, err), "entries of the form CLUSTER SLOTS has")
	}
	return entries, nil
}

func (w *World) slotsAgreeWithNodes() error {
	return w.eachView("every running node", func(v *view) error {
		entries, err := w.clusterSlots(v.of)
		if err != nil {
			return err
		}
		named := map[int][]string{}
		for _, e := range entries {
			for slot := e.From; slot <= e.To; slot++ {
				named[slot] = append(named[slot], w.cluster.nameOf(e.Nodes[0].ID))
			}
		}
		return w.compareOwners(v, named)
	})
}

// compareOwners reports the first slot on which the two answers of a node differ.
func (w *World) compareOwners(v *view, named map[int][]string) error {
	for slot := range wire.Slots {
		got := strings.Join(named[slot], " and ")
		if want := v.owner(slot); got != want {
			return w.checkEqual(v.of.name, fmt.Sprintf("slot %d is named with %s", slot, got), fmt.Sprintf("slot %d is named with %s", slot, want))
		}
	}
	return w.check(v.of.name, true, "", "")
}

// eachPair goes through "A1 after A, B1 after B".
func eachPair(text string, do func(first, second string) error) error {
	for _, pair := range strings.Split(strings.TrimSuffix(text, ", "), ", ") {
		fields := strings.Fields(pair)
		if err := do(fields[0], fields[2]); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) slotsNameReplicas(text string) error {
	return w.each("every running node", func(m *member) error {
		entries, err := w.clusterSlots(m)
		if err != nil {
			return err
		}
		return eachPair(text, func(replica, primary string) error { return w.checkReplicaIn(entries, m, replica, primary) })
	})
}

// checkReplicaIn looks at every entry of a primary: itself first, then the replica.
func (w *World) checkReplicaIn(entries []wire.SlotEntry, m *member, replica, primary string) error {
	for _, e := range entries {
		names := w.slotNodes(e)
		if slices.Contains(names, primary) {
			want := primary + ", " + replica
			if err := w.checkEqual(m.name, fmt.Sprintf("slots %d-%d: %s", e.From, e.To, strings.Join(names, ", ")), fmt.Sprintf("slots %d-%d: %s", e.From, e.To, want)); err != nil {
				return err
			}
		}
	}
	return w.check(m.name, len(entries) > 0, "no entry", "an entry for each run of slots")
}

// slotNodes names the nodes of an entry in their order.
func (w *World) slotNodes(e wire.SlotEntry) []string {
	var names []string
	for _, n := range e.Nodes {
		names = append(names, w.cluster.nameOf(n.ID))
	}
	return names
}

func (w *World) slotsNameOwner(on, owner, place string, slot int) error {
	return w.each("node "+on, func(m *member) error {
		entries, err := w.clusterSlots(m)
		if err != nil {
			return err
		}
		named := []string{"nobody"}
		for _, e := range entries {
			if e.From <= slot && slot <= e.To {
				named = w.slotNodes(e)
			}
		}
		if place == "first" {
			named = named[:1]
		}
		return w.checkEqual(on, strings.Join(named, ", "), owner)
	})
}

func (w *World) slotsHaveRanges(on, ranges string) error {
	return w.each("node "+on, func(m *member) error {
		entries, err := w.clusterSlots(m)
		if err != nil {
			return err
		}
		slices.SortFunc(entries, func(a, b wire.SlotEntry) int { return a.From - b.From })
		var got []string
		for _, e := range entries {
			got = append(got, fmt.Sprintf("%d-%d", e.From, e.To))
		}
		return w.checkEqual(on, strings.Join(got, ", "), ranges)
	})
}

func (w *World) shardsGroup(text string) error {
	return w.eachView("every running node", func(v *view) error {
		value, err := w.ask(v.of, "CLUSTER", "SHARDS")
		if err != nil {
			return err
		}
		shards, err := wire.ParseShards(value)
		if err != nil {
			return w.check(v.of.name, false, fmt.Sprintf("%s: %v", value, err), "entries of the form CLUSTER SHARDS has")
		}
		return eachPair(text, func(primary, replica string) error { return w.checkShard(shards, v, primary, replica) })
	})
}

// checkShard finds the shard of a primary and looks at its slots and nodes.
func (w *World) checkShard(shards []wire.Shard, v *view, primary, replica string) error {
	want := fmt.Sprintf("%s as master and %s as replica with slots %s", primary, replica, v.slotsOf(primary))
	got := "no shard with " + primary
	for _, shard := range shards {
		if text := w.shardText(shard); strings.Contains(text, primary+" as master") {
			got = text
		}
	}
	return w.checkEqual(v.of.name, got, want)
}

func (w *World) shardText(shard wire.Shard) string {
	var nodes, ranges []string
	for _, n := range shard.Nodes {
		nodes = append(nodes, w.cluster.nameOf(n.ID)+" as "+n.Role)
	}
	slices.SortFunc(nodes, func(a, b string) int { return strings.Compare(roleFirst(a), roleFirst(b)) })
	for _, r := range shard.Slots {
		ranges = append(ranges, r.String())
	}
	return strings.Join(nodes, " and ") + " with slots " + strings.Join(ranges, " and ")
}

// roleFirst orders primaries before replicas.
func roleFirst(node string) string {
	name, role, _ := strings.Cut(node, " as ")
	return role + name
}
