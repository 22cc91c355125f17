package puppet

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

// node plays the other side of a link with a puppet.
type node struct {
	t    *testing.T
	link net.Conn
	in   *bus.Reader
}

func dial(t *testing.T, p *Puppet) *node {
	link, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { link.Close() })
	return &node{t, link, bus.NewReader(link)}
}

func (n *node) send(kind bus.Type, epoch uint64, port int) {
	n.t.Helper()
	f := bus.Frame{Version: bus.Version, Type: kind, Sender: bus.NewID(), CurrentEpoch: epoch, BusPort: uint16(port)}
	if _, err := n.link.Write(f.Bytes()); err != nil {
		n.t.Fatal(err)
	}
}

// next is the next frame, or nil if none comes for a while.
func (n *node) next(wait time.Duration) *bus.Frame {
	n.link.SetReadDeadline(time.Now().Add(wait))
	f, _ := n.in.Frame()
	return f
}

const (
	soon  = 5 * time.Second
	never = 100 * time.Millisecond
)

func made(t *testing.T) *Puppet {
	p, err := New(bus.NewID())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestItSaysWhatItIsTold(t *testing.T) {
	p := made(t)
	p.Claim([]wire.SlotRange{{From: 3, To: 4}}, 99)
	p.Tell(bus.Gossip{ID: bus.NewID(), Flags: bus.FlagPFail})
	n := dial(t, p)
	n.send(bus.Ping, 120, 1)
	f := n.next(soon)
	if f == nil || f.Type != bus.Pong || f.ConfigEpoch != 99 || f.CurrentEpoch != 120 || len(f.Slots) != 1 || len(f.Gossip) != 1 {
		t.Fatalf("got %v", f)
	}
	p.Forget(f.Gossip[0].ID)
	n.send(bus.Meet, 0, 1)
	if f = n.next(soon); f == nil || len(f.Gossip) != 0 {
		t.Errorf("got %v", f)
	}
	if got := p.Log.Count(func(s *bus.Seen) bool { return s.Frame.Type == bus.Ping }); got != 1 {
		t.Errorf("%d pings are in the log", got)
	}
	p.Silence(true)
	n.send(bus.Ping, 0, 1)
	if f := n.next(never); f != nil {
		t.Errorf("silent, and yet %v", f)
	}
}

func TestItVotesIfItMay(t *testing.T) {
	p, candidate := made(t), made(t)
	n := dial(t, p)
	n.send(bus.VoteRequest, 7, candidate.Port())
	n.send(bus.Ping, 0, 1)
	n.next(soon) // it is through with the request
	p.Vote(true)
	n.send(bus.VoteRequest, 8, candidate.Port())
	isVote := func(epoch uint64) func(*bus.Seen) bool {
		return func(s *bus.Seen) bool { return s.Frame.Type == bus.Vote && s.Frame.CurrentEpoch == epoch }
	}
	for deadline := time.Now().Add(soon); candidate.Log.Count(isVote(8)) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no vote")
		}
	}
	if candidate.Log.Count(isVote(7)) != 0 {
		t.Error("it voted when it was to vote for nobody")
	}
}

func TestALinkThatWasClosedIsOpenedAnew(t *testing.T) {
	p, other := made(t), made(t)
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(other.Port()))
	for range 3 {
		if err := p.Send(t.Context(), Peer{BusAddr: addr}, bus.Ping, nil); err != nil {
			t.Fatal(err)
		}
		link, _, _ := p.link(t.Context(), addr)
		p.drop(link)
	}
	if err := p.SendBytes(t.Context(), addr, []byte("no frame")); err != nil {
		t.Error(err)
	}
}
