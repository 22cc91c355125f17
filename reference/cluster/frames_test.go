package cluster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Single frames, made by hand and given to one node of a healthy cluster.

// frameFrom is a frame with the header that a node would send now.
func (s *story) frameFrom(node int, t bus.Type) *bus.Frame {
	self := s.self(node)
	f := &bus.Frame{Header: bus.Header{
		Type: t, Port: self.Port, BusPort: self.BusPort, CurrentEpoch: s.machine(node).CurrentEpoch(),
		ConfigEpoch: self.ConfigEpoch, Offset: s.Nodes[node].Offset, Sender: self.ID, Slots: *self.Slots, Flags: self.Flags,
	}}
	if self.Primary != nil {
		f.Primary, f.Slots, f.ConfigEpoch = self.Primary.ID, *self.Primary.Slots, self.Primary.ConfigEpoch
	}
	f.Ext.ShardID = self.ShardID
	return f
}

// link finds a link between two nodes, as the first knows it.
func (s *story) link(node, with int, inbound bool) cluster.LinkID {
	s.t.Helper()
	for _, l := range s.machine(node).Links() {
		if l.Peer.ID == s.self(with).ID && l.Inbound == inbound {
			return l.Link
		}
	}
	s.t.Fatalf("node %d has no such link with node %d", node, with)
	return 0
}

// hand gives a frame to a node as if it came in on the link that the other node opened, and returns what it noted.
func (s *story) hand(node, from int, f *bus.Frame) []cluster.Note {
	s.t.Helper()
	link := s.link(node, from, true)
	s.do(node, func(m *cluster.Machine, now clock.Instant) error {
		m.Receive(now, link, f, bus.HeaderBytes)
		return nil
	})
	return s.notes(node)
}

// notes are those of a node's last turn.
func (s *story) notes(node int) []cluster.Note {
	var notes []cluster.Note
	for _, e := range s.Nodes[node].Effects {
		if n, ok := e.(cluster.Note); ok {
			notes = append(notes, n)
		}
	}
	return notes
}

// synced reports whether a node's last turn saved nodes.conf for good.
func (s *story) synced(node int) bool {
	for _, e := range s.Nodes[node].Effects {
		if save, ok := e.(cluster.Save); ok && save.Sync {
			return true
		}
	}
	return false
}

// TestVoteRefusals goes through the reasons against a vote in the order of spec 5.2.
func TestVoteRefusals(t *testing.T) {
	for _, c := range []struct {
		why  string // a part of the note; empty: the vote is granted
		make func(s *story) *bus.Frame
	}{
		{"", func(s *story) *bus.Frame { return s.voteRequest(3) }},
		{"its epoch is over", func(s *story) *bus.Frame {
			f := s.voteRequest(3)
			f.CurrentEpoch = s.machine(1).CurrentEpoch() - 1
			return f
		}},
		{"already voted in this epoch", func(s *story) *bus.Frame {
			s.hand(1, 5, s.voteRequest(5)) // about another primary
			f := s.voteRequest(3)
			f.CurrentEpoch = s.machine(1).CurrentEpoch()
			return f
		}},
		{"it is a primary", func(s *story) *bus.Frame {
			f := s.frameFrom(0, bus.TypeAuthRequest)
			f.CurrentEpoch++
			f.Message = bus.ForceAck
			return f
		}},
		{"its primary is unknown", func(s *story) *bus.Frame {
			s.do(1, forget(s.id(0)))
			return s.voteRequest(3)
		}},
		{"its primary is up", func(s *story) *bus.Frame {
			f := s.voteRequest(3)
			f.Message = 0
			return f
		}},
		{"voted about this primary not long ago", func(s *story) *bus.Frame {
			s.hand(1, 6, s.voteRequest(6)) // its rival
			return s.voteRequest(3)
		}},
		{"somebody owns its slots with a newer epoch", func(s *story) *bus.Frame {
			f := s.voteRequest(3)
			f.ConfigEpoch = 0
			return f
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			tell(t, 3, 2, func(s *story) {
				s.pass(1000)
				f := c.make(s)
				from := 3
				if f.Sender == s.self(0).ID {
					from = 0
				}
				before := s.machine(1).Stats().Sent[bus.TypeAuthAck]
				notes := s.hand(1, from, f)
				granted := s.machine(1).Stats().Sent[bus.TypeAuthAck] > before
				s.check(granted == (c.why == ""), "granted: %v", granted)
				switch {
				case len(notes) != 1:
					t.Errorf("noted %v", notes)
				case granted:
					s.check(notes[0].Kind == cluster.VoteGranted && notes[0].Epoch == f.CurrentEpoch, "noted %v", notes)
					s.check(s.machine(1).LastVoteEpoch() == f.CurrentEpoch, "lastVoteEpoch is %d", s.machine(1).LastVoteEpoch())
					s.check(s.synced(1), "the vote leaves without being saved")
				default:
					s.check(notes[0].Kind == cluster.VoteRefused && notes[0].Detail == c.why, "noted %v", notes)
				}
			})
		})
	}
}

