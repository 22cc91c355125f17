package cluster_test

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/oracle"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// These tests put a machine into one cluster with real servers.

const redisNodeTimeout = 1500

// redis is a real redis-server with cluster mode on.
type redis struct {
	*oracle.Server
	id string
}

func startRedis(t *testing.T) *redis {
	t.Helper()
	s := oracle.Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", strconv.Itoa(redisNodeTimeout), "--repl-diskless-sync-delay", "0")
	return &redis{s, s.Must("CLUSTER MYID")}
}

// wait polls until why returns an empty text, which otherwise says what is missing.
func wait(t *testing.T, why func() string) {
	t.Helper()
	const patience = 30 * time.Second
	var last string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if last = why(); last == "" {
			return
		}
	}
	t.Fatalf("not within %v: %s", patience, last)
}

// mixed is a cluster of one machine and some real servers.
type mixed struct {
	*testing.T
	b       *bridge
	servers []*redis
}

// mix makes a cluster: each server and, if it is to be a primary, the machine get equal shares of the slots, the machine
// the first. It returns when all agree.
func mix(t *testing.T, servers int, machineIsPrimary bool) *mixed {
	t.Helper()
	x := &mixed{T: t}
	share := func(i, of int) slot.Range {
		return slot.Range{From: slot.Slot(i * slot.Count / of), To: slot.Slot((i+1)*slot.Count/of - 1)}
	}
	for range servers {
		x.servers = append(x.servers, startRedis(t))
	}
	if machineIsPrimary {
		x.b = newBridge(t, share(0, servers+1))
	} else {
		x.b = newBridge(t)
	}
	for i, r := range x.servers {
		s := share(i, servers)
		if machineIsPrimary {
			s = share(i+1, servers+1)
		}
		r.Must("CLUSTER ADDSLOTSRANGE %d %d", s.From, s.To)
		r.Must("CLUSTER SET-CONFIG-EPOCH %d", i+2)
	}
	x.b.must(func(m *cluster.Machine, now clock.Instant) error { return m.SetConfigEpoch(now, 1) })
	// The machine meets one half of the servers, the other half meets the machine.
	for i, r := range x.servers {
		if i%2 == 0 {
			x.b.must(func(m *cluster.Machine, now clock.Instant) error {
				return m.Meet(now, "127.0.0.1", r.Port, r.BusPort)
			})
		} else {
			r.Must("CLUSTER MEET 127.0.0.1 %d %d", x.b.port, x.b.busPort)
		}
	}
	x.agree()
	return x
}

// agree waits until the machine and all running servers say the same of each node: address, flags, primary, epoch, and
// slots.
func (x *mixed) agree() {
	x.Helper()
	wait(x.T, func() string {
		ours := x.b.nodes()
		if !x.b.ask((*cluster.Machine).Up) {
			return "the machine's cluster is down:\n" + ours
		}
		for _, r := range x.servers {
			theirs, err := r.Do("CLUSTER NODES")
			if err != nil {
				continue // it is down
			}
			if info := r.Must("CLUSTER INFO"); !strings.Contains(info, "cluster_state:ok") {
				return "the cluster of " + r.id + " is down:\n" + theirs
			}
			if strings.Count(ours, "\n") != strings.Count(theirs, "\n") {
				return "they count different nodes\n" + ours + theirs
			}
			for l := range strings.Lines(ours) {
				id := strings.Fields(l)[0]
				if a, b := facts(line(ours, id)), facts(line(theirs, id)); a != b {
					return fmt.Sprintf("the machine says\n%s\n%s says\n%s", a, r.id, b)
				}
			}
		}
		return ""
	})
}

// facts are what two nodes must say alike in a line: all but "myself", the times, and whether there is a link.
func facts(words []string) string {
	if words == nil {
		return "nothing"
	}
	flags := strings.TrimPrefix(words[2], "myself,")
	return strings.Join([]string{words[0], words[1], flags, words[3], words[6], strings.Join(words[8:], " ")}, " ")
}

// TestRealNeighbours is the everyday life of a machine between servers.
func TestRealNeighbours(t *testing.T) {
	t.Parallel()
	x := mix(t, 2, true)
	for _, tale := range []struct {
		name string
		tell func(x *mixed)
	}{{"links", realLinks}, {"publish", realPublish}, {"slots", realSlotMove}, {"fail and back", realFailAndBack}} {
		t.Run(tale.name, func(t *testing.T) { tale.tell(&mixed{t, x.b, x.servers}) })
	}
}

