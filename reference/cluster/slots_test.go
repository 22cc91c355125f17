package cluster_test

import (
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// moveSlot moves a slot by hand, as redis-cli does (spec 8.2).
func (s *story) moveSlot(n slot.Slot, from, to int) {
	s.t.Helper()
	s.do(to, func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, n, s.id(from)) })
	s.do(from, func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, n, s.id(to)) })
	s.do(to, func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, n, s.id(to)) })
	s.do(from, func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, n, s.id(to)) })
}

// TestSlotMoves: after SETSLOT NODE on both ends everybody sends clients to the new owner, because its epoch is higher.
func TestSlotMoves(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.do(1, func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, 93, s.id(0)) })
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, 93, s.id(1)) })
		s.check(s.machine(1).Importing(93).ID == s.self(0).ID, "not importing")
		s.check(s.machine(0).Migrating(93).ID == s.self(1).ID, "not migrating")
		s.check(strings.Contains(s.ownLine(0), " [93->-"+s.id(1)+"]"), "the line is %s", s.ownLine(0))
		s.check(strings.Contains(s.ownLine(1), " [93-<-"+s.id(0)+"]"), "the line is %s", s.ownLine(1))
		s.pass(10_000)
		s.check(s.machine(1).Importing(93) != nil, "gossip closed the slot")

		s.do(1, func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 93, s.id(1)) })
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 93, s.id(1)) })
		s.check(s.machine(1).Importing(93) == nil && s.machine(0).Migrating(93) == nil, "still open")
		s.pass(100)
		for i := range s.Nodes {
			s.check(s.machine(i).Owner(93).ID == s.self(1).ID, "node %d: slot 93 belongs to %v", i, s.machine(i).Owner(93).ID)
		}
		s.check(s.self(1).ConfigEpoch == s.machine(2).CurrentEpoch(), "the new owner did not raise its epoch")
		s.must(s.Settle())
	})
}

// TestImportingSlotStays: while we import a slot, gossip does not move it; the operator closes what he opened.
func TestImportingSlotStays(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		for _, i := range []int{1, 2} {
			s.do(i, func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, 93, s.id(0)) })
		}
		s.do(1, func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 93, s.id(1)) })
		s.pass(5000)
		s.check(s.machine(0).Owner(93).ID == s.self(1).ID, "node 0 does not know of the new owner")
		s.check(s.machine(2).Owner(93).ID == s.self(0).ID, "node 2 imports the slot, and gossip moved it")
		s.do(2, func(m *cluster.Machine, now clock.Instant) error { return m.SetStable(now, 93) })
		s.must(s.Settle())
	})
}

// TestKeysKeepTheMark: SETSLOT NODE does not end a migration of which keys are left.
func TestKeysKeepTheMark(t *testing.T) {
	tell(t, 2, 0, func(s *story) {
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, 93, s.id(1)) })
		s.Nodes[0].Keys[93] = 1
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 93, s.id(0)) })
		s.check(s.machine(0).Migrating(93) != nil, "the mark is gone, and a key is here")
		clear(s.Nodes[0].Keys)
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 93, s.id(0)) })
		s.check(s.machine(0).Migrating(93) == nil, "the mark is left")
	})
}

// TestLastSlotMoves: a primary that gave away its last slot becomes a replica of the receiver.
func TestLastSlotMoves(t *testing.T) {
	for _, allow := range []bool{true, false} {
		options := cluster.DefaultOptions()
		options.AllowReplicaMigration = allow
		tellWith(t, options, 2, 1, func(s *story) {
			most := []slot.Range{{From: 4, To: slot.Count/2 - 1}}
			s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.DelSlots(now, most) })
			s.do(1, func(m *cluster.Machine, now clock.Instant) error { return m.DelSlots(now, most) })
			s.do(1, func(m *cluster.Machine, now clock.Instant) error { return m.AddSlots(now, most) })
			s.must(s.Settle())
			for n := range slot.Slot(4) {
				s.moveSlot(n, 0, 1)
			}
			s.must(s.Settle())
			s.check(s.self(0).IsReplica() == allow, "the emptied primary is %v", s.self(0).Flags)
			if allow {
				s.check(s.self(0).Primary.ID == s.self(1).ID, "it replicates another")
				s.check(s.self(2).Primary.ID == s.self(1).ID, "its replica replicates a replica")
			}
		})
	}
}

