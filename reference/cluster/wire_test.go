package cluster_test

import (
	"slices"
	"testing"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// What one machine puts on which link. Nothing runs on the other side: the test is the network.

// lone is a machine with three peers that are all connected both ways.
type lone struct {
	t       *testing.T
	m       *cluster.Machine
	now     clock.Millis
	effects []cluster.Effect
	out, in map[string]cluster.LinkID // links to and from the peers, by their ids
	offset  uint64
}

func (l *lone) KeysInSlot(slot.Slot) int          { return 0 }
func (l *lone) Keys() int                         { return 0 }
func (l *lone) ReplicationOffset() uint64         { return l.offset }
func (l *lone) PrimaryLink() (bool, clock.Millis) { return true, l.now }

// ofPrimary is the nodes.conf of primary A, which has replica C; B is another primary, S its replica.
var ofPrimary = file(
	"<A> 10.0.0.1:7000@17000,,tls-port=0,shard-id=<A> myself,master - 0 0 3 connected 0-8191",
	"<B> 10.0.0.2:7000@17000,,tls-port=0,shard-id=<B> master - 0 0 4 connected 8192-16383",
	"<C> 10.0.0.3:7000@17000,,tls-port=0,shard-id=<A> slave <A> 0 0 3 connected",
	"<S> 10.0.0.4:7000@17000,,tls-port=0,shard-id=<B> slave <B> 0 0 4 connected",
	"vars currentEpoch 4 lastVoteEpoch 0",
)

// ofReplica is the nodes.conf of C.
var ofReplica = file(
	"<A> 10.0.0.1:7000@17000,,tls-port=0,shard-id=<A> master - 0 0 3 connected 0-8191",
	"<B> 10.0.0.2:7000@17000,,tls-port=0,shard-id=<B> master - 0 0 4 connected 8192-16383",
	"<C> 10.0.0.3:7000@17000,,tls-port=0,shard-id=<A> myself,slave <A> 0 0 3 connected",
	"<S> 10.0.0.4:7000@17000,,tls-port=0,shard-id=<B> slave <B> 0 0 4 connected",
	"vars currentEpoch 4 lastVoteEpoch 0",
)

// alone starts a machine and connects it with everybody it knows.
func alone(t *testing.T, nodesConf string) *lone {
	t.Helper()
	l := &lone{t: t, out: make(map[string]cluster.LinkID), in: make(map[string]cluster.LinkID), offset: 1000}
	cfg := config(t, nodesConf)
	cfg.Data = l
	var err error
	if l.m, err = cluster.New(cfg, at(0)); err != nil {
		t.Fatal(err)
	}
	l.turn(func(now clock.Instant) { l.m.Tick(now) })
	for _, p := range l.m.Peers() {
		for _, e := range l.effects {
			if d, ok := e.(cluster.Dial); ok && d.IP == p.IP {
				l.out[p.ID.String()] = d.Link
			}
		}
	}
	for _, p := range l.m.Peers() {
		id := p.ID.String()
		if p.IsMyself() {
			continue
		}
		l.turn(func(now clock.Instant) {
			l.m.Connected(now, l.out[id], l.m.Myself().IP)
			l.in[id] = l.m.Accepted(now, p.IP, l.m.Myself().IP)
			l.m.Receive(now, l.in[id], l.from(id, bus.TypePing), 3000)
			l.m.Receive(now, l.out[id], l.from(id, bus.TypePong), 3000)
		})
	}
	l.pass(5000)
	return l
}

// from is a frame with the header of a peer, as the machine knows it.
func (l *lone) from(id string, t bus.Type) *bus.Frame {
	p := l.m.Peer(bus.NodeID([]byte(id)))
	f := &bus.Frame{Header: bus.Header{
		Type: t, Port: p.Port, BusPort: p.BusPort, CurrentEpoch: l.m.CurrentEpoch(), ConfigEpoch: p.ConfigEpoch, Offset: 1000,
		Sender: p.ID, Slots: *p.Slots, Flags: p.Flags,
	}}
	if p.Primary != nil {
		f.Primary, f.Slots, f.ConfigEpoch = p.Primary.ID, *p.Primary.Slots, p.Primary.ConfigEpoch
	}
	f.Ext.ShardID = p.ShardID
	return f
}

// turn gives the machine an input and keeps what follows.
func (l *lone) turn(input func(now clock.Instant)) {
	input(at(l.now))
	l.m.BeforeSleep(at(l.now))
	l.effects = slices.Clone(l.m.Effects())
	for i, e := range l.effects {
		if send, ok := e.(cluster.Send); ok {
			f := *send.Frame
			f.Gossip = slices.Clone(f.Gossip)
			l.effects[i] = cluster.Send{Link: send.Link, Frame: &f}
		}
	}
}

// pass lets time pass in which every ping is answered.
func (l *lone) pass(d clock.Millis) {
	const cron = 100
	for end := l.now + d; l.now < end; {
		l.now += cron
		l.turn(func(now clock.Instant) { l.m.Tick(now) })
		for _, s := range l.sent() {
			for id, link := range l.out {
				if link == s.Link && s.Frame.Type == bus.TypePing {
					l.turn(func(now clock.Instant) { l.m.Receive(now, link, l.from(id, bus.TypePong), 3000) })
				}
			}
		}
	}
}

// receive gives the machine a frame of a peer, on the link that the peer opened.
func (l *lone) receive(id string, f *bus.Frame) {
	l.turn(func(now clock.Instant) { l.m.Receive(now, l.in[id], f, 3000) })
}

func (l *lone) sent() []cluster.Send {
	var sends []cluster.Send
	for _, e := range l.effects {
		if s, ok := e.(cluster.Send); ok {
			sends = append(sends, s)
		}
	}
	return sends
}

// only is the one frame that was sent in the last turn, which must be of the given type and on the given link.
func (l *lone) only(t bus.Type, link cluster.LinkID) *bus.Frame {
	l.t.Helper()
	sends := l.sent()
	if len(sends) != 1 || sends[0].Frame.Type != t || sends[0].Link != link {
		for _, s := range sends {
			l.t.Logf("on link %d: %v", s.Link, s.Frame)
		}
		l.t.Fatalf("%d frames were sent, want one %v on link %d", len(sends), t, link)
	}
	return sends[0].Frame
}

// TestWhereFramesGo: pongs go back where the question came from, and so does the ping that answers MFSTART; all else goes
// out on our own link (spec 2.7).
func TestWhereFramesGo(t *testing.T) {
	l := alone(t, ofPrimary)
	l.receive(idB, l.from(idB, bus.TypePing))
	l.only(bus.TypePong, l.in[idB])
	l.receive(idB, l.from(idB, bus.TypeMeet))
	l.only(bus.TypePong, l.in[idB])

	request := l.from(idS, bus.TypeAuthRequest)
	request.CurrentEpoch, request.Message = 9, bus.ForceAck
	l.receive(idS, request)
	l.only(bus.TypeAuthAck, l.out[idS])

	stale := l.from(idS, bus.TypePong) // claims a slot of ours for its primary
	stale.Slots.Add(5)
	stale.ConfigEpoch = 2
	l.receive(idS, stale)
	update := l.only(bus.TypeUpdate, l.out[idS])
	if update.Update.ID.String() != idA || update.Update.ConfigEpoch != 3 || update.Update.Slots != *l.m.Myself().Slots {
		t.Errorf("the update is %v", update)
	}

	stale.ConfigEpoch, stale.Slots = 3, slot.Set{}
	stale.Slots.Add(5)
	l.receive(idS, stale)
	if len(l.sent()) != 0 {
		t.Errorf("an epoch as high as ours is answered by %v", l.sent()[0].Frame)
	}

	l.receive(idC, l.from(idC, bus.TypeMFStart))
	ping := l.only(bus.TypePing, l.in[idC])
	if ping.Message != bus.Paused || ping.Offset != 1000 {
		t.Errorf("MFSTART is answered by %v", ping)
	}
	for range 3 { // and it is told again and again, on our own link
		l.now += 100
		l.turn(func(now clock.Instant) { l.m.Tick(now) })
		if !slices.ContainsFunc(l.sent(), func(s cluster.Send) bool {
			return s.Link == l.out[idC] && s.Frame.Type == bus.TypePing && s.Frame.Message == bus.Paused
		}) {
			t.Error("the replica that takes over is not pinged")
		}
	}
}

// TestOvertakenFrame: the news of a promotion comes on one link before a frame from before it does on the other. The frame
// must not take back from the new primary the slots that it has taken over.
func TestOvertakenFrame(t *testing.T) {
	l := alone(t, ofPrimary)
	old := l.from(idS, bus.TypePong)
	promoted := l.from(idS, bus.TypePing)
	promoted.Primary, promoted.Flags, promoted.ConfigEpoch, promoted.CurrentEpoch = bus.NodeID{}, bus.FlagPrimary, 9, 9
	l.receive(idS, promoted)
	p := l.m.Peer(bus.NodeID([]byte(idS)))
	if !p.IsPrimary() || p.SlotCount() != 8192 {
		t.Fatalf("after the promotion it is %v with %d slots", p.Flags, p.SlotCount())
	}
	l.turn(func(now clock.Instant) { l.m.Receive(now, l.out[idS], old, 3000) })
	if !p.IsPrimary() || p.SlotCount() != 8192 {
		t.Errorf("after the older frame it is %v with %d slots", p.Flags, p.SlotCount())
	}
}

// TestAddressOnOwnLink: what a frame on our own link says of an address is not looked at: that address we dialled.
func TestAddressOnOwnLink(t *testing.T) {
	l := alone(t, ofPrimary)
	ping := l.from(idB, bus.TypePing)
	ping.Port = 7777
	l.turn(func(now clock.Instant) { l.m.Receive(now, l.out[idB], ping, 3000) })
	if p := l.m.Peer(bus.NodeID([]byte(idB))); p.Port != 7000 {
		t.Errorf("it is at port %d now", p.Port)
	}
	l.receive(idB, ping)
	if p := l.m.Peer(bus.NodeID([]byte(idB))); p.Port != 7777 {
		t.Errorf("a ping on its link leaves it at port %d", p.Port)
	}
}

// TestOwnAddressChanges: whoever sends MEET has reached us at our address of today; a ping says nothing new.
func TestOwnAddressChanges(t *testing.T) {
	l := alone(t, ofPrimary)
	var link cluster.LinkID
	l.turn(func(now clock.Instant) {
		link = l.m.Accepted(now, "10.0.0.2", "10.9.9.9")
		l.m.Receive(now, link, l.from(idB, bus.TypePing), 3000)
	})
	if ip := l.m.Myself().IP; ip != "10.0.0.1" {
		t.Errorf("after a ping our address is %s", ip)
	}
	if !slices.Contains(l.effects, cluster.Effect(cluster.Hangup{Link: l.in[idB]})) {
		t.Error("the older accepted link is left open")
	}
	l.turn(func(now clock.Instant) { l.m.Receive(now, link, l.from(idB, bus.TypeMeet), 3000) })
	if ip := l.m.Myself().IP; ip != "10.9.9.9" {
		t.Errorf("after a MEET our address is %s", ip)
	}
}

// TestPongsFromGossip: what a node has just answered to others it need not answer to us, unless there is a doubt.
func TestPongsFromGossip(t *testing.T) {
	l := alone(t, ofPrimary)
	p := l.m.Peer(bus.NodeID([]byte(idS)))
	l.pass(2000)
	news := func(at clock.Millis, flags bus.Flags) bool {
		before := p.PongReceived
		f := l.from(idB, bus.TypePing)
		f.Gossip = []bus.Gossip{{ID: p.ID, PongReceivedSeconds: uint32(at / 1000), IP: p.IP, Port: p.Port, BusPort: p.BusPort, Flags: flags}}
		l.receive(idB, f)
		return p.PongReceived == at && before != at
	}
	second := at(l.now).Wall / 1000 * 1000
	switch {
	case !news(second, bus.FlagReplica):
		t.Error("a newer pong is not believed")
	case news(second-1000, bus.FlagReplica):
		t.Error("an older pong is believed")
	case news(second+2000, bus.FlagReplica):
		t.Error("a pong from the future is believed")
	}
	l.pass(2000)
	second = at(l.now).Wall / 1000 * 1000
	if news(second, bus.FlagReplica|bus.FlagPFail) || news(second, bus.FlagReplica) && p.PingSent != 0 {
		t.Error("the pong of a node that somebody suspects is believed")
	}
	delete(l.out, idS)
	for p.PingSent == 0 {
		l.pass(100)
	}
	if l.pass(2000); news(at(l.now).Wall/1000*1000, bus.FlagReplica) {
		t.Error("a pong to others is taken for the answer to our ping")
	}
}

// TestElectionIsRetried: votes that did not come are asked for again, four node timeouts after the last attempt.
func TestElectionIsRetried(t *testing.T) {
	l := alone(t, ofReplica)
	fail := l.from(idB, bus.TypeFail)
	fail.Failed = bus.NodeID([]byte(idA))
	l.receive(idB, fail)
	delete(l.out, idA)
	var asked [2]clock.Millis
	for i := range asked {
		for epoch := l.m.CurrentEpoch(); l.m.CurrentEpoch() == epoch && l.now < 200_000; {
			l.pass(100)
		}
		asked[i] = l.now
	}
	if wait := asked[1] - asked[0]; wait < 60_000 || wait > 61_500 {
		t.Errorf("asked again after %d ms, want 60000 and some", wait)
	}
}

// TestNothingWithoutOwnLink: what does not go back on the link it came from is lost while we have none of our own.
func TestNothingWithoutOwnLink(t *testing.T) {
	l := alone(t, ofPrimary)
	l.turn(func(now clock.Instant) { l.m.Closed(now, l.out[idS]) })
	request := l.from(idS, bus.TypeAuthRequest)
	request.CurrentEpoch, request.Message = 9, bus.ForceAck
	l.receive(idS, request)
	if sends := l.sent(); len(sends) != 0 {
		t.Errorf("sent %v", sends[0].Frame)
	}
	if l.m.LastVoteEpoch() != 9 {
		t.Error("the vote is to be lost, not saved up")
	}
	l.turn(func(now clock.Instant) { l.m.Publish([]byte("c"), []byte("m"), false) })
	if sends := l.sent(); len(sends) != 2 {
		t.Errorf("a message went to %d nodes, want 2", len(sends))
	}
}

// TestHeaderOfPrimary holds the traps 1 to 3 of spec 12, and what 7.2 adds.
func TestHeaderOfPrimary(t *testing.T) {
	l := alone(t, ofPrimary)
	l.receive(idB, l.from(idB, bus.TypePing))
	f := l.only(bus.TypePong, l.in[idB])
	var want slot.Set
	want.AddRange(0, 8191)
	switch {
	case f.Flags != bus.FlagMyself|bus.FlagPrimary|bus.FlagMigrateTo:
		t.Errorf("flags are %#x, want 0x111", uint16(f.Flags))
	case !f.Primary.IsZero() || f.Sender.String() != idA || f.Slots != want || f.ConfigEpoch != 3 || f.CurrentEpoch != 4:
		t.Errorf("the header is %v", f)
	case f.IP != "" || f.Port != 7000 || f.BusPort != 17000 || f.PlainPort != 0 || f.Offset != 1000:
		t.Errorf("the address is %q %d %d %d, the offset %d", f.IP, f.Port, f.BusPort, f.PlainPort, f.Offset)
	case f.Down || f.Message != 0:
		t.Errorf("down %v, message flags %v", f.Down, f.Message)
	case f.Ext.ShardID.String() != idA || f.Ext.HasHostname || f.Ext.HasNodename || len(f.Ext.Forgotten) != 0 || !f.Ext.Present:
		t.Errorf("extensions are %+v", f.Ext)
	}
	// Known are four nodes: the gossip can name two, not us and not the receiver.
	for _, g := range f.Gossip {
		if id := g.ID.String(); id != idC && id != idS || g.Flags.Has(bus.FlagMyself) || g.PongReceivedSeconds == 0 || g.PingSentSeconds != 0 {
			t.Errorf("gossip to B is %+v", g)
		}
	}
	if len(f.Gossip) == 0 {
		t.Error("no gossip")
	}
}

// TestHeaderOfReplica: it speaks for its primary, but its name, its flags and its offset are its own.
func TestHeaderOfReplica(t *testing.T) {
	l := alone(t, ofReplica)
	l.offset = 777
	l.receive(idB, l.from(idB, bus.TypePing))
	f := l.only(bus.TypePong, l.in[idB])
	var want slot.Set
	want.AddRange(0, 8191)
	switch {
	case f.Flags != bus.FlagMyself|bus.FlagReplica:
		t.Errorf("flags are %#x, want 0x12", uint16(f.Flags))
	case f.Primary.String() != idA || f.Sender.String() != idC || f.Slots != want || f.ConfigEpoch != 3 || f.Offset != 777:
		t.Errorf("the header is %v", f)
	case f.Ext.ShardID.String() != idA:
		t.Errorf("the shard id is %v, not the primary's", f.Ext.ShardID)
	}
}

// TestVoteRequestOnTheWire goes to everybody and is saved first; only a manual failover forces votes.
func TestVoteRequestOnTheWire(t *testing.T) {
	for _, manual := range []bool{false, true} {
		l := alone(t, ofReplica)
		if manual {
			l.turn(func(now clock.Instant) {
				if err := l.m.Failover(now, cluster.FailoverForce); err != nil {
					t.Fatal(err)
				}
			})
		} else {
			fail := l.from(idB, bus.TypeFail)
			fail.Failed = bus.NodeID([]byte(idA))
			l.receive(idB, fail)
			for l.m.CurrentEpoch() == 4 && l.now < 20_000 {
				l.now += 100
				l.turn(func(now clock.Instant) { l.m.Tick(now) })
			}
		}
		requests := 0
		for _, s := range l.sent() {
			if s.Frame.Type != bus.TypeAuthRequest {
				continue
			}
			requests++
			if s.Frame.CurrentEpoch != 5 || s.Frame.Message.Has(bus.ForceAck) != manual || s.Frame.ConfigEpoch != 3 || s.Frame.Slots.Len() != 8192 {
				t.Errorf("manual %v: the request is %v", manual, s.Frame)
			}
		}
		if requests != 3 || !slices.Contains(l.effects, cluster.Effect(cluster.Save{Sync: true})) {
			t.Errorf("manual %v: %d requests, want 3, and saved", manual, requests)
		}
	}
}

// TestManualFailoverOnTheWire: MFSTART goes to the primary; its frozen offset comes back; votes are asked for in the very
// turn in which we have got so far.
func TestManualFailoverOnTheWire(t *testing.T) {
	l := alone(t, ofReplica)
	l.turn(func(now clock.Instant) {
		if err := l.m.Failover(now, cluster.FailoverAgreed); err != nil {
			t.Fatal(err)
		}
	})
	l.only(bus.TypeMFStart, l.out[idA])
	ping := l.from(idA, bus.TypePing)
	ping.Offset = 1500
	l.receive(idA, ping)
	l.only(bus.TypePong, l.in[idA]) // this offset may still move
	ping.Offset, ping.Message = 2000, bus.Paused
	l.receive(idA, ping)
	l.only(bus.TypePong, l.in[idA])
	ping.Offset = 3000 // a later one does not count
	l.receive(idA, ping)
	l.offset = 2000
	l.turn(func(clock.Instant) {})
	requests := 0
	for _, s := range l.sent() {
		if s.Frame.Type == bus.TypeAuthRequest && s.Frame.Message == bus.ForceAck {
			requests++
		}
	}
	if requests != 3 {
		t.Errorf("%d nodes were asked for votes, want 3", requests)
	}
}

// TestSecondForce: an attempt that failed does not hold up the next one, as an automatic one would be for 4*N.
func TestSecondForce(t *testing.T) {
	l := alone(t, ofReplica)
	for attempt := range 2 {
		l.turn(func(now clock.Instant) {
			if err := l.m.Failover(now, cluster.FailoverForce); err != nil {
				t.Fatal(err)
			}
		})
		if sends := l.sent(); len(sends) < 3 || sends[len(sends)-1].Frame.Type != bus.TypeAuthRequest {
			t.Errorf("attempt %d: %d frames, and no request among them", attempt+1, len(sends))
		}
		l.pass(6000)
	}
}

// TestReconnectKeepsTheClock: a new link does not make a silent node young again.
func TestReconnectKeepsTheClock(t *testing.T) {
	l := alone(t, ofPrimary)
	p := l.m.Peer(bus.NodeID([]byte(idB)))
	l.turn(func(now clock.Instant) { l.m.Closed(now, l.out[idB]) })
	l.now += 100
	l.turn(func(now clock.Instant) { l.m.Tick(now) })
	dial := l.dialled("10.0.0.2")
	l.turn(func(now clock.Instant) { l.m.Closed(now, dial) }) // refused: the clock starts
	refused := p.PingSent
	if refused != at(l.now).Wall {
		t.Errorf("a refused connection leaves ping_sent at %d", refused)
	}
	l.now += 100
	l.turn(func(now clock.Instant) { l.m.Tick(now) })
	dial = l.dialled("10.0.0.2")
	l.turn(func(now clock.Instant) { l.m.Connected(now, dial, "10.0.0.1") })
	l.only(bus.TypePing, dial)
	if p.PingSent != refused {
		t.Errorf("the new link moved ping_sent from %d to %d", refused, p.PingSent)
	}
	l.turn(func(now clock.Instant) { l.m.Receive(now, dial, l.from(idB, bus.TypePong), 3000) })
	if p.PingSent != 0 || p.PongReceived != at(l.now).Wall {
		t.Errorf("after the pong ping_sent is %d, pong_received %d", p.PingSent, p.PongReceived)
	}
}

func (l *lone) dialled(ip string) cluster.LinkID {
	l.t.Helper()
	for _, e := range l.effects {
		if d, ok := e.(cluster.Dial); ok && d.IP == ip {
			return d.Link
		}
	}
	l.t.Fatalf("%s is not dialled", ip)
	return 0
}

// TestPongOnAcceptedLinkProvesNothing: only what comes back on our own link shows that a node can be reached.
func TestPongOnAcceptedLinkProvesNothing(t *testing.T) {
	l := alone(t, ofPrimary)
	p := l.m.Peer(bus.NodeID([]byte(idB)))
	before := p.PongReceived
	l.now += 3000
	l.receive(idB, l.from(idB, bus.TypePong))
	if p.PongReceived != before {
		t.Error("it counts as an answer to our ping")
	}
}

// TestSilentNodeIsSuspected: after the node timeout without any frame, and all gossip says so.
func TestSilentNodeIsSuspected(t *testing.T) {
	l := alone(t, ofPrimary)
	delete(l.out, idS) // its pings are not answered any more
	p := l.m.Peer(bus.NodeID([]byte(idS)))
	for p.PingSent == 0 {
		l.pass(100)
	}
	asked := l.now
	l.pass(14_900)
	if p.Suspected() {
		t.Errorf("suspected after %d ms", l.now-asked)
	}
	l.pass(200)
	if !p.Suspected() {
		t.Errorf("not suspected after %d ms", l.now-asked)
	}
	l.pass(100) // the next cron counts suspects
	for range 5 {
		l.receive(idC, l.from(idC, bus.TypePing))
		gossip := l.only(bus.TypePong, l.in[idC]).Gossip
		if last := gossip[len(gossip)-1]; last.ID.String() != idS || !last.Flags.Has(bus.FlagPFail) {
			t.Errorf("the last entry of the gossip is %+v", last)
		}
	}
}

// TestRankGrows: a rival with newer data shows up after our election was planned: a second later, then.
func TestRankGrows(t *testing.T) {
	l := alone(t, ofReplica)
	rival := l.from(idS, bus.TypePing)
	rival.Primary, rival.Slots, rival.ConfigEpoch = bus.NodeID([]byte(idA)), *l.m.Peer(bus.NodeID([]byte(idA))).Slots, 3
	l.receive(idS, rival)
	fail := l.from(idB, bus.TypeFail)
	fail.Failed = bus.NodeID([]byte(idA))
	l.receive(idB, fail)
	l.now += 100
	l.turn(func(now clock.Instant) { l.m.Tick(now) })
	planned := l.now
	rival.Offset = 2000
	l.receive(idS, rival)
	for l.m.CurrentEpoch() == 4 && l.now < planned+10_000 {
		l.now += 100
		l.turn(func(now clock.Instant) { l.m.Tick(now) })
	}
	if waited := l.now - planned; waited < 1500 || waited > 2200 {
		t.Errorf("asked for votes after %d ms, want 1500 to 2100", waited)
	}
}
