package cluster_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// noData is a node without keys and without replication.
type noData struct{}

func (noData) KeysInSlot(slot.Slot) int          { return 0 }
func (noData) Keys() int                         { return 0 }
func (noData) ReplicationOffset() uint64         { return 0 }
func (noData) PrimaryLink() (bool, clock.Millis) { return false, 0 }

// config is that of a node which is started on a nodes.conf; an empty text is a fresh node's.
func config(t *testing.T, nodesConf string) cluster.Config {
	t.Helper()
	file, err := nodesconf.Parse([]byte(nodesConf))
	if err != nil {
		t.Fatal(err)
	}
	return cluster.Config{
		File: file, Port: 7000, BusPort: 17000, Options: cluster.DefaultOptions(), Data: noData{}, Rand: rand.New(rand.NewPCG(1, 2)),
	}
}

// start starts such a node.
func start(t *testing.T, nodesConf string) *cluster.Machine {
	t.Helper()
	m, err := cluster.New(config(t, nodesConf), at(0))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func at(mono clock.Millis) clock.Instant {
	return clock.Instant{Mono: mono, Wall: 1_700_000_000_000 + mono}
}

var (
	idA = strings.Repeat("a1", 20)
	idB = strings.Repeat("b2", 20)
	idC = strings.Repeat("c3", 20)
	idS = strings.Repeat("5d", 20)
)

// file puts nodes.conf together; A, B, C and S in angle brackets stand for ids.
func file(lines ...string) string {
	return strings.NewReplacer("<A>", idA, "<B>", idB, "<C>", idC, "<S>", idS).Replace(strings.Join(lines, "\n") + "\n")
}

// TestFreshNodeInfo is CLUSTER INFO of a node that was just started, byte for byte.
func TestFreshNodeInfo(t *testing.T) {
	m := start(t, "")
	want := strings.ReplaceAll(`cluster_state:fail
cluster_slots_assigned:0
cluster_slots_ok:0
cluster_slots_pfail:0
cluster_slots_fail:0
cluster_known_nodes:1
cluster_size:0
cluster_current_epoch:0
cluster_my_epoch:0
cluster_stats_messages_sent:0
cluster_stats_messages_received:0
total_cluster_links_buffer_limit_exceeded:0
`, "\n", "\r\n")
	if got := string(m.AppendInfo(nil)); got != want {
		t.Errorf("CLUSTER INFO is\n%s\nwant\n%s", got, want)
	}
	want = m.Myself().ID.String() + " :7000@17000 myself,master - 0 0 0 connected\n"
	if got := string(m.Nodes()); got != want {
		t.Errorf("CLUSTER NODES is\n%s\nwant\n%s", got, want)
	}
}

// loaded is what a replica knows of two primaries.
var loaded = file(
	"<C> 10.0.0.3:7002@17002,c.example.com,tls-port=0,nodename=c,shard-id=<S> myself,slave <A> 0 0 9 connected",
	"<A> 10.0.0.1:7000@17000,,tls-port=0,shard-id=<S> master - 0 1600000000000 3 connected 0-99 200",
	"<B> 10.0.0.2:7001@17001,,tls-port=0,client-ipv4=1.1.1.1,shard-id=<B> master,fail - 1600000000000 1600000000000 4 disconnected 100-199",
	"vars currentEpoch 12 lastVoteEpoch 11",
)

// TestRestated: links, times and suspicion are told at once, and the answers that do not tell of them stay as they are (Version).
func TestRestated(t *testing.T) {
	m := start(t, loaded)
	line := func() string {
		for _, l := range strings.Split(string(m.Nodes()), "\n") {
			if strings.HasPrefix(l, idA) {
				return strings.TrimPrefix(l, idA+" 10.0.0.1:7000@17000 ")
			}
		}
		return ""
	}
	version := m.Version()
	timeout := cluster.DefaultOptions().NodeTimeout
	var dialled cluster.LinkID
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"a link is opened", func() {
			m.Tick(at(1))
			for _, e := range m.Effects() {
				if d, ok := e.(cluster.Dial); ok && d.IP == "10.0.0.1" {
					dialled = d.Link
				}
			}
		}, "master - 0 1700000000000 3 connected 0-99 200"},
		{"a ping is sent", func() { m.Connected(at(2), dialled, "10.0.0.3") }, "master - 1700000000002 1700000000000 3 connected 0-99 200"},
		{"nobody answers", func() { m.Tick(at(timeout + 3)) }, "master,fail? - 1700000000002 1700000000000 3 disconnected 0-99 200"},
	} {
		step.do()
		if got := line(); got != step.want {
			t.Errorf("%s: the line is %q, want %q", step.name, got, step.want)
		}
	}
	if m.Version() != version {
		t.Error("the version has grown")
	}
}

