package remote

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/process"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// startOther starts a cluster for us to find.
func startOther(t *testing.T, nodes int) (context.Context, target.Cluster) {
	t.Helper()
	server, err := process.New("redis-server", "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	c, err := server.Start(ctx, target.Topology{Nodes: nodes})
	if err != nil {
		t.Fatal("this test needs redis-server on PATH: ", err)
	}
	t.Cleanup(func() { c.Close() })
	return ctx, c
}

func remoteTarget(t *testing.T, list string) *Target {
	t.Helper()
	r, err := New("addr:"+list, list)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFindsTheOthersAndLeavesThemAlone(t *testing.T) {
	ctx, other := startOther(t, 3)
	first, second, third := other.Nodes()[0], other.Nodes()[1], other.Nodes()[2]
	ask(t, ctx, second, "CLUSTER", "ADDSLOTSRANGE", "0", "100")
	ask(t, ctx, first, "CLUSTER", "ADDSLOTSRANGE", "101", "200")
	for _, n := range []target.Node{second, third} {
		host, port, _ := net.SplitHostPort(n.Addr())
		ask(t, ctx, first, "CLUSTER", "MEET", host, port)
	}
	awaitThree(t, ctx, third)
	for _, list := range []string{third.Addr(), "127.0.0.1:1, " + third.Addr()} { // one that is down does no harm
		c, err := remoteTarget(t, list).Start(ctx, target.Topology{Nodes: 3})
		if err != nil {
			t.Fatal(err)
		}
		if !target.IsExisting(c) {
			t.Error("the cluster does not say that it was there before")
		}
		for i, want := range []target.Node{second, first, third} {
			got := c.Nodes()[i]
			if got.Name() != target.Name(i) || got.Addr() != want.Addr() || got.BusPort() != want.BusPort() {
				t.Errorf("node %d is %s at %s, bus %d; want %s", i, got.Name(), got.Addr(), got.BusPort(), want.Addr())
			}
			if _, can := got.(target.Killer); can {
				t.Error("a node of somebody else can be killed")
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, n := range other.Nodes() {
		ask(t, ctx, n, "PING")
	}
	d, err := remoteTarget(t, first.Addr()).Describe(ctx)
	if err != nil || d.Server != "redis" || d.Version == "" {
		t.Errorf("description is %+v, %v", d, err)
	}
}

func TestTooFewNodes(t *testing.T) {
	ctx, other := startOther(t, 1)
	r := remoteTarget(t, other.Nodes()[0].Addr())
	c, err := r.Start(ctx, target.Topology{Nodes: 1})
	if err != nil || c.Nodes()[0].Addr() != other.Nodes()[0].Addr() {
		t.Errorf("a node alone, which does not know its address: %v, %v", c, err)
	}
	_, err = r.Start(ctx, target.Topology{Nodes: 2})
	if unavailable := (*target.Unavailable)(nil); !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "has 1 nodes, 2 are needed") {
		t.Errorf("got %v", err)
	}
}

func TestAnnouncedAddressOutOfReach(t *testing.T) {
	ctx, other := startOther(t, 1)
	n := other.Nodes()[0]
	ask(t, ctx, n, "CONFIG", "SET", "cluster-announce-ip", "127.0.0.1")
	ask(t, ctx, n, "CONFIG", "SET", "cluster-announce-port", "1")
	_, err := remoteTarget(t, n.Addr()).Start(ctx, target.Topology{Nodes: 1})
	unavailable := (*target.Unavailable)(nil)
	if !errors.As(err, &unavailable) || !strings.Contains(unavailable.Reason, "announces 127.0.0.1:1, which cannot be reached") {
		t.Errorf("got %v", err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	_, err := remoteTarget(t, "127.0.0.1:1,127.0.0.1:2").Start(t.Context(), target.Topology{Nodes: 1})
	for _, part := range []string{"no node answers", "127.0.0.1:1", "127.0.0.1:2"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error is %v, without %q", err, part)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, list := range []string{"", "host", "host:", ":7000", "host:0", "host:70000", "host:x", "a:1,,b:2", "a:1,"} {
		if r, err := New("addr:"+list, list); err == nil {
			t.Errorf("%q was accepted as %q", list, r.seeds)
		}
	}
}

func TestOrder(t *testing.T) {
	lines := []wire.NodeLine{
		{ID: "replica-of-low", PrimaryID: "low", Addr: "1"},
		{ID: "none", Addr: "2"},
		{ID: "high", Addr: "3", Slots: []wire.SlotRange{{From: 900, To: 900}, {From: 50, To: 60}}},
		{ID: "replica-of-high", PrimaryID: "high", Addr: "0"},
		{ID: "low", Addr: "9", Slots: []wire.SlotRange{{From: 10, To: 20}}},
	}
	var got []string
	for _, n := range inOrder(lines) {
		got = append(got, n.ID)
	}
	if want := "low high none replica-of-low replica-of-high"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestUsable(t *testing.T) {
	lines := []wire.NodeLine{
		{ID: "me", Flags: []string{"myself", "master"}, Addr: ":7000"},
		{ID: "good", Host: "h", Addr: "h:1", Flags: []string{"slave", "fail?"}},
		{ID: "failed", Host: "h", Addr: "h:2", Flags: []string{"master", "fail"}},
		{ID: "new", Host: "h", Addr: "h:3", Flags: []string{"handshake"}},
		{ID: "lost", Addr: ":0", Flags: []string{"master", "noaddr"}},
	}
	got := usable(lines, "seed:7000")
	if len(got) != 2 || got[0].Addr != "seed:7000" || got[1].ID != "good" {
		t.Errorf("got %+v", got)
	}
}

func ask(t *testing.T, ctx context.Context, n target.Node, args ...string) wire.Value {
	t.Helper()
	reply, err := target.Ask(ctx, n.Addr(), args...)
	if err != nil || reply.IsError() {
		t.Fatalf("node %s: %q: %s, %v", n.Name(), args, reply, err)
	}
	return reply
}

func awaitThree(t *testing.T, ctx context.Context, n target.Node) {
	t.Helper()
	for {
		lines, err := wire.ParseNodes(ask(t, ctx, n, "CLUSTER", "NODES").Text)
		if err != nil {
			t.Fatal(err)
		}
		slots := 0
		for _, line := range usable(lines, n.Addr()) {
			slots += line.SlotCount()
		}
		if len(lines) == 3 && slots == 201 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the nodes do not find each other: %+v", lines)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