// realLinks: the machine has met a server, a server has met the machine, gossip has introduced the servers; nobody has
// doubts about anybody.
func realLinks(x *mixed) {
	for _, r := range x.servers {
		words := line(r.Must("CLUSTER NODES"), x.b.id())
		if want := fmt.Sprintf("127.0.0.1:%d@%d", x.b.port, x.b.busPort); words[1] != want || words[7] != "connected" {
			x.Errorf("a server sees the machine as %v", words)
		}
		if links := r.Must("CLUSTER LINKS"); strings.Count(links, x.b.id()) != 2 {
			x.Errorf("a server has other links with the machine than one each way:\n%s", links)
		}
	}
	time.Sleep(2 * redisNodeTimeout * time.Millisecond)
	x.agree()
	if x.b.noted(cluster.PeerFailed) > 0 {
		x.Error("the machine took a healthy server for dead")
	}
	for _, r := range x.servers {
		if strings.Contains(r.Log(), "failing") {
			x.Error("a server took the machine for dead")
		}
	}
}

// realPublish: messages cross the bus both ways.
func realPublish(x *mixed) {
	r := x.servers[0]
	r.Must("PUBLISH news hello")
	wait(x.T, func() string {
		x.b.mu.Lock()
		defer x.b.mu.Unlock()
		return contains(strings.Join(x.b.delivered, ";"), "news hello false")
	})
	conn := r.Dial()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.WriteString(conn, "SUBSCRIBE news\r\n"); err != nil {
		x.Fatal(err)
	}
	reader := bufio.NewReader(conn)
	if reply, err := oracle.ReadReply(reader); err != nil || reply != "subscribe\nnews\n:1" {
		x.Fatalf("SUBSCRIBE: %q %v", reply, err)
	}
	x.b.must(func(m *cluster.Machine, now clock.Instant) error {
		m.Publish([]byte("news"), []byte("hi"), false)
		return nil
	})
	if reply, err := oracle.ReadReply(reader); err != nil || reply != "message\nnews\nhi" {
		x.Errorf("the subscriber got %q %v", reply, err)
	}
}

// realSlotMove: slots move between the machine and a server in both directions, by SETSLOT.
func realSlotMove(x *mixed) {
	r := x.servers[0]
	r.Must("CLUSTER SETSLOT 5 IMPORTING %s", x.b.id())
	x.b.must(func(m *cluster.Machine, now clock.Instant) error { return m.SetMigrating(now, 5, r.id) })
	r.Must("CLUSTER SETSLOT 5 NODE %s", r.id)
	x.b.must(func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 5, r.id) })
	x.agree()
	x.b.must(func(m *cluster.Machine, now clock.Instant) error { return m.SetImporting(now, 16000, x.servers[1].id) })
	x.b.must(func(m *cluster.Machine, now clock.Instant) error { return m.SetNode(now, 16000, x.b.id()) })
	x.agree()
	if !x.b.ask(func(m *cluster.Machine) bool { return m.Owner(16000) == m.Myself() && m.Owner(5) != m.Myself() }) {
		x.Error("they agree about the wrong owners")
	}
}

// realFailAndBack: a server is stopped for a while, and forgiven afterwards.
func realFailAndBack(x *mixed) {
	frozen := x.servers[0]
	frozen.Signal(syscall.SIGSTOP)
	wait(x.T, func() string { return contains(x.b.nodes(), "master,fail ") })
	wait(x.T, func() string { return contains(x.servers[1].Must("CLUSTER NODES"), "master,fail ") })
	frozen.Signal(syscall.SIGCONT)
	x.agree()
}

// TestRealVote: a server dies. Its replica, a server, needs the votes of another server and of the machine.
func TestRealVote(t *testing.T) {
	t.Parallel()
	x := mix(t, 2, true)
	victim, replica := x.servers[0], startRedis(t)
	replica.Must("CLUSTER MEET 127.0.0.1 %d %d", x.b.port, x.b.busPort)
	wait(t, func() string { return replies(replica, "CLUSTER REPLICATE "+victim.id, "+OK") })
	x.servers = append(x.servers, replica)
	x.agree()
	wait(t, func() string { return contains(replica.Must("INFO replication"), "master_link_status:up") })

	victim.Kill()
	wait(t, func() string {
		return contains(strings.Join(line(replica.Must("CLUSTER NODES"), replica.id), " "), "master")
	})
	if x.b.noted(cluster.VoteGranted) != 1 {
		t.Errorf("the machine voted %d times", x.b.noted(cluster.VoteGranted))
	}
	if x.b.noted(cluster.PeerFailed) != 1 {
		t.Errorf("the machine set FAIL %d times", x.b.noted(cluster.PeerFailed))
	}
	if err := victim.Restart(); err != nil {
		t.Fatal(err)
	}
	x.agree()
	if words := line(x.b.nodes(), victim.id); words[2] != "slave" || words[3] != replica.id {
		t.Errorf("the machine sees the old primary as %v", words)
	}
}

