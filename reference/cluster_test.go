package reference_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clusterspec/clusterspec/reference"
)

// quick has failures noticed within a second or two.
var quick = map[string]string{"cluster-node-timeout": "1000"}

// ask sends a request to a node and returns the reply, or the error, as text.
func ask(t *testing.T, n *reference.Node, words ...any) string {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: n.Addr(), MaxRetries: -1, DisableIdentity: true})
	defer client.Close()
	reply, err := client.Do(t.Context(), words...).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err.Error()
	}
	return fmt.Sprint(reply)
}

// eventually fails the test when something does not come true.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came true that %s", what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// clusterClient is a client as applications have it.
func clusterClient(t *testing.T, c *reference.Cluster) *redis.ClusterClient {
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.Addrs()})
	t.Cleanup(func() { client.Close() })
	return client
}

// recorder is a test that can fail without harm.
type recorder struct {
	*testing.T
	failed   bool
	lines    []string
	cleanups []func()
}

func (r *recorder) Failed() bool               { return r.failed }
func (r *recorder) Cleanup(f func())           { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Logf(f string, args ...any) { r.lines = append(r.lines, fmt.Sprintf(f, args...)) }

func (r *recorder) end() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}

func TestLogsOfAFailedTest(t *testing.T) {
	for _, failed := range []bool{false, true} {
		r := &recorder{T: t, failed: failed}
		c := reference.StartCluster(r, reference.Options{})
		addr := c.Nodes()[2].Addr()
		r.end()
		shown := slices.ContainsFunc(r.lines, func(line string) bool {
			return strings.Contains(line, addr) && strings.Contains(line, "Ready to accept connections")
		})
		if shown != failed {
			t.Errorf("failed %t: %q", failed, r.lines)
		}
		if got := ask(t, c.Nodes()[2], "PING"); got == "PONG" {
			t.Error("the cluster outlived its test")
		}
		if _, err := os.Stat(c.Nodes()[2].Dir()); err == nil {
			t.Error("its files outlived its test")
		}
	}
}

func TestNothingIsLeft(t *testing.T) {
	use := func() {
		r := &recorder{T: t}
		defer r.end()
		c := reference.StartCluster(r, reference.Options{Primaries: 3, Replicas: 1})
		nodes := c.Nodes()
		c.Partition(nodes[0], nodes[3])
		c.CutOneWay(nodes[1], nodes[2])
		nodes[1].Pause()
		nodes[2].Kill()
		nodes[4].Inject(reference.Fault{Error: reference.TryAgain})
		must(t, nodes[5].Stop(t.Context()))
		must(t, nodes[2].Start())
	}
	use() // what the first use starts for good, such as the poller of package net, is no leak
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors(t)
	for range 3 {
		use()
	}
	eventually(t, fmt.Sprintf("there are %d goroutines again", goroutines), func() bool { return runtime.NumGoroutine() <= goroutines })
	eventually(t, fmt.Sprintf("there are %d descriptors again", descriptors), func() bool { return openDescriptors(t) <= descriptors })
}

func openDescriptors(t *testing.T) int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not tell which descriptors are open")
	}
	return len(entries)
}

func TestZeroOptions(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{})
	if n := len(c.Nodes()); n != 3 {
		t.Fatalf("%d nodes", n)
	}
	if _, err := reference.Start(t.Context(), reference.Options{Primaries: -1}); err == nil {
		t.Error("a negative number of primaries was taken")
	}
	if _, err := reference.Start(t.Context(), reference.Options{Config: map[string]string{"maxmemory-policy": "x"}}); err == nil {
		t.Error("an option nobody knows was taken")
	}
}

func TestPassword(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 2, Replicas: 1, Config: map[string]string{"requirepass": "secret", "masterauth": "secret"}})
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: c.Addrs(), Password: "secret"})
	defer client.Close()
	must(t, client.Set(t.Context(), "key", "value", 0).Err())
	s := reference.Slot("key")
	must(t, c.MoveSlots(t.Context(), c.Nodes()[0], s, s))
	must(t, c.MoveSlots(t.Context(), c.Nodes()[1], s, s))
	if got := client.Get(t.Context(), "key").Val(); got != "value" {
		t.Errorf("after two moves the value is %q", got)
	}
}

func TestRestartOfANodeThatEndedItself(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Nodes: 1})
	n := c.Nodes()[0]
	id := ask(t, n, "CLUSTER", "MYID")
	ask(t, n, "SHUTDOWN", "NOSAVE")
	must(t, n.Wait())
	must(t, n.Start())
	if got := ask(t, n, "CLUSTER", "MYID"); got != id {
		t.Errorf("the id was %s and is %s", id, got)
	}
}