// voteRequest is a replica's request for a manual failover in a new epoch.
func (s *story) voteRequest(from int) *bus.Frame {
	f := s.frameFrom(from, bus.TypeAuthRequest)
	f.CurrentEpoch = s.machine(1).CurrentEpoch() + 1
	f.Message = bus.ForceAck
	return f
}

// TestNoVoteToGive: replicas and primaries without slots do not even say no.
func TestNoVoteToGive(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(500)
		f := s.voteRequest(3)
		s.check(len(s.hand(4, 3, f)) == 0, "a replica noted %v", s.notes(4))
		s.do(1, func(m *cluster.Machine, now clock.Instant) error { return m.FlushSlots(now) })
		s.check(len(s.hand(1, 3, f)) == 0, "a primary without slots noted %v", s.notes(1))
	})
}

// TestVoteSurvivesRestart: a voter is killed right after its vote. It comes back and remembers.
func TestVoteSurvivesRestart(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(500)
		f := s.voteRequest(3)
		s.hand(1, 3, f)
		s.check(s.machine(1).LastVoteEpoch() == f.CurrentEpoch, "no vote")
		s.Nodes[1].Kill()
		s.Nodes[1].Start()
		s.pass(500)
		again := s.frameFrom(5, bus.TypeAuthRequest)
		again.CurrentEpoch, again.Message = f.CurrentEpoch, bus.ForceAck
		notes := s.hand(1, 5, again)
		s.check(len(notes) == 1 && notes[0].Detail == "already voted in this epoch", "noted %v", notes)
	})
}

// TestVotesThatDoNotCount: those of replicas, of primaries without slots, of older epochs, and those nobody asked for.
func TestVotesThatDoNotCount(t *testing.T) {
	tell(t, 5, 1, func(s *story) {
		s.pass(1000)
		promoted := func() bool { return s.self(5).IsPrimary() }
		ack := func(from int) *bus.Frame { return s.frameFrom(from, bus.TypeAuthAck) }
		for _, from := range []int{1, 2, 3, 4} {
			s.hand(5, from, ack(from))
		}
		s.Partition(s.pick(0, 5))
		s.do(5, failover(cluster.FailoverForce))
		epoch := s.machine(5).CurrentEpoch()
		with := func(f *bus.Frame, change func(f *bus.Frame)) *bus.Frame {
			f.CurrentEpoch = epoch
			change(f)
			return f
		}
		keep := func(*bus.Frame) {}
		s.hand(5, 6, with(ack(6), keep))
		s.hand(5, 1, with(ack(1), func(f *bus.Frame) { f.CurrentEpoch-- }))
		s.hand(5, 2, with(ack(2), keep))
		s.do(5, func(m *cluster.Machine, now clock.Instant) error {
			var all []slot.Range
			for r := range s.self(4).Slots.Ranges() {
				all = append(all, r)
			}
			return m.DelSlots(now, all)
		})
		s.hand(5, 4, with(ack(4), keep))
		s.check(!promoted(), "promoted with two votes and those that do not count")
		s.hand(5, 3, with(ack(3), keep))
		s.check(!promoted(), "promoted with two votes")
		s.hand(5, 1, with(ack(1), keep))
		s.check(promoted(), "not promoted with three votes")
	})
}