// TestLoad: what nodes.conf said is what CLUSTER NODES and CLUSTER INFO say, except that times are now.
func TestLoad(t *testing.T) {
	m := start(t, loaded)
	want := file(
		"<C> 10.0.0.3:7000@17000 myself,slave <A> 0 0 3 connected",
		"<A> 10.0.0.1:7000@17000 master - 0 1700000000000 3 disconnected 0-99 200",
		"<B> 10.0.0.2:7001@17001 master,fail - 1700000000000 1700000000000 4 disconnected 100-199",
	)
	if got := string(m.Nodes()); got != want {
		t.Errorf("CLUSTER NODES is\n%s\nwant\n%s", got, want)
	}
	info := string(m.AppendInfo(nil))
	for _, line := range []string{"cluster_slots_assigned:201", "cluster_slots_ok:101", "cluster_slots_fail:100", "cluster_known_nodes:3",
		"cluster_current_epoch:12", "cluster_my_epoch:3"} {
		if !strings.Contains(info, line+"\r\n") {
			t.Errorf("CLUSTER INFO has no %s:\n%s", line, info)
		}
	}
	if m.LastVoteEpoch() != 11 {
		t.Errorf("lastVoteEpoch is %d, want 11", m.LastVoteEpoch())
	}
	if p := m.Peer(bus.NodeID([]byte(idB))); p.ShardPrimary() != p || p.Connected() || !p.Failed() {
		t.Errorf("node B is %+v", p)
	}
}

// TestSaveLoadSave: what is saved is loaded as the same.
func TestSaveLoadSave(t *testing.T) {
	tell(t, 3, 1, func(s *story) {
		s.pass(3000)
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, 5, s.id(1)) })
		s.do(0, func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, 16000, s.id(2)) })
		for i := range s.Nodes {
			first := timeless(t, s.machine(i))
			again := timeless(t, start(t, first))
			// The own ports are what we listen on.
			again = strings.ReplaceAll(again, ":7000@17000,", ":6379@16379,")
			if first != again {
				t.Errorf("node %d saves\n%s\nand after a restart\n%s", i, first, again)
			}
		}
	})
}

// timeless is the text of a machine's file without what a restart changes: times and links.
func timeless(t *testing.T, m *cluster.Machine) string {
	t.Helper()
	f, err := nodesconf.Parse(m.AppendFile(nil))
	if err != nil {
		t.Fatal(err)
	}
	for i := range f.Nodes {
		n := &f.Nodes[i]
		n.PingSent, n.PongReceived, n.Connected = 0, 0, true
	}
	return string(f.Append(nil))
}

// TestUnsavedSlots is the defect that loses the slots.
func TestUnsavedSlots(t *testing.T) {
	c := config(t, loaded)
	c.Defects, _ = defect.Parse("nodes-conf-without-slots")
	m, err := cluster.New(c, at(0))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(m.AppendFile(nil)); strings.Contains(text, "0-99") || m.Owner(5) == nil {
		t.Errorf("the defect saves\n%s", text)
	}
}

