package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

func forget(id string) func(*cluster.Machine, clock.Instant) error {
	return func(m *cluster.Machine, now clock.Instant) error { return m.Forget(now, id) }
}

// TestForget: one CLUSTER FORGET reaches all nodes (7.2), and for a minute gossip does not bring the node back.
func TestForget(t *testing.T) {
	tell(t, 4, 0, func(s *story) {
		out := s.self(3).ID
		s.Partition(s.pick(0, 1), s.pick(2, 3))
		s.do(0, forget(out.String()))
		forgotten := s.Now()
		s.check(s.machine(0).Owner(16383) == nil, "its slots are still bound")
		s.within(3000, "the news", func() bool { return s.machine(1).Peer(out) == nil })
		s.check(s.machine(2).Peer(out) != nil, "the news crossed the partition")
		s.pass(10_000)
		s.do(0, forget(out.String())) // again: it is what we want
		s.Partition(s.pick(0, 1, 2), s.pick(3))
		s.within(3000, "the news", func() bool { return s.machine(2).Peer(out) == nil })
		s.Heal() // now only the forgotten node knows of it
		for s.Now() < forgotten+120_000 {
			s.pass(1000)
			for i := range 3 {
				s.check(s.machine(i).Peer(out) == nil, "node %d knows it again", i)
			}
			if s.t.Failed() {
				return
			}
		}
		s.check(s.machine(3).Peer(s.self(0).ID) != nil, "the forgotten node forgot, too")
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, s.Nodes[3].IP, 6379, 16379) })
		s.must(s.Settle()) // a minute later it may be met again
	})
}

// TestForgottenComesBackByGossip: a node that did not hear of FORGET brings the forgotten one back, once the minute is over.
func TestForgottenComesBackByGossip(t *testing.T) {
	for _, wait := range []clock.Millis{50_000, 70_000} {
		tell(t, 5, 0, func(s *story) {
			out := s.self(4).ID
			s.Partition(s.pick(0, 1), s.pick(2, 3, 4))
			s.pass(3 * timeout) // no connection is left that would bring the news later
			for i := range 2 {
				s.do(i, forget(out.String()))
			}
			s.pass(wait)
			s.Partition(s.pick(4))
			s.pass(15_000)
			known := s.machine(0).Peer(out) != nil
			s.check(known == (wait > 60_000), "after %d ms it is known: %v", wait, known)
		})
	}
}

// TestForgetRefusals: the texts are Redis's.
func TestForgetRefusals(t *testing.T) {
	nobody := strings.Repeat("e", 40)
	tell(t, 2, 1, func(s *story) {
		s.refused(0, "Unknown node "+nobody, forget(nobody))
		s.refused(0, "Unknown node x", forget("x"))
		s.refused(0, "I tried hard but I can't forget myself...", forget(s.id(0)))
		s.refused(2, "Can't forget my master!", forget(s.id(0)))
		s.do(2, forget(s.id(3)))
		s.do(2, forget(s.id(3)))
		s.pass(3000)
		s.check(s.machine(3).Peer(s.self(2).ID) != nil, "a node forgot itself")
	})
}

// TestForgottenPrimaryOfOthers: a replica does not forget its primary because somebody else did; others lose the bond.
func TestForgottenPrimaryOfOthers(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		primary := s.self(0).ID
		s.do(1, forget(primary.String()))
		s.check(s.seen(1, 3).Primary == nil && s.seen(1, 3).IsReplica(), "node 1 still knows node 3's primary")
		s.check(strings.Contains(string(s.machine(1).AppendNode(nil, s.seen(1, 3), s.Nodes[1].Now())), " slave - "), "the line names a primary")
		s.pass(5000)
		s.check(s.self(3).Primary != nil && s.self(3).Primary.ID == primary, "the replica forgot its primary")
	})
}

// TestNodeMoves: a node that restarts at another address pings the others, which follow it there; its replica, too.
func TestNodeMoves(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(2000)
		s.Nodes[0].Kill()
		s.Nodes[0].IP = "10.7.7.7"
		s.Nodes[0].Start()
		s.must(s.Settle())
		s.check(s.self(0).IsPrimary(), "it was replaced although it came back at once")
		for i := range s.Nodes[1:] {
			s.check(s.seen(i+1, 0).IP == "10.7.7.7", "node %d looks for it at %s", i+1, s.seen(i+1, 0).IP)
		}
		follows := 0
		for _, e := range s.Noted(cluster.AddressChanged) {
			if e.Node.Index == 3 && e.Note.Peer == s.self(0).ID {
				follows++
			}
		}
		s.check(follows > 0, "its replica did not notice")
		s.pass(3000)
		up, _ := s.Nodes[3].Link()
		s.check(up, "its replica does not replicate from the new address")
	})
}