// TestUpdatesThatDoNotCount: about nobody we know, about ourselves, and old news.
func TestUpdatesThatDoNotCount(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		update := func(id bus.NodeID, epoch uint64, slots ...slot.Slot) *bus.Frame {
			f := s.frameFrom(2, bus.TypeUpdate)
			f.Update = bus.Update{ConfigEpoch: epoch, ID: id}
			for _, n := range slots {
				f.Update.Slots.Add(n)
			}
			return f
		}
		stranger := bus.NodeID([]byte(strings.Repeat("e", 40)))
		s.hand(0, 2, update(stranger, 99, 1)) // the header of the first one is news
		version := s.machine(0).Version()
		s.hand(0, 2, update(stranger, 99, 1))
		s.hand(0, 2, update(s.self(0).ID, 99, 9000))
		s.hand(0, 2, update(s.self(1).ID, s.self(1).ConfigEpoch, 1))
		s.check(s.machine(0).Version() == version, "something changed")
		s.hand(0, 2, update(s.self(3).ID, 99, 1)) // about a replica: it must be a primary by now
		p := s.seen(0, 3)
		s.check(p.IsPrimary() && p.ConfigEpoch == 99 && s.machine(0).Owner(1) == p, "node 0 sees %v in epoch %d", p.Flags, p.ConfigEpoch)
		s.check(s.synced(0), "a change of epochs is not saved")
	})
}

// TestFrameFromBeforeThePromotion hands a new primary's frame from when it was a replica to those who know better.
func TestFrameFromBeforeThePromotion(t *testing.T) {
	tell(t, 3, 3, func(s *story) {
		old := s.frameFrom(3, bus.TypePong)
		s.do(3, func(m *cluster.Machine, now clock.Instant) error { return m.Failover(now, cluster.FailoverTakeover) })
		s.within(5000, "node 0 follows node 3", func() bool { return s.self(0).Primary != nil })
		for _, node := range []int{0, 1} {
			s.hand(node, 3, old)
			s.check(s.seen(node, 3).IsPrimary() && !s.seen(node, 3).Slots.Empty(), "node %d believed a frame from before the promotion", node)
		}
	})
}

// TestShardWithoutAnnouncement: nobody hears of a 7.0 primary's shard id, so the one its replica has made up for it is no
// reason to part them.
func TestShardWithoutAnnouncement(t *testing.T) {
	tell(t, 3, 3, func(s *story) {
		f := s.frameFrom(3, bus.TypePong)
		f.Ext.ShardID = bus.NodeID([]byte(strings.Repeat("7", len(bus.NodeID{}))))
		s.hand(1, 3, f)
		s.check(s.seen(1, 3).ShardID == s.seen(1, 0).ShardID, "a replica is in another shard than its primary")
		f = s.frameFrom(0, bus.TypePong)
		f.Ext.ShardID = bus.NodeID([]byte(strings.Repeat("8", len(bus.NodeID{}))))
		s.hand(1, 0, f)
		s.check(s.seen(1, 0).ShardID == f.Ext.ShardID, "a primary's own word on its shard was not taken")
		s.check(s.seen(1, 3).ShardID == f.Ext.ShardID, "the replica did not come along")
	})
}

// TestFailThatDoesNotCount: about ourselves, about strangers, or twice.
func TestFailThatDoesNotCount(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		fail := func(id bus.NodeID) *bus.Frame {
			f := s.frameFrom(1, bus.TypeFail)
			f.Failed = id
			return f
		}
		s.check(len(s.hand(0, 1, fail(s.self(0).ID))) == 0, "we failed")
		s.check(len(s.hand(0, 1, fail(bus.NodeID([]byte(strings.Repeat("e", 40)))))) == 0, "a stranger failed")
		notes := s.hand(0, 1, fail(s.self(2).ID))
		s.check(len(notes) == 2 && notes[0].Kind == cluster.PeerFailed && notes[1].Kind == cluster.StateChanged, "noted %v", notes)
		s.check(len(s.hand(0, 1, fail(s.self(2).ID))) == 0, "it failed twice")
	})
}

