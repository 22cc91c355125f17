package bus

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/slot"
)

var record = flag.String("record", "", "keep one frame of each type in testdata/<name>, where name says which server sent them")

// TestRealFrames makes two real servers, A and B, send a scripted peer every type of message there is but those of
// modules. Everything they send must be understood and come back byte by byte; everything the peer sends they must
// understand, or the next step never happens.
func TestRealFrames(t *testing.T) {
	a := startRedis(t, "--cluster-node-timeout", "1500", "--cluster-announce-hostname", "a.example.com")
	b := startRedis(t, "--cluster-node-timeout", "1500", "--cluster-announce-ip", "127.0.0.1")
	_, _ = a.Do("CONFIG SET cluster-announce-human-nodename node-a") // 7.0 does not know it
	a.must(t, "CLUSTER ADDSLOTSRANGE 0 100 5460 5460")
	a.must(t, "CLUSTER SET-CONFIG-EPOCH 1")
	a.must(t, fmt.Sprintf("CLUSTER MEET 127.0.0.1 %d %d", b.Port, b.BusPort))
	p := newPeer(t, mustID(t, strings.Repeat("0123456789", 4)))
	s := script{t, a, b, p, a.id(t), b.id(t)}

	s.join()
	s.claimAnotherNodesSlot()
	s.publish()
	s.askForVote()
	s.takeOver()
	s.fail()
	s.forget()
	s.compare()
}

type script struct {
	t    *testing.T
	a, b *redis
	p    *peer
	idA  NodeID
	idB  NodeID
}

// join lets A meet the peer, and the peer connect back.
func (s *script) join() {
	s.p.change(func(self *Frame) { self.Ext = Extensions{Hostname: "peer.example.com", ShardID: s.p.self.Sender} })
	s.a.must(s.t, fmt.Sprintf("CLUSTER MEET 127.0.0.1 1 %d", s.p.self.BusPort))
	meet := s.p.await("a meet from A", func(f *Frame) bool { return f.Type == TypeMeet && f.Sender == s.idA })
	const lightHeader Flags = 1 << 11 // Valkey 8 says that it reads shorter headers
	if meet.Flags&^lightHeader != FlagMyself|FlagPrimary || int(meet.BusPort) != s.a.BusPort {
		s.t.Errorf("A introduces itself as %v", meet)
	}
	s.knows("A to know the peer with its hostname", s.a, ",peer.example.com master")
	s.p.send(s.p.dial(s.a), TypePing)
	pong := s.p.await("a pong from A", func(f *Frame) bool { return f.Type == TypePong && f.Sender == s.idA })
	if got, want := pong.Slots.Len(), 102; got != want || !pong.Slots.Has(5460) || pong.ConfigEpoch != 1 {
		s.t.Errorf("A's pong is %v, want one with %d slots and epoch 1", pong, want)
	}
	aboutB := func(f *Frame) int { return slices.IndexFunc(f.Gossip, func(g Gossip) bool { return g.ID == s.idB }) }
	ping := s.p.await("a ping with gossip about B", func(f *Frame) bool {
		return f.Type == TypePing && f.Sender == s.idA && aboutB(f) >= 0 && f.Ext.Hostname == "a.example.com"
	})
	if g := ping.Gossip[aboutB(ping)]; g.IP != "127.0.0.1" || int(g.BusPort) != s.b.BusPort || !g.Flags.Has(FlagPrimary) {
		s.t.Errorf("A says of B %+v", g)
	}
	s.p.await("B's announced address", func(f *Frame) bool { return f.Sender == s.idB && f.IP == "127.0.0.1" })
}

// claimAnotherNodesSlot draws an update about A from A.
func (s *script) claimAnotherNodesSlot() {
	s.p.change(func(self *Frame) { self.Slots.Add(5) })
	s.p.send(s.p.dial(s.a), TypePing)
	update := s.p.await("an update from A", func(f *Frame) bool { return f.Type == TypeUpdate && f.Sender == s.idA })
	if u := &update.Update; u.ID != s.idA || u.ConfigEpoch != 1 || u.Slots.Len() != 102 {
		s.t.Errorf("the update is %v", update)
	}
}

// publish draws messages of both kinds; sharded ones go to replicas of the slot's owner only.
func (s *script) publish() {
	s.a.must(s.t, "PUBLISH channel hello")
	s.p.await("a publish", func(f *Frame) bool {
		return f.Type == TypePublish && string(f.Channel) == "channel" && string(f.Payload) == "hello"
	})
	s.replicate(s.idA)
	s.knows("A to take the peer for its replica", s.a, "slave "+s.idA.String())
	channel := ""
	for i := 0; channel == ""; i++ {
		if name := fmt.Sprintf("channel-%d", i); slot.OfString(name) <= 100 {
			channel = name
		}
	}
	s.a.must(s.t, "SPUBLISH "+channel+" hello")
	s.p.await("a sharded publish", func(f *Frame) bool { return f.Type == TypePublishShard && string(f.Channel) == channel })
}

