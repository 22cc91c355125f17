package sim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
)

// pair is a World of two nodes that know each other.
func pair(t *testing.T) *World {
	t.Helper()
	w := New(Options{Seed: 7, Nodes: 2, DelayMin: 1, DelayMax: 50})
	must(t, w, w.Join())
	must(t, w, w.Run(1000))
	return w
}

func must(t *testing.T, w *World, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s%v", w.Trace(), err)
	}
}

func publish(text string) func(*cluster.Machine, clock.Instant) error {
	return func(m *cluster.Machine, _ clock.Instant) error {
		m.Publish([]byte("c"), []byte(text), false)
		return nil
	}
}

// TestOrder: packets take different times, and yet none overtakes another on the same connection.
func TestOrder(t *testing.T) {
	w := pair(t)
	var want []string
	for i := range 50 {
		must(t, w, w.Nodes[0].Do(publish(fmt.Sprint(i))))
		must(t, w, w.Run(clock.Millis(i%3)))
		want = append(want, fmt.Sprintf("c %d false", i))
	}
	must(t, w, w.Run(200))
	if got := w.Nodes[1].Delivered; !slices.Equal(got, want) {
		t.Errorf("delivered %v", got)
	}
}

// TestPartitionHoldsBack: what was sent into a partition arrives after it, as TCP sends it again.
func TestPartitionHoldsBack(t *testing.T) {
	w := pair(t)
	w.Partition(w.Nodes[:1])
	must(t, w, w.Nodes[0].Do(publish("a")))
	must(t, w, w.Nodes[0].Do(publish("b")))
	must(t, w, w.Run(500))
	if len(w.Nodes[1].Delivered) != 0 {
		t.Fatalf("%v crossed the partition", w.Nodes[1].Delivered)
	}
	w.Heal()
	must(t, w, w.Run(200))
	if got := w.Nodes[1].Delivered; !slices.Equal(got, []string{"c a false", "c b false"}) {
		t.Errorf("delivered %v after the partition", got)
	}
}

// TestCutIsOneWay: the other direction stays open.
func TestCutIsOneWay(t *testing.T) {
	w := pair(t)
	w.Cut(w.Nodes[0], w.Nodes[1])
	must(t, w, w.Nodes[0].Do(publish("a")))
	must(t, w, w.Nodes[1].Do(publish("b")))
	must(t, w, w.Run(200))
	if len(w.Nodes[1].Delivered) != 0 || len(w.Nodes[0].Delivered) != 1 {
		t.Errorf("delivered %v and %v", w.Nodes[0].Delivered, w.Nodes[1].Delivered)
	}
}

// TestKillAndPowerOff: the peers of a killed process are told; those of a dead host find out.
func TestKillAndPowerOff(t *testing.T) {
	for _, kill := range []bool{true, false} {
		w := pair(t)
		if kill {
			w.Nodes[1].Kill()
		} else {
			w.Nodes[1].PowerOff()
		}
		must(t, w, w.Run(100))
		told := !slices.ContainsFunc(w.Nodes[0].Machine.Links(), func(l cluster.LinkInfo) bool { return l.Inbound })
		if told != kill {
			t.Errorf("kill %v: told %v", kill, told)
		}
		w.Nodes[1].Start()
		must(t, w, w.Until(20_000, func() error { return together(w) }))
	}
}

// TestLostConnectionIsReplaced: nothing arrives on it, until both have opened another.
func TestLostConnectionIsReplaced(t *testing.T) {
	w := pair(t)
	for range 20 {
		w.LoseConnection()
	}
	must(t, w, w.Nodes[0].Do(publish("lost")))
	must(t, w, w.Run(20_000))
	must(t, w, w.Nodes[0].Do(publish("found")))
	must(t, w, w.Run(200))
	if got := w.Nodes[1].Delivered; !slices.Equal(got, []string{"c found false"}) {
		t.Errorf("delivered %v", got)
	}
}

// TestResetConnectionIsReplaced, and at once.
func TestResetConnectionIsReplaced(t *testing.T) {
	w := pair(t)
	for range 20 {
		w.ResetConnection()
		must(t, w, w.Run(100))
	}
	must(t, w, w.Until(1000, func() error { return together(w) }))
}

// together returns nil when both nodes have both links.
func together(w *World) error {
	for _, n := range w.Nodes {
		if links := n.Machine.Links(); len(links) != 2 {
			return fmt.Errorf("node %d has %d links", n.Index, len(links))
		}
	}
	return nil
}