// TestOddFiles: what redis-server would start on, we start on.
func TestOddFiles(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"neither primary nor replica", file("<A> :1@2 myself - 0 0 3 connected 5"), "<A> :7000@17000 myself,master - 0 0 3 connected 5\n"},
		{"failed myself", file("<A> :1@2 myself,master,fail,noaddr - 0 0 3 connected"), "<A> :7000@17000 myself,master - 0 0 3 connected\n"},
		{"a primary that is only mentioned", file("<A> 1.1.1.1:1@2 myself,slave <B> 0 0 3 connected"),
			"<A> 1.1.1.1:7000@17000 myself,slave <B> 0 0 0 connected\n<B> :0@0 noflags - 0 0 0 disconnected\n"},
		{"its own primary", file("<A> :1@2 myself,slave <A> 0 0 3 connected"), "<A> :7000@17000 myself,slave - 0 0 0 connected\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := start(t, c.text)
			want := strings.NewReplacer("<A>", idA, "<B>", idB).Replace(c.want)
			if got := string(m.Nodes()); got != want {
				t.Errorf("CLUSTER NODES is\n%s\nwant\n%s", got, want)
			}
			for now := clock.Millis(0); now < 3000; now += 100 {
				m.Tick(at(now))
				m.BeforeSleep(at(now))
				m.Effects()
			}
		})
	}
}

// TestRefusedStarts: what makes no sense is an error, not a node.
func TestRefusedStarts(t *testing.T) {
	a := nodesconf.Node{ID: bus.NodeID([]byte(idA)), Flags: bus.FlagMyself | bus.FlagPrimary}
	b := nodesconf.Node{ID: bus.NodeID([]byte(idB)), Flags: bus.FlagPrimary}
	otherSelf := nodesconf.Node{ID: b.ID, Flags: a.Flags}
	open := a
	open.Importing = []nodesconf.Open{{Slot: 5, Node: b.ID}}
	for _, c := range []struct {
		name, want string
		change     func(*cluster.Config)
	}{
		{"no data", "Config.Data", func(c *cluster.Config) { c.Data = nil }},
		{"no chance", "Config.Rand", func(c *cluster.Config) { c.Rand = nil }},
		{"nobody", "no node as myself", func(c *cluster.Config) { c.File.Nodes = []nodesconf.Node{b} }},
		{"twice", "twice", func(c *cluster.Config) { c.File.Nodes = []nodesconf.Node{a, b, b} }},
		{"two selves", "two nodes as myself", func(c *cluster.Config) { c.File.Nodes = []nodesconf.Node{a, otherSelf} }},
		{"open to nobody", "does not name", func(c *cluster.Config) { c.File.Nodes = []nodesconf.Node{open} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config(t, "")
			c.change(&cfg)
			if _, err := cluster.New(cfg, at(0)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New gives %v, want an error with %q", err, c.want)
			}
		})
	}
}

// TestKnownAddress: with Config.IP a node need not be met to know where it is.
func TestKnownAddress(t *testing.T) {
	cfg := config(t, "")
	cfg.IP = "192.168.1.1"
	m, err := cluster.New(cfg, at(0))
	if err != nil {
		t.Fatal(err)
	}
	if m.Myself().IP != cfg.IP {
		t.Errorf("it thinks its address is %q", m.Myself().IP)
	}
}

// TestNotes: a log line names what it is about.
func TestNotes(t *testing.T) {
	n := cluster.Note{Kind: cluster.VoteRefused, Peer: bus.NodeID([]byte(idA)), Epoch: 7, Detail: "its primary is up"}
	if want := "vote refused to " + idA + " in epoch 7: its primary is up"; n.String() != want {
		t.Errorf("the note reads %q, want %q", n, want)
	}
	if want := "cluster reset"; (cluster.Note{Kind: cluster.WasReset}).String() != want {
		t.Errorf("the note reads %q, want %q", cluster.Note{Kind: cluster.WasReset}, want)
	}
}

// TestEffectsAreGivenOnce: asking again gives nothing, and the node's first turn saves who it is.
func TestEffectsAreGivenOnce(t *testing.T) {
	m := start(t, "")
	m.Tick(at(0))
	m.BeforeSleep(at(0))
	effects := m.Effects()
	if len(effects) != 1 || effects[0] != (cluster.Save{Sync: true}) {
		t.Errorf("the first turn of a fresh node gives %v", effects)
	}
	if again := m.Effects(); len(again) != 0 {
		t.Errorf("asked again it gives %v", again)
	}
	if m.Deadline() != 100 {
		t.Errorf("the deadline is %d, want 100", m.Deadline())
	}
}