// TestGossipTellsNewAddress: a node that moved cannot reach one of the others. That one learns the address from a third.
func TestGossipTellsNewAddress(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		s.pass(2000)
		s.Cut(s.Nodes[0], s.Nodes[1])
		s.Cut(s.Nodes[1], s.Nodes[0])
		s.Nodes[0].Kill()
		s.Nodes[0].IP = "10.7.7.7"
		s.Nodes[0].Start()
		s.pass(10_000)
		s.check(s.seen(2, 0).IP == "10.7.7.7", "node 2 looks for it at %s", s.seen(2, 0).IP)
		s.check(s.seen(1, 0).IP == "10.7.7.7", "node 1 looks for it at %s", s.seen(1, 0).IP)
		s.Heal()
		s.must(s.Settle())
	})
}

// TestAnotherNodeAtTheAddress: a fresh node listens where a known one was. It is not taken for it (spec 2.8).
func TestAnotherNodeAtTheAddress(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		s.pass(2000)
		old := s.self(2).ID
		s.Nodes[2].Kill()
		s.Nodes[2].Disk.Synced = nil
		s.Nodes[2].Start()
		s.within(5000, "the discovery", func() bool {
			return !s.machine(0).Peer(old).HasAddress() && !s.machine(1).Peer(old).HasAddress()
		})
		line := string(s.machine(0).AppendNode(nil, s.machine(0).Peer(old), s.Nodes[0].Now()))
		s.check(strings.HasPrefix(line, old.String()+" :0@0 master,"), "the line is %s", line)
		s.check(strings.Contains(line, "noaddr"), "the line is %s", line)
		s.check(s.seen(0, 2) == nil, "the fresh node was let in without MEET")
		s.check(s.noted(cluster.AddressLost, 0, 0) == 1, "noted %d times", s.noted(cluster.AddressLost, 0, 0))
	})
}

// TestHalfOpenLink: a connection that carries nothing any more is replaced before its node is taken for dead.
func TestHalfOpenLink(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		s.pass(3000)
		for range 20 {
			s.LoseConnection()
			s.pass(4000)
		}
		s.must(s.Settle())
		s.check(len(s.Noted(cluster.PeerFailed)) == 0, "a lost connection made a node fail")
	})
}

// TestNames: hostname and nodename reach everybody, and go when they are not announced any more.
func TestNames(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		options := cluster.DefaultOptions()
		options.NodeTimeout = timeout
		options.AnnounceHostname, options.AnnounceNodename = "a.example.com", "node-a"
		options.AnnouncePort, options.AnnounceBusPort = 7000, 16379
		set := func(o cluster.Options) func(*cluster.Machine, clock.Instant) error {
			return func(m *cluster.Machine, now clock.Instant) error { m.SetOptions(o, now); return nil }
		}
		version := s.machine(1).Version()
		s.do(0, set(options))
		s.pass(4000)
		p := s.seen(1, 0)
		s.check(p.Hostname == "a.example.com" && p.Nodename == "node-a" && p.Port == 7000, "node 1 sees %q, %q, port %d", p.Hostname, p.Nodename, p.Port)
		s.check(s.machine(1).Version() > version, "the version did not grow")
		line := string(s.machine(1).AppendNode(nil, p, s.Nodes[1].Now()))
		s.check(strings.Contains(line, " 10.0.0.1:7000@16379,a.example.com master "), "the line is %s", line)
		options.AnnounceHostname, options.AnnounceNodename = "", ""
		s.do(0, set(options))
		s.pass(4000)
		s.check(p.Hostname == "" && p.Nodename == "", "node 1 still sees %q, %q", p.Hostname, p.Nodename)
	})
}

// TestAnnouncedAddress: cluster-announce-ip replaces the address of the socket; without it the address is learned anew.
func TestAnnouncedAddress(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		options := cluster.DefaultOptions()
		options.NodeTimeout = timeout
		options.AnnounceIP = "10.0.0.3"
		s.Nodes[2].Kill()
		s.Nodes[0].Kill()
		s.Nodes[0].IP = "10.0.0.3" // the announced address is the real one, the socket's is another's
		s.Nodes[2].IP = "10.0.0.1"
		s.Nodes[0].Start()
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { m.SetOptions(options, now); return nil })
		s.pass(2000)
		s.check(s.self(0).IP == "10.0.0.3" && s.seen(1, 0).IP == "10.0.0.3", "node 1 sees %s", s.seen(1, 0).IP)
		options.AnnounceIP = ""
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { m.SetOptions(options, now); return nil })
		s.check(s.self(0).IP == "", "it keeps an address that it does not announce any more")
		s.within(5000, "a ping that tells the address", func() bool { return s.self(0).IP == "10.0.0.3" })
	})
}