// TestDiskForgetsWhatWasNotSynced: a name that was learned a moment ago is gone after a power cut, our own id is not.
func TestDiskForgetsWhatWasNotSynced(t *testing.T) {
	w := New(Options{Seed: 7, Nodes: 2})
	id := w.Nodes[1].Machine.Myself().ID
	must(t, w, w.Nodes[1].Do(func(m *cluster.Machine, now clock.Instant) error {
		return m.Meet(now, w.Nodes[0].IP, clientPort, busPort)
	}))
	must(t, w, w.Until(1000, func() error {
		if w.Nodes[1].Machine.Peer(w.Nodes[0].Machine.Myself().ID) == nil {
			return fmt.Errorf("not met")
		}
		return nil
	}))
	w.Nodes[1].Kill()
	w.Nodes[1].Start()
	if m := w.Nodes[1].Machine; m.Myself().ID != id || len(m.Peers()) != 1 {
		t.Errorf("it is %v and knows %d nodes", m.Myself().ID, len(m.Peers()))
	}
}

// TestSameSeedSameLife: two storms from one seed are the same to the last note.
func TestSameSeedSameLife(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		a, errA := NewStorm(seed).Run()
		b, errB := NewStorm(seed).Run()
		if fmt.Sprint(errA) != fmt.Sprint(errB) || a.Trace() != b.Trace() || a.Now() != b.Now() || len(a.diary) != len(b.diary) {
			t.Errorf("seed %d: lives differ", seed)
		}
		if !strings.Contains(a.Trace(), "node") {
			t.Errorf("seed %d: nothing happened", seed)
		}
	}
}

// TestChangedFramesAreNoticed: the comparison behind CompareOneIn can fail.
func TestChangedFramesAreNoticed(t *testing.T) {
	var f bus.Frame
	f.Type = bus.TypePing
	f.Gossip = []bus.Gossip{{IP: "10.0.0.1"}}
	f.Ext.Forgotten = []bus.Forgotten{{TTLSeconds: 7}}
	f.Ext.Hostname, f.Ext.HasHostname = "a", true
	if w := New(Options{Nodes: 0}); true {
		if e := w.encode(&f); len(e.bytes) == 0 || w.Err() != nil {
			t.Errorf("%d bytes, %v", len(e.bytes), w.Err())
		}
	}
	for name, change := range map[string]func(*bus.Frame){
		"header":    func(g *bus.Frame) { g.Offset++ },
		"slots":     func(g *bus.Frame) { g.Slots.Add(5) },
		"gossip":    func(g *bus.Frame) { g.Gossip = nil },
		"forgotten": func(g *bus.Frame) { g.Ext.Forgotten = nil },
		"hostname":  func(g *bus.Frame) { g.Ext.Hostname = "b" },
		"update":    func(g *bus.Frame) { g.Update.Slots.Add(5) },
		"payload":   func(g *bus.Frame) { g.Payload = []byte("x") },
	} {
		g := f
		change(&g)
		if sameFrame(&f, &g) {
			t.Errorf("a change of the %s is not noticed", name)
		}
	}
}

// TestCheckersCanFail feeds the checkers that no storm with a defect sets off.
func TestCheckersCanFail(t *testing.T) {
	w := pair(t)
	n := w.Nodes[0]
	epochs := newEpochsRise()
	m := n.Machine
	if err := epochs.Turn(w, n, nil); err != nil {
		t.Fatal(err)
	}
	epochs.seen[m.Myself().ID] = epochState{life: n.life, current: m.CurrentEpoch() + 1}
	if err := epochs.Turn(w, n, nil); err == nil || !strings.Contains(err.Error(), "currentEpoch fell") {
		t.Errorf("a fallen currentEpoch gives %v", err)
	}
	if err := SoundTables(m); err != nil {
		t.Fatal(err)
	}
	p := m.Peers()[1]
	for name, spoil := range map[string]func() func(){
		"slots":    func() func() { p.Slots.Add(5); return func() { p.Slots.Remove(5) } },
		"roles":    func() func() { p.Flags |= bus.FlagReplica; return func() { p.Flags &^= bus.FlagReplica } },
		"primary":  func() func() { p.Primary = m.Myself(); return func() { p.Primary = nil } },
		"replicas": func() func() { p.Replicas = []*cluster.Peer{p}; return func() { p.Replicas = nil } },
		"myself":   func() func() { p.Flags |= bus.FlagMyself; return func() { p.Flags &^= bus.FlagMyself } },
		"id":       func() func() { p.ID[0]++; return func() { p.ID[0]-- } },
	} {
		restore := spoil()
		if SoundTables(m) == nil {
			t.Errorf("spoiled %s are not noticed", name)
		}
		restore()
	}
	if err := SoundTables(m); err != nil {
		t.Error(err)
	}
}

// TestEmptyWorld: nobody agrees, and nothing runs.
func TestEmptyWorld(t *testing.T) {
	w := New(Options{})
	if w.Agreement() == nil {
		t.Error("nobody agrees")
	}
	n := New(Options{Nodes: 1}).Nodes[0]
	n.Kill()
	if err := n.Do(publish("x")); err == nil {
		t.Error("a dead node obeys")
	}
}
