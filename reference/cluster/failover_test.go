package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

// TestReplicaReplacesDeadPrimary: the times are those of spec 5.1, which were seen with real servers.
func TestReplicaReplacesDeadPrimary(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(2000)
		slots, killed := *s.self(0).Slots, s.Now()
		id := s.self(0).ID
		s.Nodes[0].Kill()
		s.within(2*timeout, "FAIL", func() bool { return s.machine(1).Peer(id).Failed() })
		failed := s.Now()
		s.check(failed-killed > timeout, "marked as failing after only %d ms", failed-killed)
		s.pass(200)
		s.check(!s.machine(1).Up() && !s.machine(3).Up(), "the cluster is up without an owner of some slots")
		s.within(3000, "the promotion", func() bool { return s.self(3).IsPrimary() })
		s.check(s.Now()-failed >= 300, "elected after %d ms", s.Now()-failed)
		s.pass(500)
		s.agree(1, 2, 3, 4, 5)
		s.check(*s.self(3).Slots == slots, "the new primary has other slots than the old one")
		for i := range s.Nodes[1:] {
			other := s.machine(i + 1).Myself()
			s.check(other.ID == s.self(3).ID || other.ConfigEpoch < s.self(3).ConfigEpoch, "node %d has a higher epoch than the winner", i+1)
		}
		s.check(s.noted(cluster.VoteGranted, 1, killed)+s.noted(cluster.VoteGranted, 2, killed) == 2, "not both primaries voted once")

		s.Nodes[0].Start()
		s.must(s.Settle())
		s.check(s.self(0).IsReplica() && s.self(0).Primary.ID == s.self(3).ID, "the old primary is %v", s.self(0).Flags)
	})
}

// TestOldPrimaryStepsDown: a primary that was cut off, and did not restart, learns that it was replaced.
func TestOldPrimaryStepsDown(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(2000)
		cut := s.Now()
		s.Partition(s.Nodes[:1])
		s.within(2*timeout, "the minority to go down", func() bool { return !s.machine(0).Up() })
		s.check(s.Now()-cut <= timeout+timeout/2+500, "it took writes for %d ms", s.Now()-cut)
		s.within(4*timeout, "the promotion", func() bool { return s.self(3).IsPrimary() })
		s.check(s.self(0).IsPrimary(), "it stepped down without having heard of its successor")
		s.Heal()
		s.must(s.Settle())
		s.check(s.self(0).IsReplica() && s.self(0).Primary.ID == s.self(3).ID, "the old primary is %v", s.self(0).Flags)
	})
}

// TestOldPrimaryStepsDownAlways: also where emptied primaries are to stay primaries, one that lost all its slots to one
// successor has been replaced.
func TestOldPrimaryStepsDownAlways(t *testing.T) {
	options := cluster.DefaultOptions()
	options.AllowReplicaMigration = false
	tellWith(t, options, 3, 1, func(s *story) {
		s.pass(2000)
		s.Nodes[0].Kill()
		s.within(10_000, "the promotion", func() bool { return s.self(3).IsPrimary() })
		s.Nodes[0].Start()
		s.must(s.Settle())
		s.check(s.self(0).IsReplica() && s.self(0).Primary.ID == s.self(3).ID, "the old primary is %v", s.self(0).Flags)
	})
}

// TestSecondFailover: the loser of an election need not wait for its end when the winner dies, too.
func TestSecondFailover(t *testing.T) {
	tell(t, 3, 2, func(s *story) {
		s.pass(2000)
		s.Nodes[3].Lagging = true
		s.pass(500)
		s.Nodes[0].Kill()
		s.within(10_000, "the first promotion", func() bool { return s.self(6).IsPrimary() })
		s.Nodes[3].Lagging = false
		s.within(1000, "the loser to follow", func() bool { return s.self(3).Primary.ID == s.self(6).ID })
		s.pass(300)
		killed := s.Now()
		s.Nodes[6].Kill()
		s.within(10_000, "the second promotion", func() bool { return s.self(3).IsPrimary() })
		s.check(s.Now()-killed < 2*timeout+1500, "it took %d ms", s.Now()-killed)
		s.check(s.noted(cluster.ElectionScheduled, 3, killed) == 1, "it did not plan a new election")
	})
}