// TestReset: a replica becomes an empty primary that knows nobody; hard: under another name, in epoch 0.
func TestReset(t *testing.T) {
	for _, hard := range []bool{false, true} {
		t.Run(fmt.Sprintf("hard=%v", hard), func(t *testing.T) {
			tell(t, 3, 1, func(s *story) {
				reset := func(m *cluster.Machine, now clock.Instant) error { return m.Reset(now, hard) }
				s.pass(2000)
				s.Nodes[0].Keys[0], s.Nodes[3].Keys[0] = 1, 1
				s.refused(0, "CLUSTER RESET can't be called with master nodes containing keys", reset)
				id, shard, epoch := s.self(3).ID, s.self(3).ShardID, s.machine(3).CurrentEpoch()
				s.do(3, reset)
				m := s.machine(3)
				s.check(len(m.Peers()) == 1 && m.Myself().IsPrimary() && m.Owner(0) == nil, "it is not empty: %s", m.Nodes())
				s.check((m.Myself().ID == id) != hard && (m.Myself().ShardID == shard) != hard, "the id is %v, it was %v", m.Myself().ID, id)
				s.check((m.CurrentEpoch() == epoch) != hard, "the epoch is %d", m.CurrentEpoch())
				s.check(m.Peer(m.Myself().ID) == m.Myself(), "it does not know itself by its id")
				s.check(len(s.Nodes[3].Keys) == 0, "it kept its keys")
				if hard {
					s.check(m.LastVoteEpoch() == 0 && m.Myself().ConfigEpoch == 0, "epochs are left")
				}
				clear(s.Nodes[0].Keys)
				s.do(0, reset)
				s.check(s.self(0).SlotCount() == 0 && len(s.machine(0).Peers()) == 1, "the primary is not empty")
				s.pass(5000)
				s.must(sound(s))
			})
		})
	}
}

// TestResetReplicaComesBack: after a soft reset a node joins again and replicates the primary it had. Everybody believes
// it, although it calls itself a primary in between, in a higher epoch than its primary's.
func TestResetReplicaComesBack(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.do(3, func(m *cluster.Machine, now clock.Instant) error { return m.Reset(now, false) })
		s.pass(2000)
		s.do(3, func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, s.Nodes[0].IP, 6379, 16379) })
		s.within(10_000, "everybody", func() bool { return len(s.machine(3).Peers()) == 6 && s.seen(1, 3).IsPrimary() })
		s.check(s.seen(1, 3).ConfigEpoch > s.self(0).ConfigEpoch, "it has a lower epoch than its primary: this shows nothing")
		s.do(3, func(m *cluster.Machine, now clock.Instant) error { return m.Replicate(now, s.id(0)) })
		s.must(s.Settle())
	})
}

// TestReplicateRefusals: the texts are Redis's.
func TestReplicateRefusals(t *testing.T) {
	replicate := func(id string) func(*cluster.Machine, clock.Instant) error {
		return func(m *cluster.Machine, now clock.Instant) error { return m.Replicate(now, id) }
	}
	nobody := strings.Repeat("e", 40)
	tell(t, 2, 1, func(s *story) {
		s.refused(0, "Unknown node "+nobody, replicate(nobody))
		s.refused(0, "Can't replicate myself", replicate(s.id(0)))
		s.refused(0, "I can only replicate a master, not a replica.", replicate(s.id(3)))
		s.refused(0, "To set a master the node must be empty and without assigned slots.", replicate(s.id(1)))
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.FlushSlots(now) })
		s.Nodes[0].Keys[3] = 1
		s.refused(0, "To set a master the node must be empty and without assigned slots.", replicate(s.id(1)))
		clear(s.Nodes[0].Keys)
		s.do(0, replicate(s.id(1)))
		s.check(s.self(0).IsReplica() && s.self(0).Primary.ID == s.self(1).ID, "it is %v", s.self(0).Flags)
	})
}

