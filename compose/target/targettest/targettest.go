// Package targettest holds the contract every kind of target fulfils, as a test to run against it.
package targettest

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// Kind is a kind of target as its test presents it.
type Kind struct {
	Target target.Target
	// Leftovers lists what of the kind's own (processes, containers) still exists for a cluster; it is asked before and after Close.
	Leftovers func(t *testing.T, c target.Cluster) []string
}

// Run checks the contract of package target. It starts several clusters, at the same time as well.
func Run(t *testing.T, kind Kind) {
	t.Run("nodes are fresh and reachable", kind.testFresh)
	t.Run("options reach the nodes", kind.testOptions)
	t.Run("nodes join by the addresses they are known by", kind.testJoin)
	t.Run("kill and restart", kind.testKill)
	t.Run("stop and restart", kind.testStop)
	t.Run("restart of a running node", kind.testRestartRunning)
	t.Run("pause and resume", kind.testPause)
	t.Run("log and nodes.conf", kind.testFiles)
	t.Run("close leaves nothing", kind.testClose)
	t.Run("clusters side by side", kind.testParallel)
	t.Run("a start given up leaves nothing", kind.testCancelledStart)
	t.Run("describe", kind.testDescribe)
}

// Limits of the test, far above what is needed, so that they only end what hangs.
const (
	testLimit    = 2 * time.Minute
	answerLimit  = 10 * time.Second
	silenceLimit = 300 * time.Millisecond
	pollInterval = 20 * time.Millisecond
)

func (k Kind) testFresh(t *testing.T) {
	ctx, c := k.start(t, target.Topology{Nodes: 3})
	if target.IsExisting(c) {
		t.Fatal("a started cluster says that it existed before")
	}
	for i, n := range c.Nodes() {
		if n.Name() != target.Name(i) {
			t.Errorf("node %d is called %q", i, n.Name())
		}
		wantReply(t, ctx, n, wire.Value{Kind: wire.Simple, Text: "PONG"}, "PING")
		wantReply(t, ctx, n, wire.Value{Kind: wire.Integer, Text: "0"}, "DBSIZE")
		if known := info(t, ctx, n, "CLUSTER", "INFO")["cluster_known_nodes"]; known != "1" {
			t.Errorf("node %s knows %s nodes, only itself expected", n.Name(), known)
		}
		if enabled := info(t, ctx, n, "INFO", "cluster")["cluster_enabled"]; enabled != "1" {
			t.Errorf("node %s: cluster_enabled is %q", n.Name(), enabled)
		}
		host, _, _ := net.SplitHostPort(n.Addr())
		bus, err := net.Dial("tcp", net.JoinHostPort(host, itoa(n.BusPort())))
		if err != nil {
			t.Errorf("bus of node %s: %v", n.Name(), err)
			continue
		}
		bus.Close()
	}
}

func (k Kind) testOptions(t *testing.T) {
	ctx, c := k.start(t, target.Topology{Nodes: 1, Options: map[string]string{
		"cluster-node-timeout": "1234", "cluster-require-full-coverage": "no",
	}})
	for name, want := range map[string]string{
		"cluster-node-timeout": "1234", "cluster-require-full-coverage": "no", "appendonly": "no",
	} {
		reply := do(t, ctx, c.Nodes()[0], "CONFIG", "GET", name)
		if got, _ := reply.Get(name); got.Text != want {
			t.Errorf("%s is %s, want %q", name, reply, want)
		}
	}
}

func (k Kind) testJoin(t *testing.T) {
	ctx, c := k.start(t, target.Topology{Nodes: 3})
	for _, n := range c.Nodes() {
		meet(t, ctx, c.Nodes()[0], n)
	}
	addresses := make(map[string]bool)
	for _, n := range c.Nodes() {
		addresses[n.Addr()] = true
	}
	for _, n := range c.Nodes() {
		eventually(t, "node "+n.Name()+" knows all three by their addresses", func() bool {
			lines := nodes(t, ctx, n)
			for _, line := range lines {
				if !addresses[line.Addr] || line.HasFlag("handshake") || !line.Connected {
					return false
				}
			}
			return len(lines) == 3
		})
	}
}

func (k Kind) testKill(t *testing.T) {
	ctx, c := k.start(t, target.Topology{Nodes: 3})
	victim := c.Nodes()[1]
	before := myself(t, ctx, victim)
	check(t, ability[target.Killer](t, victim).Kill(ctx))
	wantRefused(t, victim)
	for _, i := range []int{0, 2} {
		wantReply(t, ctx, c.Nodes()[i], wire.Value{Kind: wire.Simple, Text: "PONG"}, "PING")
	}
	check(t, ability[target.Killer](t, victim).Kill(ctx)) // it is dead already
	check(t, ability[target.Restarter](t, victim).Restart(ctx))
	if after := myself(t, ctx, victim); after != before {
		t.Errorf("node id was %s and is %s after the restart", before, after)
	}
}

func (k Kind) testStop(t *testing.T) {
	ctx, c := k.start(t, target.Topology{Nodes: 1})
	n := c.Nodes()[0]
	before := myself(t, ctx, n)
	check(t, ability[target.Stopper](t, n).Stop(ctx))
	wantRefused(t, n)
	check(t, ability[target.Restarter](t, n).Restart(ctx))
	if after := myself(t, ctx, n); after != before {
		t.Errorf("node id was %s and is %s after the restart", before, after)
	}
}

func (k Kind) testRestartRunning(t *testing.T) {
	ctx, c := k.start(t, target.Topology{Nodes: 1})
	n := c.Nodes()[0]
	check(t, ability[target.Pauser](t, n).Pause(ctx)) // not even a paused one resists
	check(t, ability[target.Restarter](t, n).Restart(ctx))
	wantReply(t, ctx, n, wire.Value{Kind: wire.Simple, Text: "PONG"}, "PING")
}