// TestKeysOfLostSlotsGo: a primary that loses a slot by a higher epoch deletes the keys that it has there.
func TestKeysOfLostSlotsGo(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		s.Nodes[0].Keys[93] = 5
		s.Nodes[0].Keys[94] = 5
		s.do(1, func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, 93, s.id(0)) })
		s.refused(0, "Can't assign hashslot 93 to a different node while I still hold keys for this hash slot.",
			func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 93, s.id(1)) })
		s.do(1, func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 93, s.id(1)) })
		s.pass(200)
		s.check(s.machine(0).Owner(93).ID == s.self(1).ID, "it did not give up the slot")
		s.check(s.Nodes[0].Keys[93] == 0 && s.Nodes[0].Keys[94] == 5, "keys left: %v", s.Nodes[0].Keys)
		s.check(s.noted(cluster.SlotsLost, 0, 0) == 1, "nobody was told")
	})
}

// TestUpdateCorrectsStaleReturner: a primary misses two changes of its slots' owner. When it is back, and says what it
// believes, it is told.
func TestUpdateCorrectsStaleReturner(t *testing.T) {
	tell(t, 3, 2, func(s *story) {
		s.pass(2000)
		s.Nodes[0].PowerOff()
		s.within(10_000, "the first takeover", func() bool { return s.self(3).IsPrimary() || s.self(6).IsPrimary() })
		second := 3
		if s.self(3).IsPrimary() {
			second = 6
		}
		s.pass(2 * timeout) // voters do not vote twice about one shard in less
		s.must(s.Until(60_000, func() error { return s.Agreement(s.pick(1, 2, 3, 4, 5, 6, 7, 8)...) }))
		s.do(second, failover(cluster.FailoverAgreed))
		s.within(5000, "the second takeover", func() bool { return s.self(second).IsPrimary() })
		s.pass(1000)
		back := s.Now()
		s.Nodes[0].Start()
		s.check(s.self(0).IsPrimary(), "it knew before anybody told it")
		s.must(s.Settle())
		s.check(s.self(0).IsReplica() && s.self(0).Primary.ID == s.self(second).ID, "it is %v", s.self(0).Flags)
		s.check(s.Now()-back < 3000, "it took %d ms", s.Now()-back)
	})
}

// TestUnclaimedSlotsStayBound: a primary that unbinds a slot locally stops claiming it. The others keep it bound, and
// whoever claims it may have it, whatever its epoch (spec 4.3).
func TestUnclaimedSlotsStayBound(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		s.do(2, func(m *cluster.Machine, now clock.Instant) error { return m.DelSlots(now, one(16383)) })
		s.pass(3000)
		s.check(s.machine(0).Owner(16383).ID == s.self(2).ID, "node 0 unbound the slot")
		s.check(!s.machine(2).Up() && s.machine(0).Up(), "only the node without the slot is to be down")
		s.do(0, func(m *cluster.Machine, now clock.Instant) error {
			if err := m.DelSlots(now, one(16383)); err != nil {
				return err
			}
			return m.AddSlots(now, one(16383))
		})
		s.must(s.Settle())
		s.check(s.self(0).ConfigEpoch < s.self(2).ConfigEpoch, "the claimant has a higher epoch: this shows nothing")
		s.check(s.machine(2).Owner(16383).ID == s.self(0).ID, "the old owner did not learn of the new one")
	})
}

// TestSubscribersLeaveWithTheSlot: our shard says once which slots it stops serving, and a takeover within it is not that.
func TestSubscribersLeaveWithTheSlot(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		gone := func(node int) (slots slot.Set) {
			for _, e := range s.Nodes[node].Effects {
				if e, ok := e.(cluster.SlotsGone); ok {
					slots = e.Slots
				}
			}
			return slots
		}
		s.pass(2000)
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.DelSlots(now, one(7)) })
		slots := gone(0)
		s.check(slots.Len() == 1 && slots.Has(7), "DELSLOTS makes %d slots go", slots.Len())
		s.do(3, failover(cluster.FailoverTakeover))
		slots = gone(3)
		s.check(slots.Empty(), "the takeover makes %d slots go", slots.Len())
		s.do(4, func(m *cluster.Machine, now clock.Instant) error { return m.Replicate(now, s.id(2)) })
		slots = gone(4)
		s.check(slots == *s.self(1).Slots, "changing shards makes %d slots go", slots.Len())
	})
}