// TestMinorityNeverElects: two of five primaries, with replicas of the three others, are cut off. They see them fail, and
// can do nothing about it.
func TestMinorityNeverElects(t *testing.T) {
	tell(t, 5, 1, func(s *story) {
		s.pass(2000)
		cut := s.Now()
		minority := []int{0, 1, 7, 8}
		s.Partition(s.pick(minority...))
		s.pass(30_000)
		for _, i := range minority {
			s.check(!s.machine(i).Up(), "node %d of the minority is up", i)
			s.check(s.noted(cluster.ElectionStarted, i, cut) == 0, "node %d of the minority held an election", i)
			s.check(s.noted(cluster.PeerFailed, i, cut) == 0, "node %d of the minority set FAIL", i)
			s.check(s.noted(cluster.PeerSuspected, i, cut) > 0, "node %d of the minority did not notice", i)
		}
		for _, i := range []int{5, 6} {
			s.check(s.self(i).IsPrimary(), "node %d of the majority did not take over", i)
		}
		s.agree(2, 3, 4, 5, 6, 9)
		s.Heal()
		s.must(s.Settle())
		for _, i := range []int{0, 1} {
			s.check(s.self(i).IsReplica() && s.self(i).Primary.ID == s.self(i+5).ID, "node %d is %v", i, s.self(i).Flags)
		}
	})
}

// TestRejoinDelay: a primary that comes back from a minority waits before it serves again (spec 3.5).
func TestRejoinDelay(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		s.pass(3000)
		s.Partition(s.Nodes[:1])
		s.within(3*timeout, "the minority to go down", func() bool { return !s.machine(0).Up() })
		s.Heal()
		s.within(timeout, "contact", func() bool { return !s.seen(0, 1).Suspected() || !s.seen(0, 2).Suspected() })
		contact := s.Now()
		s.within(60_000, "the cluster to come up", func() bool { return s.machine(0).Up() })
		s.check(s.Now()-contact >= timeout-200, "up again after %d ms", s.Now()-contact)
	})
}

// TestFresherReplicaWins: of two replicas, the one with more data takes over, and the other follows it.
func TestFresherReplicaWins(t *testing.T) {
	tell(t, 3, 2, func(s *story) {
		s.pass(1000)
		s.Nodes[3].Lagging = true
		s.pass(5000)
		s.check(s.Nodes[3].Offset < s.Nodes[6].Offset, "the model does not lag")
		killed := s.Now()
		s.Nodes[0].Kill()
		s.within(10_000, "a promotion", func() bool { return s.self(3).IsPrimary() || s.self(6).IsPrimary() })
		s.check(s.self(6).IsPrimary(), "the replica with less data won")
		s.pass(2000)
		s.agree(1, 2, 3, 4, 5, 6, 7, 8)
		s.check(s.self(3).Primary.ID == s.self(6).ID, "its rival does not follow it")
		s.check(s.noted(cluster.ElectionStarted, 3, killed) == 0, "its rival held an election, too")
		for _, e := range s.Noted(cluster.ElectionScheduled) {
			ranked := strings.Contains(e.Note.Detail, fmt.Sprintf("rank %d,", map[int]int{3: 1, 6: 0}[e.Node.Index]))
			s.check(ranked, "node %d planned its election %s", e.Node.Index, e.Note.Detail)
		}
	})
}

// TestVotersCrash: voters lose power at every other save while two elections run. Nobody ever votes twice in an epoch,
// which the checkers watch, and the cluster recovers.
func TestVotersCrash(t *testing.T) {
	tell(t, 5, 1, func(s *story) {
		s.pass(2000)
		for _, n := range s.pick(0, 1) {
			n.Kill()
		}
		s.CrashAtSave(2)
		for range 20 {
			s.pass(1000)
			for _, n := range s.Nodes[2:] {
				n.Start()
			}
		}
		s.Rescue()
		s.must(s.Settle())
	})
}

// TestStaleDataForbidElection: a replica that was cut off from its primary for too long may not replace it.
func TestStaleDataForbidElection(t *testing.T) {
	options := cluster.DefaultOptions()
	options.ReplicaValidityFactor = 1
	options.ReplicaPingPeriod = 1000
	tellWith(t, options, 3, 1, func(s *story) {
		s.pass(2000)
		s.Cut(s.Nodes[0], s.Nodes[3])
		s.Cut(s.Nodes[3], s.Nodes[0])
		s.pass(8000)
		s.Heal()
		s.Nodes[0].PowerOff() // before the replica has caught up
		s.pass(20_000)
		s.check(s.self(3).IsReplica(), "it took over with old data")
		s.check(s.noted(cluster.ElectionRefused, 3, 0) == 1, "it refused %d times, want once", s.noted(cluster.ElectionRefused, 3, 0))
		s.do(3, func(m *cluster.Machine, now clock.Instant) error { return m.Failover(now, cluster.FailoverForce) })
		s.within(1000, "the forced takeover, which asks for no age", func() bool { return s.self(3).IsPrimary() })
	})
}

