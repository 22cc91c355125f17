package node

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// pair is a cluster of one primary, which owns all slots, and its replica.
func pair(t *testing.T, seed uint64) (n *network, primary, replica *machineRoom) {
	n = newNetwork(t, seed)
	formed(n, 1)
	return n, n.hosts[0], n.hosts[1]
}

// cut breaks the replica's link to its primary, and keeps it from being established again until heal.
func (n *network) cut(replica *machineRoom) (heal func()) {
	n.apart = func(a, b *machineRoom) bool { return a == replica }
	c := replica.node.upstream.conn
	end := c.Shell.(*end)
	end.close()
	replica.node.Closed(n.now, c, "cut")
	replica.turn()
	return func() { n.apart = nil }
}

// same says whether a replica has its primary's keys, offset and history.
func same(a, b *machineRoom) bool {
	return a.node.source.Offset() == b.node.source.Offset() && a.node.source.ID() == b.node.source.ID() && a.node.db.Len() == b.node.db.Len()
}

// logged says whether a node's log has a line with text.
func (r *machineRoom) logged(text string) int {
	n := 0
	for _, line := range r.log {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// fill writes keys to a node.
func (p *proc) fill(r *machineRoom, from, to, valueBytes int) {
	w := p.connect(r.addr())
	for i := from; i < to; i++ {
		p.must(w, "SET", key(i), strconv.Itoa(i)+strings.Repeat("x", valueBytes))
	}
}

func TestReplicaCatchesUpFromBacklog(t *testing.T) {
	n, primary, replica := pair(t, 1)
	n.all(5000, "keys to be written", func(p *proc) { p.fill(primary, 0, 100, 10) })
	heal := n.cut(replica)
	n.all(5000, "keys to be written during the cut", func(p *proc) { p.fill(primary, 100, 200, 10) })
	if replica.node.db.Len() != 100 || replica.node.upstream.streaming() {
		n.fatalf("the link is not cut: %d keys", replica.node.db.Len())
	}
	heal()
	n.run(5000, "the replica to catch up", func() bool { return same(primary, replica) })
	if full, partial := replica.logged("full synchronisation"), replica.logged("partial synchronisation"); full != 1 || partial != 1 {
		n.fatalf("%d full and %d partial synchronisations, want one of each", full, partial)
	}
}

// A client may cut the link from either side; no more than the rest of the stream is sent.
func TestLinkCutByAClient(t *testing.T) {
	n, primary, replica := pair(t, 3)
	for _, cut := range []struct {
		at   *machineRoom
		kind string
	}{{replica, "master"}, {primary, "replica"}} {
		n.all(5000, "the link to be cut", func(p *proc) {
			w := p.connect(cut.at.addr())
			if reply, _ := p.do(w, "CLIENT", "KILL", "TYPE", cut.kind); reply != ":1\r\n" {
				n.fatalf("CLIENT KILL TYPE %s was answered by %q", cut.kind, reply)
			}
			p.fill(primary, 0, 100, 10)
		})
		n.run(5000, "the replica to catch up", func() bool { return same(primary, replica) })
	}
	if full, partial := replica.logged("full synchronisation"), replica.logged("partial synchronisation"); full != 1 || partial != 2 {
		n.fatalf("%d full and %d partial synchronisations, want one and two", full, partial)
	}
}

func TestReplicaStartsAgainWhenTheBacklogIsTooShort(t *testing.T) {
	n, primary, replica := pair(t, 2)
	heal := n.cut(replica)
	n.all(20_000, "more to be written than the backlog holds", func(p *proc) { p.fill(primary, 0, 150, 10_000) })
	heal()
	n.run(5000, "the replica to catch up", func() bool { return same(primary, replica) })
	if full := replica.logged("full synchronisation"); full != 2 {
		n.fatalf("%d full synchronisations, want two", full)
	}
}

// TestManualFailoverNeedsNoSnapshot: an old primary that was asked to step down has the history the new one continues.
func TestManualFailoverNeedsNoSnapshot(t *testing.T) {
	n, primary, replica := pair(t, 3)
	n.all(5000, "keys to be written", func(p *proc) { p.fill(primary, 0, 50, 10) })
	history := primary.node.source.ID()
	n.all(5000, "the failover to be accepted", func(p *proc) { p.must(p.connect(replica.addr()), "CLUSTER", "FAILOVER") })
	n.run(5000, "the replica to take over", func() bool { return n.primaryOf(slot.Slot(0)) == replica })
	n.run(5000, "the old primary to follow", func() bool { return primary.node.upstream.streaming() && same(primary, replica) })
	if now := replica.node.source; now.ID() == history || now.ID2() != history || now.SecondOffset() != now.Offset()+1 {
		n.fatalf("the new primary goes on in history %s, after %s up to %d", now.ID(), now.ID2(), now.SecondOffset())
	}
	if full, partial := primary.logged("full synchronisation"), primary.logged("partial synchronisation"); full != 0 || partial != 1 {
		n.fatalf("%d full and %d partial synchronisations of the old primary, want one partial", full, partial)
	}
	n.all(5000, "writes at the new primary", func(p *proc) { p.fill(replica, 50, 60, 10) })
	n.run(5000, "the new replica to have them", func() bool { return same(primary, replica) && primary.node.db.Len() == 60 })
}

// TestTransactionIsAppliedWhole cuts the link at every byte of a transaction in the stream: the replica has all of it or
// nothing, and goes on at the right offset.
func TestTransactionIsAppliedWhole(t *testing.T) {
	n, primary, replica := pair(t, 4)
	n.all(5000, "the first key", func(p *proc) { p.fill(primary, 0, 1, 1) })
	n.run(5000, "the replica to have it", func() bool { return same(primary, replica) })
	transaction := "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n*1\r\n$4\r\nEXEC\r\n"
	node := replica.node
	for cut := range len(transaction) {
		before := node.source.Offset()
		node.Receive(n.now, node.upstream.conn, []byte(transaction[:cut]))
		if node.db.Len() != 1 || node.source.Offset() != before {
			t.Fatalf("after %d bytes: %d keys, offset moved by %d", cut, node.db.Len(), node.source.Offset()-before)
		}
		node.upstream.stream.clear() // as when the link breaks
	}
	before := node.source.Offset()
	for i := range len(transaction) {
		node.Receive(n.now, node.upstream.conn, []byte(transaction[i:i+1]))
	}
	if node.db.Len() != 3 || node.source.Offset() != before+int64(len(transaction)) {
		t.Fatalf("all of it: %d keys, offset moved by %d of %d", node.db.Len(), node.source.Offset()-before, len(transaction))
	}
}

func TestWaitCountsReplicas(t *testing.T) {
	n, primary, replica := pair(t, 5)
	n.all(20_000, "WAIT", func(p *proc) {
		w := p.connect(primary.addr())
		p.must(w, "SET", "a", "1")
		before := n.now.Mono
		if reply, _ := p.do(w, "WAIT", "1", "0"); reply != ":1\r\n" || n.now.Mono > before+50 {
			n.fatalf("WAIT 1 0: %q after %d ms: was the replica asked?", reply, n.now.Mono-before)
		}
		if replica.node.db.Len() != 1 {
			n.fatalf("WAIT was answered before the replica had the key")
		}
		heal := n.cut(replica)
		p.must(w, "SET", "b", "1")
		before = n.now.Mono
		if reply, _ := p.do(w, "WAIT", "1", "300"); reply != ":0\r\n" || n.now.Mono < before+300 {
			n.fatalf("WAIT without a replica: %q after %d ms", reply, n.now.Mono-before)
		}
		heal()
		if reply, _ := p.do(w, "WAIT", "1", "2500"); reply != ":1\r\n" {
			n.fatalf("WAIT for the replica to come back: %q", reply)
		}
	})
}

func TestRolesAreTold(t *testing.T) {
	n, primary, replica := pair(t, 6)
	n.all(20_000, "ROLE and INFO", func(p *proc) {
		p.fill(primary, 0, 3, 1)
		p.sleep(1500)
		offset := strconv.FormatInt(primary.node.source.Offset(), 10)
		for _, c := range []struct {
			room *machineRoom
			want string
		}{
			{primary, "*3\r\n$6\r\nmaster\r\n:" + offset + "\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n7001\r\n$" + strconv.Itoa(len(offset)) + "\r\n" + offset + "\r\n"},
			{replica, "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:7000\r\n$9\r\nconnected\r\n:" + offset + "\r\n"},
		} {
			if reply, _ := p.do(p.connect(c.room.addr()), "ROLE"); reply != c.want {
				n.fatalf("ROLE: %q, want %q", reply, c.want)
			}
		}
	})
}

// TestReplicaRelaysItsPrimarysStream: whoever follows a replica gets the stream byte for byte, and is sent away when the
// history goes on under another name.
func TestReplicaRelaysItsPrimarysStream(t *testing.T) {
	n, primary, replica := pair(t, 7)
	n.all(20_000, "the stream to be relayed", func(p *proc) {
		p.fill(primary, 0, 5, 1)
		p.sleep(100)
		w := p.connect(replica.addr())
		reply, _ := p.do(w, "PSYNC", replica.node.source.ID().String(), "1")
		if reply != "+CONTINUE\r\n" {
			n.fatalf("PSYNC: %q", reply)
		}
		p.fill(primary, 5, 10, 1)
		p.sleep(100)
		first, second := primary.node.source.Since(1)
		if got, want := string(w.in), string(first)+string(second); got != want || w.broken {
			n.fatalf("relayed:\n%q, want\n%q", got, want)
		}
		p.must(p.connect(replica.addr()), "CLUSTER", "FAILOVER", "TAKEOVER")
		p.sleep(100)
		if !w.broken {
			n.fatalf("the follower does not know that the history has a new name")
		}
	})
}

// TestSnapshotThatCannotBeLoaded: the replica has nothing then, and must not claim a history when it asks again.
func TestSnapshotThatCannotBeLoaded(t *testing.T) {
	l := newLone(t, nil)
	l.node.becomeReplica()
	dial := func() *Conn {
		l.node.upstream.follow(cluster.Follow{IP: "10.0.0.1", Port: 7000})
		l.turn()
		c := l.last.Dial[len(l.last.Dial)-1]
		l.node.Connected(l.now, c, clientAddr(), addrPort("10.0.0.1:7000"))
		l.send(c, "+PONG\r\n+OK\r\n+OK\r\n")
		return c
	}
	c := dial()
	if got := l.take(c); !strings.Contains(got, l.node.source.ID().String()) {
		t.Fatalf("handshake: %q", got)
	}
	l.send(c, "+FULLRESYNC "+strings.Repeat("a", 40)+" 7\r\n$9\r\nno RDB in")
	if !l.closed(c) {
		t.Error("the link goes on")
	}
	if got := l.take(dial()); !strings.HasSuffix(got, "*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n") {
		t.Errorf("second handshake: %q", got)
	}
}

// TestManualFailoverLosesNothing hands a shard over while clients write to it: what was acknowledged is found, at all times.
func TestManualFailoverLosesNothing(t *testing.T) {
	for seed := range uint64(30) {
		n, primary, replica := pair(t, seed)
		var stop bool
		var writers []*writer
		var procs []*proc
		for i := range 3 {
			w := &writer{asked: map[string]int{}, acked: map[string]int{}, mayMiss: func() bool { return false }}
			for k := range 5 {
				w.keys = append(w.keys, fmt.Sprintf("%d:%d", i, k))
			}
			for _, key := range w.keys {
				n.all(1000, "the first value", func(p *proc) { p.must(p.connect(primary.addr()), "SET", key, "0") })
			}
			writers = append(writers, w)
			procs = append(procs, n.spawn(func(p *proc) { w.write(p, &stop) }))
		}
		n.pass(100)
		n.all(5000, "the failover to be accepted", func(p *proc) { p.must(p.connect(replica.addr()), "CLUSTER", "FAILOVER") })
		n.run(10_000, "the replica to take over", func() bool { return n.primaryOf(slot.Slot(0)) == replica && n.settled() })
		n.pass(100)
		stop = true
		n.run(10_000, "the writers to end", func() bool {
			return !slices.ContainsFunc(procs, func(p *proc) bool { return !p.over })
		})
		n.run(5000, "the old primary to catch up", func() bool { return same(primary, replica) })
		for _, w := range writers {
			for _, key := range w.keys {
				v, _ := primary.node.db.Get(slot.OfString(key), []byte(key))
				if got, _ := strconv.Atoi(string(v.Str)); got != w.acked[key] {
					n.fatalf("seed %d: %s holds %d at the old primary, want %d", seed, key, got, w.acked[key])
				}
			}
		}
	}
}

// TestIdleLinkStaysUp: pings and acknowledgements keep a link alive on which nothing else happens.
func TestIdleLinkStaysUp(t *testing.T) {
	n, primary, replica := pair(t, 8)
	n.pass(200_000)
	if full := replica.logged("full synchronisation"); full != 1 || replica.logged("the link to the primary") != 0 || !same(primary, replica) {
		n.fatalf("%d full synchronisations of an idle replica", full)
	}
	if pings := primary.node.source.Offset() / int64(len("*1\r\n$4\r\nping\r\n")); pings < 19 || pings > 24 {
		n.fatalf("about %d pings in 200 s, want one every 10 s", pings)
	}
}
