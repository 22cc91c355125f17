package cluster_test

import (
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

// TestThirtyNodesForm: 15 primaries and 15 replicas are introduced to one of them, and all learn of all.
func TestThirtyNodesForm(t *testing.T) {
	tell(t, 15, 1, func(s *story) {
		for i := range s.Nodes {
			s.check(s.machine(i).Size() == 15, "node %d counts %d primaries", i, s.machine(i).Size())
			s.check(s.self(i).IP == s.Nodes[i].IP, "node %d thinks its address is %q", i, s.self(i).IP)
			s.check(s.self(i).IsPrimary() == (i < 15), "node %d is %v", i, s.self(i).Flags)
			primary := s.self(i % 15)
			s.check(s.self(i).ShardID == primary.ShardID, "node %d has another shard id than its primary", i)
		}
		s.check(len(s.Noted(cluster.PeerFailed)) == 0, "somebody failed while the cluster formed")
	})
}

// TestFreshNodesResolveCollisions: without SET-CONFIG-EPOCH all primaries begin with epoch 0 and must part.
func TestFreshNodesResolveCollisions(t *testing.T) {
	tellUnformed(t, cluster.DefaultOptions(), 7, func(s *story) {
		s.must(s.Join())
		s.must(s.Until(60_000, func() error { return s.distinctEpochs(7) }))
		highest := uint64(0)
		for i := range s.Nodes {
			highest = max(highest, s.self(i).ConfigEpoch)
		}
		s.pass(5000)
		s.check(s.machine(0).CurrentEpoch() == highest, "currentEpoch %d, highest configEpoch %d", s.machine(0).CurrentEpoch(), highest)
	})
}

// TestCollisionSmallerIDMoves: of two primaries with the same epoch the one with the smaller id takes a new one.
func TestCollisionSmallerIDMoves(t *testing.T) {
	tellUnformed(t, cluster.DefaultOptions(), 2, func(s *story) {
		small, large := 0, 1
		if s.self(0).ID.Compare(s.self(1).ID) > 0 {
			small, large = 1, 0
		}
		for i := range s.Nodes {
			s.do(i, func(m *cluster.Machine, now clock.Instant) error { return m.SetConfigEpoch(now, 5) })
		}
		s.must(s.Join())
		s.pass(5000)
		s.check(s.self(small).ConfigEpoch == 6, "the smaller id has epoch %d, want 6", s.self(small).ConfigEpoch)
		s.check(s.self(large).ConfigEpoch == 5, "the larger id has epoch %d, want 5", s.self(large).ConfigEpoch)
		s.check(s.seen(large, small).ConfigEpoch == 6, "the larger id has not heard of it")
	})
}

// TestHandshakeTimesOut: nobody listens, so the made-up node goes after the node timeout.
func TestHandshakeTimesOut(t *testing.T) {
	tellUnformed(t, cluster.DefaultOptions(), 1, func(s *story) {
		meet := func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, "10.9.9.9", 6379, 16379) }
		s.do(0, meet)
		s.do(0, meet)
		peers := s.machine(0).Peers()
		s.check(len(peers) == 2 && peers[1].InHandshake(), "two MEETs to one address make %d peers", len(peers)-1)
		s.pass(timeout - 200)
		s.check(len(s.machine(0).Peers()) == 2, "the handshake ended too early")
		s.pass(500)
		s.check(len(s.machine(0).Peers()) == 1, "the handshake did not end")
	})
}

// TestMeetMyself: meeting one's own address ends without a trace.
func TestMeetMyself(t *testing.T) {
	tellUnformed(t, cluster.DefaultOptions(), 1, func(s *story) {
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, s.Nodes[0].IP, 6379, 16379) })
		s.pass(1000)
		s.check(len(s.machine(0).Peers()) == 1, "knows %d nodes", len(s.machine(0).Peers()))
	})
}

// TestMeetAgain: meeting a known node changes nothing.
func TestMeetAgain(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, s.Nodes[1].IP, 6379, 16379) })
		s.pass(1000)
		s.agree()
		s.check(len(s.machine(0).Peers()) == 3, "knows %d nodes", len(s.machine(0).Peers()))
	})
}

// TestMeetSurvivesReset: the MEET is lost with its connection, and sent again on the next one.
func TestMeetSurvivesReset(t *testing.T) {
	tellUnformed(t, cluster.DefaultOptions(), 2, func(s *story) {
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, s.Nodes[1].IP, 6379, 16379) })
		s.Cut(s.Nodes[0], s.Nodes[1])
		s.pass(300)
		s.Nodes[1].Kill()
		s.Nodes[1].Start()
		s.Heal()
		s.within(5000, "an acquaintance", func() bool { return s.seen(0, 1) != nil && s.seen(1, 0) != nil })
	})
}

// TestWholeClusterRestarts: all nodes lose power and come back; nobody is elected, and primaries wait before they serve.
func TestWholeClusterRestarts(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(2000)
		before := s.Now()
		for _, n := range s.Nodes {
			n.Kill()
		}
		s.pass(500)
		for _, n := range s.Nodes {
			n.Start()
		}
		s.pass(1800)
		for i := range 3 {
			s.check(!s.machine(i).Up(), "primary %d is up during its startup delay", i)
		}
		s.must(s.Settle())
		for i := range s.Nodes {
			s.check(s.self(i).IsPrimary() == (i < 3), "node %d is %v", i, s.self(i).Flags)
			s.check(s.noted(cluster.ElectionStarted, i, before) == 0, "node %d held an election", i)
		}
	})
}
