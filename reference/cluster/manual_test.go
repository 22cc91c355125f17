package cluster_test

import (
	"fmt"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

func failover(mode cluster.FailoverMode) func(*cluster.Machine, clock.Instant) error {
	return func(m *cluster.Machine, now clock.Instant) error { return m.Failover(now, mode) }
}

// TestManualFailover: the primary holds its writes, the replica catches up and takes over without losing one.
func TestManualFailover(t *testing.T) {
	tell(t, 3, 2, func(s *story) {
		s.pass(3000)
		s.Nodes[3].Lagging = true
		s.pass(500)
		asked := s.Now()
		s.do(3, failover(cluster.FailoverAgreed))
		s.within(500, "the pause", func() bool { return s.machine(0).Paused() })
		held := s.Nodes[0].Offset
		s.pass(1000)
		s.check(s.self(3).IsReplica(), "it took over before it had everything")
		s.check(s.Nodes[0].Offset == held, "writes went on during the pause")
		s.Nodes[3].Lagging = false
		s.within(500, "the takeover", func() bool { return s.self(3).IsPrimary() })
		elections := s.Noted(cluster.ElectionScheduled)
		want := fmt.Sprintf("in 0 ms, rank 0, offset %d", held)
		s.check(len(elections) == 1 && elections[0].Note.Detail == want, "elections: %v, want one %s", elections, want)
		s.must(s.Settle())
		s.check(s.self(0).IsReplica() && s.self(0).Primary.ID == s.self(3).ID, "the old primary is %v", s.self(0).Flags)
		s.check(s.self(6).Primary.ID == s.self(3).ID, "the other replica does not follow")
		s.check(!s.machine(0).Paused(), "the old primary still holds writes")
		s.check(s.noted(cluster.PeerFailed, 1, asked) == 0, "a failure was needed")
		offset := s.Nodes[3].Offset
		s.pass(1000)
		s.check(s.Nodes[3].Offset > offset, "the new primary does not write")

		// And back again, at once: an election that is over must not hold up the next.
		s.do(0, failover(cluster.FailoverAgreed))
		s.within(1000, "the way back", func() bool { return s.self(0).IsPrimary() })
		s.must(s.Settle())
	})
}

// TestManualFailoverTimesOut: the replica never catches up; after 5 s both give up and writes go on.
func TestManualFailoverTimesOut(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(3000)
		s.Nodes[3].Lagging = true
		s.pass(500)
		s.do(3, failover(cluster.FailoverAgreed))
		s.pass(4500)
		s.check(s.machine(0).Paused(), "the pause ended early")
		s.pass(1000)
		s.check(!s.machine(0).Paused(), "the pause did not end")
		offset := s.Nodes[0].Offset
		s.pass(500)
		s.check(s.Nodes[0].Offset > offset, "writes did not go on")
		s.check(s.self(3).IsReplica() && s.noted(cluster.ManualTimedOut, 3, 0) == 1, "the replica did not give up")
	})
}

// TestForcedFailover: without the primary's help, but with votes, although nobody has noticed that it is dead.
func TestForcedFailover(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(2000)
		s.Nodes[0].PowerOff()
		s.pass(200)
		s.do(3, failover(cluster.FailoverForce))
		s.within(300, "the takeover", func() bool { return s.self(3).IsPrimary() })
		s.Nodes[0].Start()
		s.must(s.Settle())
		s.check(s.self(0).IsReplica(), "the old primary is %v", s.self(0).Flags)
	})
}

// TestForcedFailoverNeedsVotes: in a minority FORCE does not help.
func TestForcedFailoverNeedsVotes(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(2000)
		s.Partition(s.pick(0, 3))
		s.do(3, failover(cluster.FailoverForce))
		s.pass(10_000)
		s.check(s.self(3).IsReplica(), "it took over with one vote of three")
		s.Heal()
		s.must(s.Settle())
	})
}

// TestTakeover: nobody is asked, nobody else is there; the others believe the higher epoch later.
func TestTakeover(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(2000)
		epoch := s.machine(3).CurrentEpoch()
		s.Partition(s.Nodes[:3])
		s.do(3, failover(cluster.FailoverTakeover))
		s.check(s.self(3).IsPrimary() && s.self(3).ConfigEpoch == epoch+1, "it is %v with epoch %d", s.self(3).Flags, s.self(3).ConfigEpoch)
		s.check(s.noted(cluster.ElectionStarted, 3, 0) == 0, "it held an election")
		s.Heal()
		s.must(s.Settle())
		s.check(s.self(0).IsReplica() && s.self(0).Primary.ID == s.self(3).ID, "the old primary is %v", s.self(0).Flags)
	})
}

// TestFailoverRefusals: the texts are Redis's.
func TestFailoverRefusals(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.refused(0, "You should send CLUSTER FAILOVER to a replica", failover(cluster.FailoverTakeover))
		s.Nodes[0].Kill()
		s.pass(100)
		s.refused(3, "Master is down or failed, please use CLUSTER FAILOVER FORCE", func(m *cluster.Machine, now clock.Instant) error {
			for _, l := range m.Links() { // between two attempts to connect
				if l.Peer == m.Myself().Primary {
					m.Closed(now, l.Link)
				}
			}
			return m.Failover(now, cluster.FailoverAgreed)
		})
		s.within(3*timeout, "FAIL", func() bool { return s.self(3).Primary != nil && s.self(3).Primary.Failed() })
		s.refused(3, "Master is down or failed, please use CLUSTER FAILOVER FORCE", failover(cluster.FailoverAgreed))
	})
}