// TestStranger: whoever pings gets an answer; only MEET opens the door, and nothing else has an effect.
func TestStranger(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		stranger := bus.NodeID([]byte(strings.Repeat("e", 40)))
		var link cluster.LinkID
		s.do(0, func(m *cluster.Machine, now clock.Instant) error {
			link = m.Accepted(now, "10.8.8.8", "10.0.0.1")
			return nil
		})
		give := func(t bus.Type) {
			f := s.frameFrom(1, t)
			f.Sender, f.CurrentEpoch, f.ConfigEpoch, f.Failed = stranger, 99, 99, s.self(2).ID
			f.Channel, f.Payload = []byte("a"), []byte("b")
			f.Gossip = []bus.Gossip{{ID: bus.NodeID([]byte(strings.Repeat("d", 40))), IP: "10.1.1.1", Port: 1, BusPort: 2, Flags: bus.FlagPrimary},
				{ID: s.self(2).ID, IP: "10.1.1.1", Port: 1, BusPort: 2, Flags: bus.FlagPrimary | bus.FlagFail}}
			s.do(0, func(m *cluster.Machine, now clock.Instant) error { m.Receive(now, link, f, 3000); return nil })
		}
		pongs := s.machine(0).Stats().Sent[bus.TypePong]
		for typ := range bus.Type(13) {
			if typ != bus.TypeMeet {
				give(typ)
			}
		}
		m := s.machine(0)
		s.check(len(m.Peers()) == 3 && m.CurrentEpoch() < 99, "it learned from a stranger")
		s.check(m.Stats().Sent[bus.TypePong] == pongs+1, "a stranger's ping got %d pongs", m.Stats().Sent[bus.TypePong]-pongs)
		reports, _ := m.CountFailureReports(s.id(2))
		s.check(reports == 0, "a stranger's report counts")
		give(bus.TypeMeet)
		give(bus.TypeMeet)
		peers := m.Peers()
		s.check(len(peers) == 4 && peers[3].InHandshake() && peers[3].IP == "10.8.8.8", "two MEETs make %d peers", len(peers)-3)
		s.check(m.Stats().Sent[bus.TypePong] == pongs+3, "MEET got no pong")
		s.check(m.Stats().Received[bus.TypeMFStart] == 1 && m.Stats().ReceivedBytes > 13*3000, "frames are not counted")
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { m.Closed(now, link); give(bus.TypePing); return nil })
		s.check(m.Stats().Sent[bus.TypePong] == pongs+3, "it answered on a closed link")
	})
}

// TestNewerLinkReplacesOlder: a node keeps one accepted link for each peer.
func TestNewerLinkReplacesOlder(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		old := s.link(0, 1, true)
		var link cluster.LinkID
		s.do(0, func(m *cluster.Machine, now clock.Instant) error {
			link = m.Accepted(now, s.Nodes[1].IP, s.Nodes[0].IP)
			m.Receive(now, link, s.frameFrom(1, bus.TypePing), 3000)
			return nil
		})
		s.check(s.link(0, 1, true) == link && link != old, "the older link stays")
		// The same link under another name: a node that was reset.
		s.do(0, func(m *cluster.Machine, now clock.Instant) error {
			m.Receive(now, link, s.frameFrom(2, bus.TypePing), 3000)
			return nil
		})
		s.check(s.link(0, 2, true) == link, "the link stays with its first name")
		s.must(sound(s))
	})
}