// TestNoFailover: a replica with cluster-replica-no-failover leaves it to the others, who do not count it as a rival.
func TestNoFailover(t *testing.T) {
	tell(t, 3, 2, func(s *story) {
		s.Nodes[6].Lagging = true
		s.pass(2000)
		options := cluster.DefaultOptions()
		options.NodeTimeout, options.ReplicaNoFailover = timeout, true
		s.do(3, func(m *cluster.Machine, now clock.Instant) error { m.SetOptions(options, now); return nil })
		s.pass(2000)
		s.check(s.seen(6, 3).Flags.String() == "slave,nofailover", "node 6 sees %v", s.seen(6, 3).Flags)
		s.Nodes[0].Kill()
		s.within(5000, "the promotion", func() bool { return s.self(6).IsPrimary() })
		s.check(s.noted(cluster.ElectionScheduled, 3, 0) == 0, "the one that must not did plan an election")
	})
}

// TestFailedPrimaryIsForgiven: without a replica its slots stay its own; after 2*N it may serve them again (spec 3.4).
func TestFailedPrimaryIsForgiven(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		s.pass(3000)
		id := s.self(0).ID
		s.Nodes[0].Kill()
		s.within(2*timeout, "FAIL", func() bool { return s.machine(1).Peer(id).Failed() && s.machine(2).Peer(id).Failed() })
		failed := s.Now()
		s.check(!s.machine(1).Up(), "up without a third of the slots")
		s.Nodes[0].Start()
		s.must(s.Settle())
		s.check(s.Now()-failed > 2*timeout, "forgiven after %d ms", s.Now()-failed)
	})
}

// TestFailedReplicaIsForgivenAtOnce: nobody can be hurt by a replica that is back.
func TestFailedReplicaIsForgivenAtOnce(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(2000)
		id := s.self(3).ID
		s.Nodes[3].Kill()
		s.within(2*timeout, "FAIL", func() bool { return s.machine(1).Peer(id).Failed() })
		s.check(s.machine(1).Up(), "down because of a replica")
		s.Nodes[3].Start()
		s.within(500, "forgiveness", func() bool { return !s.machine(1).Peer(id).Failed() })
	})
}

// TestPartialCoverage: without cluster-require-full-coverage a lost primary takes only its slots down.
func TestPartialCoverage(t *testing.T) {
	options := cluster.DefaultOptions()
	options.RequireFullCoverage = false
	tellWith(t, options, 3, 0, func(s *story) {
		s.pass(3000)
		id := s.self(0).ID
		s.Nodes[0].Kill()
		s.within(2*timeout, "FAIL", func() bool { return s.machine(1).Peer(id).Failed() })
		s.pass(1000)
		s.check(s.machine(1).Up() && s.machine(2).Up(), "down although coverage is not required")
	})
}

// TestOnlyPrimaryFailsItsReplica: with one primary there is nobody whose gossip could confirm what it sees (7.2).
func TestOnlyPrimaryFailsItsReplica(t *testing.T) {
	tell(t, 1, 1, func(s *story) {
		s.pass(2000)
		id := s.self(1).ID
		s.Nodes[1].Kill()
		s.within(2*timeout, "FAIL", func() bool { return s.machine(0).Peer(id).Failed() })
	})
}

// TestReplicaMigrates: a primary that lost its only replica gets one from the primary that has two or more.
func TestReplicaMigrates(t *testing.T) {
	tell(t, 3, 2, func(s *story) {
		s.pass(2000)
		// Node 1 keeps one replica, node 2 none, node 0 both of its own.
		s.do(4, func(m *cluster.Machine, now clock.Instant) error { return m.Replicate(now, s.id(0)) })
		s.must(s.Settle())
		candidates := []int{3, 4, 6}
		first := candidates[0]
		for _, i := range candidates {
			if s.self(i).ID.Compare(s.self(first).ID) < 0 {
				first = i
			}
		}
		killed := s.Now()
		s.Nodes[5].Kill()
		s.Nodes[8].Kill()
		s.within(60_000, "a migration", func() bool { return len(s.self(2).Replicas) == 3 })
		s.check(s.Now()-killed > timeout+5000, "it migrated after %d ms", s.Now()-killed)
		s.check(s.self(first).Primary.ID == s.self(2).ID, "not the replica with the smallest id went")
		s.pass(20_000)
		s.check(len(s.self(0).Replicas) == 2 && len(s.self(2).Replicas) == 3, "more than one went")
		for _, i := range []int{5, 8} {
			s.Nodes[i].Start()
		}
		s.must(s.Settle())
	})
}

// TestMigrationBarrier: the last replicas stay where they are.
func TestMigrationBarrier(t *testing.T) {
	options := cluster.DefaultOptions()
	options.MigrationBarrier = 2
	tellWith(t, options, 3, 2, func(s *story) {
		s.pass(2000)
		s.Nodes[5].Kill()
		s.Nodes[8].Kill()
		s.pass(30_000)
		for _, i := range []int{3, 6, 4, 7} {
			s.check(s.self(i).Primary.ID == s.self(i%3).ID, "node %d migrated", i)
		}
	})
}