func TestPartition(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 3, Replicas: 1, Config: quick})
	nodes := c.Nodes()
	primary, replica := nodes[0], nodes[3]
	heal := c.Partition(primary)
	eventually(t, "the replica takes over", func() bool { return strings.HasPrefix(ask(t, replica, "ROLE"), "[master") })
	if got := ask(t, primary, "SET", "{06S}", "v"); !strings.HasPrefix(got, "CLUSTERDOWN") {
		t.Errorf("a primary without a majority says %s", got)
	}
	heal()
	eventually(t, "the old primary follows", func() bool { return strings.HasPrefix(ask(t, primary, "ROLE"), "[slave") })
	must(t, c.WaitAgreed(t.Context()))
}

func TestPartitionOfAPausedNode(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 3, Replicas: 1, Config: quick})
	nodes := c.Nodes()
	nodes[0].Pause()
	heal := c.Partition(nodes[0]) // must not wait for the node
	nodes[0].Resume()
	eventually(t, "the replica takes over", func() bool { return strings.HasPrefix(ask(t, nodes[3], "ROLE"), "[master") })
	heal()
	must(t, c.WaitAgreed(t.Context()))
}

func TestCutOneWay(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 1, Replicas: 1})
	primary, replica := c.Nodes()[0], c.Nodes()[1]
	fullSyncs := func() string {
		for line := range strings.Lines(ask(t, primary, "INFO", "stats")) {
			if strings.HasPrefix(line, "sync_full:") {
				return line
			}
		}
		return ""
	}
	before := fullSyncs()
	c.CutOneWay(primary, replica, reference.DataLink)
	if got := ask(t, primary, "SET", "key", "value"); got != "OK" {
		t.Fatal(got)
	}
	if got := ask(t, primary, "WAIT", 1, 200); got != "0" {
		t.Errorf("%s replicas have got what cannot arrive", got)
	}
	if !strings.Contains(ask(t, primary, "INFO", "replication"), "connected_slaves:1") {
		t.Error("the connection is gone, and should stand still")
	}
	c.Heal()
	if got := ask(t, primary, "WAIT", 1, 10_000); got != "1" {
		t.Errorf("after the link was healed %s replicas have got it", got)
	}
	if after := fullSyncs(); after != before {
		t.Errorf("%s before and %s after: the connection did not survive", before, after)
	}

	c.CutOneWay(replica, primary, reference.DataLink) // acknowledgements do not arrive, data does
	ask(t, primary, "SET", "key", "other")
	if got := ask(t, primary, "WAIT", 1, 200); got != "0" {
		t.Errorf("%s replicas have acknowledged", got)
	}
	eventually(t, "the replica has the value", func() bool {
		return strings.Contains(ask(t, replica, "DEBUG", "DIGEST"), ask(t, primary, "DEBUG", "DIGEST"))
	})
}

func TestDialsWaitForHealing(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 1, Replicas: 1, Config: map[string]string{"enable-debug-command": "yes"}})
	primary, replica := c.Nodes()[0], c.Nodes()[1]
	heal := c.Cut(primary, replica, reference.DataLink)
	ask(t, replica, "CLIENT", "KILL", "TYPE", "master")
	eventually(t, "the link is down", func() bool {
		return strings.Contains(ask(t, replica, "INFO", "replication"), "master_link_status:down")
	})
	heal()
	must(t, c.WaitAgreed(t.Context()))
}

func TestMoveSlotsUnderLoad(t *testing.T) {
	stay := map[string]string{"cluster-allow-replica-migration": "no"} // who has no slots left is no replica then
	c := reference.StartCluster(t, reference.Options{Primaries: 3, Config: stay})
	client := clusterClient(t, c)
	ctx := t.Context()
	const keys = 500
	for i := range keys {
		must(t, client.Set(ctx, fmt.Sprint("key:", i), 0, time.Hour).Err())
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	rounds := make([]int, 4)
	for w := range rounds {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for i := w; i < keys; i += len(rounds) {
					if err := client.Incr(ctx, fmt.Sprint("key:", i)).Err(); err != nil {
						t.Errorf("while slots moved: %v", err)
						return
					}
				}
				rounds[w]++
			}
		})
	}
	must(t, c.MoveSlots(ctx, c.Nodes()[0], 0, 16383))
	must(t, c.MoveSlots(ctx, c.Nodes()[1], 4000, 12000))
	close(stop)
	writers.Wait()
	for i := range keys {
		key := fmt.Sprint("key:", i)
		if got := client.Get(ctx, key).Val(); got != fmt.Sprint(rounds[i%len(rounds)]) {
			t.Errorf("%s is %s after %d increments", key, got, rounds[i%len(rounds)])
		}
		if ttl := client.TTL(ctx, key).Val(); ttl <= 0 {
			t.Errorf("%s has lost its expiry", key)
		}
	}
	if !strings.Contains(ask(t, c.Nodes()[1], "CLUSTER", "SLOTS"), "[4000 12000") {
		t.Error("the slots are not where they were moved to")
	}
}