// TestPoison: text from the bus that would tear the lines of CLUSTER NODES apart, and ids that are none, get nowhere.
func TestPoison(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		bad := bus.NodeID([]byte(strings.Repeat("e", 39) + "\n"))
		good := bus.NodeID([]byte(strings.Repeat("e", 40)))
		f := s.frameFrom(1, bus.TypePing)
		f.IP = "10.0.0.2 evil"
		f.Ext.Hostname, f.Ext.Nodename = "a b", "x\ny"
		f.Ext.ShardID = bad
		f.Gossip = []bus.Gossip{{ID: good, IP: "1.1.1.1\n", Port: 1, BusPort: 2}, {ID: good, IP: "", Port: 1, BusPort: 2}}
		shard := s.seen(0, 1).ShardID
		s.hand(0, 1, f)
		p := s.seen(0, 1)
		s.check(p.IP == "10.0.0.2" && p.Hostname == "" && p.Nodename == "" && p.ShardID == shard, "node 0 sees %q %q %q", p.IP, p.Hostname, p.Nodename)
		s.check(len(s.machine(0).Peers()) == 3, "a node without an address was added")
		f.Gossip = []bus.Gossip{{ID: good, IP: "1.1.1.1", Port: 1, BusPort: 2}, {ID: bad, IP: "1.1.1.1", Port: 1, BusPort: 2}}
		s.hand(0, 1, f)
		s.check(len(s.machine(0).Peers()) == 3, "a section with a malformed id was believed")
		f.Gossip = []bus.Gossip{{ID: good, IP: "1.1.1.1", Port: 1, BusPort: 2, Flags: 0xffff &^ bus.FlagNoAddr}}
		s.hand(0, 1, f)
		p = s.machine(0).Peer(good)
		s.check(p != nil && !p.IsMyself() && !p.InHandshake() && p.Failed(), "node 0 sees %v", p)
		f.Gossip = []bus.Gossip{{ID: bus.NodeID([]byte(strings.Repeat("f", 40))), IP: "1.1.1.1", Port: 1, BusPort: 2, Flags: bus.FlagNoAddr}}
		s.hand(0, 1, f)
		s.check(len(s.machine(0).Peers()) == 4, "a node without an address was added")
	})
}

// TestBlacklist: gossip about a node that was forgotten is not heard for a minute.
func TestBlacklist(t *testing.T) {
	tell(t, 3, 0, func(s *story) {
		stranger := bus.NodeID([]byte(strings.Repeat("e", 40)))
		f := s.frameFrom(1, bus.TypePing)
		f.Gossip = []bus.Gossip{{ID: stranger, IP: "10.1.1.1", Port: 1, BusPort: 2, Flags: bus.FlagPrimary}}
		s.hand(0, 1, f)
		s.do(0, forget(stranger.String()))
		for range 59 {
			s.hand(0, 1, f)
			s.check(s.machine(0).Peer(stranger) == nil, "it is back")
			s.pass(1000)
		}
		s.pass(2000)
		s.hand(0, 1, f)
		s.check(s.machine(0).Peer(stranger) != nil, "it is not let in after the minute")
	})
}

// TestHandshakeWithMalformedName: the answer's sender id is none, so there is nobody to know.
func TestHandshakeWithMalformedName(t *testing.T) {
	tell(t, 2, 0, func(s *story) {
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, "10.9.9.9", 6379, 16379) })
		s.pass(200)
		s.do(0, func(m *cluster.Machine, now clock.Instant) error {
			for _, l := range m.Links() {
				if l.Peer.InHandshake() {
					f := s.frameFrom(1, bus.TypePong)
					f.Sender[3] = ' '
					m.Connected(now, l.Link, "10.0.0.1")
					m.Receive(now, l.Link, f, 3000)
				}
			}
			return nil
		})
		s.check(len(s.machine(0).Peers()) == 2, "it knows %d nodes", len(s.machine(0).Peers()))
	})
}

// TestFloods: neither strangers that all want to be met nor a node that gossips about anybody can fill our memory. When the
// flood is over, handshakes end by their timeout, and a human's MEET is heard all the time.
func TestFloods(t *testing.T) {
	tell(t, 2, 0, func(s *story) {
		const flood, handshakesMax, peersMax = 5000, 4096, 32768
		stranger := s.frameFrom(1, bus.TypeMeet)
		stranger.Sender = bus.NodeID([]byte(strings.Repeat("e", 40)))
		for i := range flood {
			stranger.Port = uint16(i)
			s.hand(0, 1, stranger)
		}
		s.check(len(s.machine(0).Peers()) == 2+handshakesMax, "it knows %d nodes", len(s.machine(0).Peers()))
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, "10.9.9.9", 6379, 16379) })
		s.check(len(s.machine(0).Peers()) == 3+handshakesMax, "MEET is not heard")
		s.pass(3000)
		s.check(len(s.machine(0).Peers()) == 2, "%d handshakes go on", len(s.machine(0).Peers())-2)
		gossip := s.frameFrom(1, bus.TypePing)
		for i := range peersMax {
			id := bus.NodeID([]byte(fmt.Sprintf("%040x", i)))
			gossip.Gossip = append(gossip.Gossip, bus.Gossip{ID: id, IP: "10.9.9.9", Port: 1, BusPort: 2, Flags: bus.FlagPrimary})
		}
		s.hand(0, 1, gossip)
		s.check(len(s.machine(0).Peers()) == peersMax, "it knows %d nodes", len(s.machine(0).Peers()))
	})
}