// TestSlotCommandRefusals: the texts and their order are Redis's.
func TestSlotCommandRefusals(t *testing.T) {
	add := func(ranges ...slot.Range) func(*cluster.Machine, clock.Instant) error {
		return func(m *cluster.Machine, now clock.Instant) error { return m.AddSlots(now, ranges) }
	}
	del := func(ranges ...slot.Range) func(*cluster.Machine, clock.Instant) error {
		return func(m *cluster.Machine, now clock.Instant) error { return m.DelSlots(now, ranges) }
	}
	nobody := strings.Repeat("e", 40)
	tell(t, 3, 1, func(s *story) {
		s.refused(0, "Slot 16383 is already busy", add(one(16383)...))
		s.refused(3, "Please use SETSLOT only with masters.", func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, 0, nobody) })
		s.refused(3, "Please use SETSLOT only with masters.", func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, 0, nobody) })
		s.refused(3, "Please use SETSLOT only with masters.", func(m *cluster.Machine, now clock.Instant) error { return m.SetStable(now, 0) })
		s.refused(3, "Please use SETSLOT only with masters.", func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 0, nobody) })
		s.refused(0, "I'm not the owner of hash slot 16383", func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, 16383, nobody) })
		s.refused(0, "I don't know about node "+nobody, func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, 0, nobody) })
		s.refused(0, "I don't know about node short", func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, 0, "short") })
		s.refused(0, "Target node is not a master", func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, 0, s.id(4)) })
		s.refused(0, "I'm already the owner of hash slot 0", func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, 0, nobody) })
		s.refused(0, "I don't know about node "+nobody, func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, 16383, nobody) })
		s.refused(0, "Target node is not a master", func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, 16383, s.id(5)) })
		s.refused(0, "Unknown node "+nobody, func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 0, nobody) })
		s.refused(0, "Target node is not a master", func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 0, s.id(4)) })
		s.do(0, del(one(0)...))
		s.refused(0, "Slot 0 is already unassigned", del(one(0)...))
		s.refused(0, "Slot 1 specified multiple times", del(slot.Range{From: 1, To: 3}, slot.Range{From: 1, To: 1}))
		s.refused(0, "Slot 0 specified multiple times", add(one(0)[0], one(0)[0]))
		s.refused(0, "start slot number 9 is greater than end slot number 8", add(slot.Range{From: 9, To: 8}))
		s.refused(0, "Invalid or out of range slot", del(slot.Range{From: 16383, To: 16384}))
		s.check(s.machine(0).Owner(16383) != nil && s.machine(0).Owner(1) != nil, "a refused command took some of its slots")
		s.do(0, add(one(0)...))
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, 0, s.id(1)) })
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.SetStable(now, 0) })
		s.check(s.machine(0).Migrating(0) == nil, "STABLE left the mark")
		s.Nodes[0].Keys[1] = 1
		s.refused(0, "DB must be empty to perform CLUSTER FLUSHSLOTS.", func(m *cluster.Machine, now clock.Instant) error { return m.FlushSlots(now) })
		clear(s.Nodes[0].Keys)
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.FlushSlots(now) })
		s.check(s.self(0).SlotCount() == 0 && s.machine(0).Owner(1) == nil, "slots are left")
	})
}

// TestAddSlotsEndsImport: a slot that becomes ours by ADDSLOTS is no longer on its way to us.
func TestAddSlotsEndsImport(t *testing.T) {
	tell(t, 2, 0, func(s *story) {
		for i := range 2 {
			s.do(i, func(m *cluster.Machine, now clock.Instant) error { return m.DelSlots(now, one(9)) })
		}
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, 9, s.id(1)) })
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.AddSlots(now, one(9)) })
		s.check(s.machine(0).Importing(9) == nil, "still importing")
	})
}

// TestVerifyData: keys decide about slots when a primary starts from a snapshot.
func TestVerifyData(t *testing.T) {
	verify := func(m *cluster.Machine, now clock.Instant) error { m.VerifyData(now); return nil }
	tell(t, 2, 1, func(s *story) {
		for i := range 2 {
			s.do(i, func(m *cluster.Machine, now clock.Instant) error { return m.DelSlots(now, one(9)) })
		}
		for _, n := range []slot.Slot{9, 10, 16000} {
			s.Nodes[0].Keys[n], s.Nodes[3].Keys[n] = 1, 1
		}
		s.do(0, verify)
		s.do(3, verify)
		s.check(s.machine(0).Owner(9) == s.self(0), "keys in slot 9, which nobody owns, do not make it ours")
		s.check(s.machine(0).Importing(16000) == s.seen(0, 1), "keys in slot 16000, which is another's, do not make us import it")
		s.check(s.machine(0).Importing(10) == nil, "our own slot 10 is importing")
		s.check(s.machine(3).Importing(9) == nil && s.machine(3).Importing(16000) == nil, "a replica does not look at its keys")
	})
}

// ownLine is a node's own line in its CLUSTER NODES.
func (s *story) ownLine(node int) string {
	return string(s.machine(node).AppendNode(nil, s.self(node), s.Nodes[node].Now()))
}