func TestMoveHalfWay(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 2})
	ctx, from, to := t.Context(), c.Nodes()[0], c.Nodes()[1]
	client := clusterClient(t, c)
	slot := reference.Slot("{06S}") // one of the first node's
	must(t, client.MSet(ctx, "{06S}a", "1", "{06S}b", "2").Err())

	m, err := c.BeginMove(ctx, to, slot, slot)
	must(t, err)
	must(t, m.Keys(ctx, "{06S}a"))
	if got, want := ask(t, from, "GET", "{06S}a"), reference.Ask("{06S}a", to); got != want {
		t.Errorf("the key that went: %s, want %s", got, want)
	}
	if got := ask(t, from, "GET", "{06S}b"); got != "2" {
		t.Errorf("the key that stayed: %s", got)
	}
	if got := ask(t, from, "MGET", "{06S}a", "{06S}b"); got != reference.TryAgain {
		t.Errorf("both: %s", got)
	}
	must(t, m.Undo(ctx))
	if got := ask(t, from, "MGET", "{06S}a", "{06S}b"); got != "[1 2]" {
		t.Errorf("after Undo: %s", got)
	}

	m, err = c.BeginMove(ctx, to, slot, slot)
	must(t, err)
	must(t, m.Keys(ctx, "{06S}b"))
	must(t, m.Finish(ctx))
	if got := ask(t, to, "MGET", "{06S}a", "{06S}b"); got != "[1 2]" {
		t.Errorf("after Finish: %s", got)
	}
	if got, want := ask(t, from, "GET", "{06S}a"), reference.Moved("{06S}a", to); got != want {
		t.Errorf("the old owner says %s, want %s", got, want)
	}
	if err := m.Keys(ctx, "foo"); err == nil {
		t.Error("a key of another slot was taken")
	}
	if _, err := c.BeginMove(ctx, to, 16000, 17000); err == nil {
		t.Error("a slot that is none was taken")
	}
}

func TestFailover(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 3, Replicas: 1, Config: quick})
	nodes := c.Nodes()
	must(t, c.Failover(t.Context(), nodes[3]))
	if got := ask(t, nodes[0], "ROLE"); !strings.HasPrefix(got, "[slave") {
		t.Errorf("the old primary is %s", got)
	}
	nodes[1].Kill()
	must(t, c.Failover(t.Context(), nodes[4])) // by force
	must(t, nodes[1].Start())
	must(t, c.WaitAgreed(t.Context()))
	if got := ask(t, nodes[1], "ROLE"); !strings.HasPrefix(got, "[slave") {
		t.Errorf("the primary that came back is %s", got)
	}
	if err := c.Failover(t.Context(), nodes[4]); err == nil {
		t.Error("a primary was made primary")
	}
}

func TestWaitAgreedSaysWhatIsWrong(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 3})
	c.Nodes()[0].Kill()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := c.WaitAgreed(ctx); err == nil || !strings.Contains(err.Error(), "0-5460 are those of node "+c.Nodes()[0].Addr()) {
		t.Errorf("%v", err)
	}
}

func TestAddAndRemoveNodes(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 3, Config: map[string]string{"cluster-node-timeout": "5000"}})
	ctx := t.Context()
	client := clusterClient(t, c)
	must(t, client.Set(ctx, "key", "value", 0).Err())

	fresh, err := c.AddNode(ctx)
	must(t, err)
	replica, err := c.AddReplica(ctx, fresh)
	must(t, err)
	if len(c.Nodes()) != 5 {
		t.Fatalf("%d nodes", len(c.Nodes()))
	}
	old := c.Nodes()[0]
	if err := c.RemoveNode(ctx, old); err == nil || !strings.Contains(err.Error(), "0-5460") {
		t.Errorf("removing an owner: %v", err)
	}
	must(t, c.MoveSlots(ctx, fresh, 0, 5460))
	must(t, c.RemoveNode(ctx, old))
	must(t, c.Failover(ctx, replica))
	must(t, c.RemoveNode(ctx, fresh))
	if got := client.Get(ctx, "key").Val(); got != "value" {
		t.Errorf("the value is %q", got)
	}
	if text := ask(t, replica, "CLUSTER", "NODES"); strings.Count(text, "\n") != 3 {
		t.Errorf("the nodes that are known:\n%s", text)
	}
}