// TestMadeUpIDs: nobody has the id of a node in handshake, which we have made up and show in CLUSTER NODES. Who uses it is
// a stranger, and who answers with that of another handshake is nobody.
func TestMadeUpIDs(t *testing.T) {
	tell(t, 2, 0, func(s *story) {
		for _, ip := range []string{"10.9.9.8", "10.9.9.9"} {
			s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.Meet(now, ip, 6379, 16379) })
		}
		s.pass(200)
		first, second := s.machine(0).Peers()[2], s.machine(0).Peers()[3]
		f := s.frameFrom(1, bus.TypePing)
		f.Sender, f.Primary, f.Flags = first.ID, s.self(0).ID, bus.FlagReplica
		s.hand(0, 1, f)
		s.check(first.InHandshake() && !first.IsReplica() && first.Primary == nil, "a stranger made it %v", first.Flags)
		f = s.frameFrom(1, bus.TypePong)
		f.Sender = second.ID
		s.do(0, func(m *cluster.Machine, now clock.Instant) error {
			for _, l := range m.Links() {
				if l.Peer == first {
					m.Connected(now, l.Link, "10.0.0.1")
					m.Receive(now, l.Link, f, 3000)
				}
			}
			return nil
		})
		s.check(s.machine(0).Peer(first.ID) == nil && s.machine(0).Peer(second.ID) == second && second.InHandshake(), "the handshakes are mixed up")
		s.must(sound(s))
	})
}

// TestOwnAddressTaken: a peer's address has become ours. Our own answer there must not be taken for the peer's.
func TestOwnAddressTaken(t *testing.T) {
	tell(t, 2, 0, func(s *story) {
		f := s.frameFrom(0, bus.TypePong)
		link := s.link(0, 1, false)
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { m.Receive(now, link, f, 3000); return nil })
		s.check(!s.seen(0, 1).HasAddress(), "node 1 has the address %s", s.seen(0, 1).IP)
	})
}

// TestSenderOfManualStart: only our own replica can make us hold our writes.
func TestSenderOfManualStart(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.hand(0, 4, s.frameFrom(4, bus.TypeMFStart))
		s.check(!s.machine(0).Paused(), "another's replica paused us")
		s.hand(0, 3, s.frameFrom(3, bus.TypeMFStart))
		s.check(s.machine(0).Paused(), "our replica did not pause us")
		s.do(0, forget(s.id(3)))
		s.check(!s.machine(0).Paused(), "we wait for a replica that we forgot")
	})
}

// TestReplicasOfReplicas: our primary became a replica, and nobody took its slots. We follow to its primary.
func TestReplicasOfReplicas(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		f := s.frameFrom(0, bus.TypePing)
		f.Primary, f.Slots, f.Flags = s.self(1).ID, *s.self(1).Slots, bus.FlagReplica
		s.hand(3, 0, f)
		s.check(s.self(3).Primary.ID == s.self(0).ID, "it followed before slots moved")
		g := s.frameFrom(2, bus.TypePing)
		g.Slots.Remove(16383)
		s.hand(3, 2, g)
		s.check(s.self(3).Primary.ID == s.self(1).ID, "it replicates %v", s.self(3).Primary.ID)
	})
}

// TestDroppedFramesAreCounted: a frame that contradicts itself still is a received one (spec 2.6).
func TestDroppedFramesAreCounted(t *testing.T) {
	tell(t, 1, 0, func(s *story) {
		s.machine(0).Dropped(bus.TypePublish, 2300)
		s.machine(0).Dropped(bus.Type(77), 2300)
		stats := s.machine(0).Stats()
		s.check(stats.Received[bus.TypePublish] == 1 && stats.ReceivedBytes == 4600, "counted %+v", stats)
	})
}