func (k Kind) testPause(t *testing.T) {
	ctx, c := k.start(t, target.Topology{Nodes: 2})
	frozen := c.Nodes()[0]
	conn, err := wire.Dial(ctx, frozen.Addr())
	check(t, err)
	defer conn.Close()
	check(t, ability[target.Pauser](t, frozen).Pause(ctx))
	check(t, conn.Send("PING"))
	short, cancel := context.WithTimeout(ctx, silenceLimit)
	defer cancel()
	if v, err := conn.Receive(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a paused node answered %s, %v", v, err)
	}
	wantReply(t, ctx, c.Nodes()[1], wire.Value{Kind: wire.Simple, Text: "PONG"}, "PING")
	check(t, ability[target.Pauser](t, frozen).Resume(ctx))
	if v, err := conn.Receive(ctx); err != nil || v.Text != "PONG" {
		t.Errorf("a resumed node answered %s, %v", v, err)
	}
}

func (k Kind) testFiles(t *testing.T) {
	ctx, c := k.start(t, target.Topology{Nodes: 1})
	n := c.Nodes()[0]
	check(t, ability[target.Killer](t, n).Kill(ctx)) // both can be read from a dead node as well
	log, err := ability[target.LogReader](t, n).Log()
	if err != nil || strings.TrimSpace(log) == "" {
		t.Errorf("log is %q, %v", log, err)
	}
	check(t, ability[target.Restarter](t, n).Restart(ctx))
	longer, err := ability[target.LogReader](t, n).Log()
	if err != nil || !strings.HasPrefix(longer, log) || len(longer) == len(log) {
		t.Errorf("after a restart the log is %q, %v; it was %q", longer, err, log)
	}
	conf, err := ability[target.ConfReader](t, n).NodesConf()
	check(t, err)
	lines, _, err := wire.ParseNodesConf(conf)
	if err != nil || len(lines) != 1 || lines[0].ID != myself(t, ctx, n) {
		t.Errorf("nodes.conf is %q, %v", conf, err)
	}
}

func (k Kind) testClose(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "scratch")
	ctx, c := k.start(t, target.Topology{Nodes: 3, Dir: dir})
	check(t, ability[target.Pauser](t, c.Nodes()[0]).Pause(ctx))
	check(t, ability[target.Killer](t, c.Nodes()[1]).Kill(ctx))
	if len(k.Leftovers(t, c)) == 0 {
		t.Fatal("nothing to be left over even before Close: the test looks in the wrong place")
	}
	check(t, c.Close())
	check(t, c.Close())
	if left := k.Leftovers(t, c); len(left) > 0 {
		t.Errorf("left over after Close: %s", strings.Join(left, ", "))
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("scratch folder after Close: %v", err)
	}
	for _, n := range c.Nodes() {
		wantRefused(t, n)
		_, port, _ := net.SplitHostPort(n.Addr())
		if target.PortIsReserved(atoi(t, port)) {
			t.Errorf("port %s is still reserved", port)
		}
	}
}

func (k Kind) testParallel(t *testing.T) {
	const clusters = 3
	used := make(chan string, clusters*2)
	t.Run("start", func(t *testing.T) {
		for range clusters {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				_, c := k.start(t, target.Topology{Nodes: 2})
				for _, n := range c.Nodes() {
					used <- n.Addr()
				}
			})
		}
	})
	if len(used) != cap(used) {
		t.Errorf("%d nodes started, want %d", len(used), cap(used))
	}
}

func (k Kind) testCancelledStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "scratch")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, err := k.Target.Start(ctx, target.Topology{Nodes: 2, Dir: dir})
	if err == nil {
		c.Close()
		t.Fatal("started although the context had ended")
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("scratch folder after a failed start: %v", err)
	}
}

func (k Kind) testDescribe(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	defer cancel()
	describer, ok := k.Target.(target.Describer)
	if !ok {
		t.Fatalf("%T cannot describe itself", k.Target)
	}
	d, err := describer.Describe(ctx)
	if err != nil || d.Server == "" || d.Version == "" {
		t.Errorf("description is %+v, %v", d, err)
	}
}

// start starts a cluster that is closed when the test ends.
func (k Kind) start(t *testing.T, topology target.Topology) (context.Context, target.Cluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testLimit)
	t.Cleanup(cancel)
	c, err := k.Target.Start(ctx, topology)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if len(c.Nodes()) != topology.Nodes {
		t.Fatalf("%d nodes, want %d", len(c.Nodes()), topology.Nodes)
	}
	return ctx, c
}

// ability asserts that the node has an ability.
func ability[A any](t *testing.T, n target.Node) A {
	t.Helper()
	a, ok := n.(A)
	if !ok {
		t.Fatalf("%T lacks an ability: %T", n, (*A)(nil))
	}
	return a
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantRefused(t *testing.T, n target.Node) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", n.Addr(), answerLimit)
	if err == nil {
		defer conn.Close()
		if !closesAtOnce(conn) {
			t.Errorf("node %s is down and %s takes connections", n.Name(), n.Addr())
		}
	} else if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("node %s is down; dialing it says %v, refusal expected", n.Name(), err)
	}
}

// closesAtOnce reports whether the other side drops the connection unasked, as the port publisher of a container engine does when nobody
// listens behind it.
func closesAtOnce(conn net.Conn) bool {
	conn.SetDeadline(time.Now().Add(answerLimit))
	_, err := conn.Read(make([]byte, 1))
	return err != nil && !errors.Is(err, os.ErrDeadlineExceeded)
}