func TestInject(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 1})
	n := c.Nodes()[0]
	ask(t, n, "SET", "key", "value")
	for _, tt := range []struct {
		fault     reference.Fault
		hit, miss []any
	}{
		{reference.Fault{Error: reference.TryAgain}, []any{"GET", "key"}, []any{"PING"}},
		{reference.Fault{Error: reference.Loading, Command: "ping"}, []any{"PING"}, []any{"GET", "key"}},
		{reference.Fault{Error: reference.ClusterDown, Key: "key"}, []any{"MGET", "other", "key"}, []any{"GET", "other"}},
		{reference.Fault{Error: reference.Moved("key", n), Command: "GET", Key: "key"}, []any{"GET", "key"}, []any{"STRLEN", "key"}},
		{reference.Fault{Error: "ERR odd", Command: "cluster|slots"}, []any{"CLUSTER", "SLOTS"}, []any{"CLUSTER", "MYID"}},
	} {
		i := n.Inject(tt.fault)
		if got := ask(t, n, tt.hit...); got != tt.fault.Error {
			t.Errorf("%+v: %v drew %s", tt.fault, tt.hit, got)
		}
		if got := ask(t, n, tt.miss...); got == tt.fault.Error {
			t.Errorf("%+v: %v drew it, too", tt.fault, tt.miss)
		}
		if hits := i.Hits(); hits != 1 {
			t.Errorf("%+v: %d hits", tt.fault, hits)
		}
		i.Remove()
		if got := ask(t, n, tt.hit...); got == tt.fault.Error {
			t.Errorf("%+v: it is still there", tt.fault)
		}
	}
}

func TestInjectSomeTimes(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 1})
	n := c.Nodes()[0]
	i := n.Inject(reference.Fault{Error: reference.TryAgain, Times: 3})
	ask(t, n, "GET", "key")
	n.Kill()
	if i.Hits() != 1 {
		t.Errorf("%d hits", i.Hits())
	}
	must(t, n.Start()) // it holds in the next life
	must(t, c.WaitAgreed(t.Context()))
	n.Pause()
	if i.Hits() != 1 { // must not wait for the node
		t.Errorf("%d hits", i.Hits())
	}
	n.Resume()
	for range 2 {
		if got := ask(t, n, "GET", "key"); got != reference.TryAgain {
			t.Errorf("got %s", got)
		}
	}
	if got := ask(t, n, "GET", "key"); got != "<nil>" {
		t.Errorf("the fourth time: %s", got)
	}
	n.Kill()
	must(t, n.Start())
	must(t, c.WaitAgreed(t.Context()))
	if got := ask(t, n, "GET", "key"); got != "<nil>" {
		t.Errorf("after its end it came back: %s", got)
	}
}

func TestInjectIntoATransaction(t *testing.T) {
	c := reference.StartCluster(t, reference.Options{Primaries: 1})
	n := c.Nodes()[0]
	client := redis.NewClient(&redis.Options{Addr: n.Addr(), MaxRetries: -1})
	defer client.Close()
	n.Inject(reference.Fault{Error: reference.TryAgain, Command: "get", Times: 1})
	_, err := client.TxPipelined(t.Context(), func(p redis.Pipeliner) error {
		p.Set(t.Context(), "key", "value", 0)
		p.Get(t.Context(), "key")
		return nil
	})
	if err == nil {
		t.Fatal("the transaction succeeded")
	}
	if got := ask(t, n, "EXISTS", "key"); got != "0" {
		t.Error("the transaction was carried out")
	}
}

// BenchmarkStart is how long a test waits for a cluster.
func BenchmarkStart(b *testing.B) {
	for _, replicas := range []int{0, 1} {
		b.Run(fmt.Sprintf("3 primaries, %d replicas each", replicas), func(b *testing.B) {
			for range b.N {
				c, err := reference.Start(b.Context(), reference.Options{Primaries: 3, Replicas: replicas})
				if err != nil {
					b.Fatal(err)
				}
				c.Close()
			}
		})
	}
}