// askForVote has the peer, now a replica of B, ask A for a vote.
func (s *script) askForVote() {
	s.replicate(s.idB)
	s.knows("A to take the peer for B's replica", s.a, "slave "+s.idB.String())
	s.p.change(func(self *Frame) { self.CurrentEpoch, self.Message = 50, ForceAck })
	s.p.send(s.p.dial(s.a), TypeAuthRequest)
	s.p.await("A's vote", func(f *Frame) bool { return f.Type == TypeAuthAck && f.Sender == s.idA && f.CurrentEpoch == 50 })
	s.p.change(func(self *Frame) { self.Message = 0 })
}

// takeOver makes B a replica of the peer and lets it fail over, first with the peer's help and then without.
func (s *script) takeOver() {
	s.p.change(func(self *Frame) {
		self.Primary, self.Flags, self.ConfigEpoch = NodeID{}, FlagMyself|FlagPrimary, 50
		self.Slots.Add(16000)
	})
	s.p.send(s.p.dial(s.a), TypePing)
	s.p.send(s.p.dial(s.b), TypePing)
	s.knows("B to take the peer for a primary", s.b, " 16000\n")
	s.b.must(s.t, "CLUSTER REPLICATE "+s.p.self.Sender.String())
	s.b.must(s.t, "CLUSTER FAILOVER")
	s.p.await("the start of a manual failover", func(f *Frame) bool { return f.Type == TypeMFStart && f.Sender == s.idB })
	s.b.must(s.t, "CLUSTER FAILOVER FORCE")
	request := s.p.await("B's request for votes", func(f *Frame) bool { return f.Type == TypeAuthRequest && f.Sender == s.idB })
	if !request.Message.Has(ForceAck) || request.Primary != s.p.self.Sender {
		s.t.Errorf("B's request is %v", request)
	}
}

// fail stops B and lets the peer agree with A, by gossip, that it is down.
func (s *script) fail() {
	s.b.Kill()
	s.p.change(func(self *Frame) {
		self.Gossip = []Gossip{{
			ID: s.idB, IP: "127.0.0.1", Port: 1, BusPort: uint16(s.b.BusPort), Flags: FlagReplica | FlagPFail,
		}}
	})
	link := s.p.dial(s.a)
	eventually(s.t, "A to announce that B is down", func() bool {
		s.p.send(link, TypePing)
		return s.p.find(func(f *Frame) bool { return f.Type == TypeFail && f.Sender == s.idA && f.Failed == s.idB }) != nil
	})
}

// forget has A forget B. Servers that send shard ids, from 7.2 on, tell the others.
func (s *script) forget() {
	s.a.must(s.t, "CLUSTER FORGET "+s.idB.String())
	last := s.p.await("A's last words", func(f *Frame) bool { return f.Type == TypePing && f.Sender == s.idA })
	if last.Ext.ShardID.IsZero() {
		return
	}
	ping := s.p.await("A to spread that B is forgotten", func(f *Frame) bool { return len(f.Ext.Forgotten) > 0 })
	if gone := ping.Ext.Forgotten[0]; gone.ID != s.idB || gone.TTLSeconds == 0 || gone.TTLSeconds > 60 {
		s.t.Errorf("A asks to forget %+v", gone)
	}
	if ping.Ext.Nodename != "node-a" {
		s.t.Errorf("A calls itself %q", ping.Ext.Nodename)
	}
}

// compare writes again all that was received.
func (s *script) compare() {
	seen := make(map[Type]bool)
	for _, r := range s.p.received() {
		if got := r.frame.Append(nil); !bytes.Equal(got, r.wire) {
			s.t.Errorf("a real frame, %v, comes back different:\n%x\nwant\n%x", r.frame, got, r.wire)
		}
		if *record != "" && (!seen[r.frame.Type] || len(r.frame.Gossip) > 0) {
			s.record(r)
		}
		seen[r.frame.Type] = true
	}
	for kind := range Type(TypeCount) {
		if !seen[kind] && kind != TypeModule {
			s.t.Errorf("no real %v was seen", kind)
		}
	}
}

func (s *script) record(r received) {
	dir := filepath.Join("testdata", *record)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	text := fmt.Sprintf("# %v\n%s", r.frame, appendHex(nil, r.wire))
	if err := os.WriteFile(filepath.Join(dir, r.frame.Type.String()+".hex"), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// replicate makes the peer a replica of a node. Since 7.2 a replica has to announce its primary's shard id.
func (s *script) replicate(primary NodeID) {
	said := s.p.await("a word from the primary", func(f *Frame) bool { return f.Sender == primary && f.Type == TypePing })
	s.p.change(func(self *Frame) {
		self.Primary, self.Flags, self.Slots = primary, FlagMyself|FlagReplica, slot.Set{}
		if !said.Ext.ShardID.IsZero() {
			self.Ext.ShardID = said.Ext.ShardID
		}
	})
	s.p.send(s.p.dial(s.a), TypePing)
}

// knows waits for a node to say something in CLUSTER NODES of a connected peer.
func (s *script) knows(what string, r *redis, text string) {
	s.t.Helper()
	eventually(s.t, what, func() bool {
		nodes, err := r.Do("CLUSTER NODES")
		return err == nil && strings.Contains(nodes, text)
	})
}