// TestReplicasAndReports lists replicas, and who complains about whom.
func TestReplicasAndReports(t *testing.T) {
	tell(t, 3, 2, func(s *story) {
		s.pass(2000)
		replicas, err := s.machine(1).Replicas(s.id(0))
		s.check(err == nil && len(replicas) == 2, "%d replicas, %v", len(replicas), err)
		_, err = s.machine(1).Replicas(s.id(3))
		s.check(err != nil && err.Error() == "The specified node is not a master", "the refusal is %v", err)
		_, err = s.machine(1).Replicas("x")
		s.check(err != nil && err.Error() == "Unknown node x", "the refusal is %v", err)
		_, err = s.machine(1).CountFailureReports("x")
		s.check(err != nil && err.Error() == "Unknown node x", "the refusal is %v", err)
		id := s.id(3)
		s.Nodes[3].Kill()
		const majority = 2 // the third primary may hear FAIL before it has told node 6 what it suspects itself
		s.within(3*timeout, "reports", func() bool {
			count, err := s.machine(6).CountFailureReports(id)
			return err == nil && count >= majority
		})
		s.Nodes[3].Start()
		s.must(s.Settle())
		s.pass(5 * timeout)
		count, _ := s.machine(6).CountFailureReports(id)
		s.check(count == 0, "%d reports are left", count)
	})
}

// TestPublish: a message reaches every other node once; a sharded one only the other nodes of the shard.
func TestPublish(t *testing.T) {
	tell(t, 3, 2, func(s *story) {
		s.pass(1000)
		for _, shard := range []bool{false, true} {
			for i := range s.Nodes {
				s.Nodes[i].Delivered = nil
			}
			s.do(3, func(m *cluster.Machine, now clock.Instant) error {
				m.Publish([]byte("news"), []byte("hello"), shard)
				return nil
			})
			s.pass(100)
			for i, n := range s.Nodes {
				want := i != 3 && (!shard || i%3 == 0)
				s.check((len(n.Delivered) == 1) == want, "shard %v: node %d got %q", shard, i, n.Delivered)
				if want && len(n.Delivered) == 1 {
					s.check(n.Delivered[0] == fmt.Sprintf("news hello %v", shard), "node %d got %q", i, n.Delivered[0])
				}
			}
		}
	})
}

// TestRefusedAddresses: MEET wants a literal address and ports that exist.
func TestRefusedAddresses(t *testing.T) {
	tellUnformed(t, cluster.DefaultOptions(), 1, func(s *story) {
		for _, c := range []struct {
			ip            string
			port, busPort int
		}{{"localhost", 1, 1}, {"", 1, 1}, {"1.2.3", 1, 1}, {"fe80::1%eth0", 1, 1}, {"1.2.3.4", 0, 1}, {"1.2.3.4", 65536, 1}, {"::1", 1, 0}, {"::1", 1, 65536}} {
			s.refused(0, fmt.Sprintf("Invalid node address specified: %s:%d", c.ip, c.port),
				func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, c.ip, c.port, c.busPort) })
		}
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, "0:0::1", 1, 2) })
		s.check(s.machine(0).Peers()[1].IP == "::1", "the address is kept as %s", s.machine(0).Peers()[1].IP)
	})
}

// TestEpochCommands: SET-CONFIG-EPOCH is for fresh nodes, BUMPEPOCH stops when there is nothing to gain.
func TestEpochCommands(t *testing.T) {
	set := func(epoch int64) func(*cluster.Machine, clock.Instant) error {
		return func(m *cluster.Machine, now clock.Instant) error { return m.SetConfigEpoch(now, epoch) }
	}
	fresh := start(t, "")
	if epoch, bumped := fresh.BumpEpoch(); epoch != 1 || !bumped {
		t.Errorf("BUMPEPOCH of a fresh node gives %d, %v", epoch, bumped)
	}
	tellUnformed(t, cluster.DefaultOptions(), 2, func(s *story) {
		s.refused(0, "Invalid config epoch specified: -1", set(-1))
		s.do(0, set(7))
		s.refused(0, "Node config epoch is already non-zero", set(8))
		s.check(s.machine(0).CurrentEpoch() == 7 && s.self(0).ConfigEpoch == 7, "the epochs are %d and %d", s.machine(0).CurrentEpoch(), s.self(0).ConfigEpoch)
		s.must(s.Join())
		s.refused(1, "The user can assign a config epoch only when the node does not know any other node.", set(9))
		s.pass(2000)
		for _, want := range []struct {
			node   int
			epoch  uint64
			bumped bool
		}{{0, 7, false}, {1, 8, true}, {1, 8, false}} {
			s.do(want.node, func(m *cluster.Machine, now clock.Instant) error {
				if epoch, bumped := m.BumpEpoch(); epoch != want.epoch || bumped != want.bumped {
					return fmt.Errorf("BUMPEPOCH of node %d gives %d, %v", want.node, epoch, bumped)
				}
				return nil
			})
		}
		s.pass(2000)
		s.check(s.machine(0).CurrentEpoch() == 8, "node 0 has not heard of epoch 8")
	})
}