// TestRealElection: the machine is the replica of a server that dies, and servers vote for it.
func TestRealElection(t *testing.T) {
	t.Parallel()
	x := mix(t, 3, false)
	victim := x.servers[0]
	x.b.must(func(m *cluster.Machine, now clock.Instant) error { return m.Replicate(now, victim.id) })
	x.agree()
	victim.Kill()
	wait(t, func() string {
		if x.b.ask(func(m *cluster.Machine) bool { return m.Myself().IsPrimary() }) {
			return ""
		}
		return "the machine is not elected"
	})
	x.agreeWithout(victim)
	if err := victim.Restart(); err != nil {
		t.Fatal(err)
	}
	x.agree()
	if words := line(x.b.nodes(), victim.id); words[2] != "slave" || words[3] != x.b.id() {
		t.Errorf("the machine sees the old primary as %v", words)
	}
}

// TestRealManualFailover: the machine asks a server to hold its writes, takes over, and the server steps down.
func TestRealManualFailover(t *testing.T) {
	t.Parallel()
	for _, mode := range []cluster.FailoverMode{cluster.FailoverAgreed, cluster.FailoverForce, cluster.FailoverTakeover} {
		t.Run(fmt.Sprintf("mode %d", mode), func(t *testing.T) {
			t.Parallel()
			x := mix(t, 3, false)
			primary := x.servers[0]
			x.b.must(func(m *cluster.Machine, now clock.Instant) error { return m.Replicate(now, primary.id) })
			x.agree()
			x.b.must(func(m *cluster.Machine, now clock.Instant) error { return m.Failover(now, mode) })
			wait(t, func() string {
				return contains(strings.Join(line(primary.Must("CLUSTER NODES"), primary.id), " "), "slave "+x.b.id())
			})
			x.agree()
			if mode == cluster.FailoverAgreed && !strings.Contains(primary.Log(), "Manual failover requested by replica") {
				t.Error("the server was not asked to hold its writes")
			}
			if x.b.noted(cluster.ManualReady) != 1 && mode == cluster.FailoverAgreed {
				t.Error("the machine did not see the frozen offset")
			}
		})
	}
}

// TestRealTakeoverOfMachine: a server takes over from the machine, which steps down.
func TestRealTakeoverOfMachine(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"FORCE", "TAKEOVER"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			x := mix(t, 2, true)
			replica := startRedis(t)
			replica.Must("CLUSTER MEET 127.0.0.1 %d %d", x.b.port, x.b.busPort)
			wait(t, func() string { return replies(replica, "CLUSTER REPLICATE "+x.b.id(), "+OK") })
			x.servers = append(x.servers, replica)
			x.agree()
			replica.Must("CLUSTER FAILOVER %s", mode)
			wait(t, func() string {
				if x.b.ask(func(m *cluster.Machine) bool { return m.Myself().IsReplica() }) {
					return ""
				}
				return "the machine did not step down"
			})
			x.agree()
			if mode == "FORCE" && x.b.noted(cluster.VoteGranted) != 1 {
				t.Error("the machine did not vote for its successor")
			}
		})
	}
}

// TestRealForget: a server forgets the machine; the machine's pings do not bring it back, MEET does.
func TestRealForget(t *testing.T) {
	t.Parallel()
	x := mix(t, 1, true)
	r := x.servers[0]
	r.Must("CLUSTER FORGET %s", x.b.id())
	time.Sleep(2 * redisNodeTimeout * time.Millisecond)
	if line(r.Must("CLUSTER NODES"), x.b.id()) != nil {
		t.Error("the server remembers the machine")
	}
	x.b.must(func(m *cluster.Machine, now clock.Instant) error {
		return m.Meet(now, "127.0.0.1", r.Port, r.BusPort)
	})
	wait(t, func() string {
		if line(r.Must("CLUSTER NODES"), x.b.id()) == nil {
			return "the server does not know the machine again"
		}
		return ""
	})
}

// agreeWithout is agree while a server is down: the others must say that it failed.
func (x *mixed) agreeWithout(down *redis) {
	x.Helper()
	x.agree()
	if words := line(x.b.nodes(), down.id); !strings.Contains(words[2], "fail") {
		x.Errorf("the machine sees the dead server as %v", words)
	}
}

func contains(text, part string) string {
	if strings.Contains(text, part) {
		return ""
	}
	return fmt.Sprintf("no %q in %s", part, text)
}

func replies(r *redis, command, want string) string {
	reply, err := r.Do(command)
	if reply == want {
		return ""
	}
	return fmt.Sprintf("%s: %s %v", command, reply, err)
}
