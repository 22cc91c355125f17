package node

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// moveSlot is the operator: it moves a slot to another primary as redis-cli does (spec §8.2), and begins again when a node
// fails on the way. As long as a node imports a slot it does not learn who else has taken it over, so the target is told
// to forget the attempt.
func (p *proc) moveSlot(s slot.Slot, from, to int) {
	for !p.tryMoveSlot(s, from, to) {
		if target := p.net.shardPrimary(to); target != nil {
			if w := p.connect(target.addr()); w != nil {
				p.do(w, "CLUSTER", "SETSLOT", strconv.Itoa(int(s)), "STABLE")
			}
		}
		p.sleep(1000)
	}
}

// tryMoveSlot is one attempt. from and to name shards: of each the living primary is asked.
func (p *proc) tryMoveSlot(s slot.Slot, from, to int) bool {
	source, target := p.net.shardPrimary(from), p.net.shardPrimary(to)
	if source == nil || target == nil || !source.node.machine.Up() || !target.node.machine.Up() {
		return false
	}
	atSource, atTarget := p.connect(source.addr()), p.connect(target.addr())
	if atSource == nil || atTarget == nil {
		return false
	}
	number := strconv.Itoa(int(s))
	sourceID, targetID := source.node.machine.Myself().ID.String(), target.node.machine.Myself().ID.String()
	if source.node.machine.Owner(s) == source.node.machine.Myself() {
		if !p.isOK(atTarget, "CLUSTER", "SETSLOT", number, "IMPORTING", sourceID) || !p.isOK(atSource, "CLUSTER", "SETSLOT", number, "MIGRATING", targetID) {
			return false
		}
		if !p.moveKeys(atSource, number, target.port) {
			return false
		}
	}
	return p.isOK(atTarget, "CLUSTER", "SETSLOT", number, "NODE", targetID) && p.isOK(atSource, "CLUSTER", "SETSLOT", number, "NODE", targetID)
}

// moveKeys moves the keys of a slot, a few at a time. A copy that an earlier attempt has left at the target is replaced: as
// long as the source has the key, the source is right.
func (p *proc) moveKeys(atSource *wire, number string, port uint16) bool {
	for {
		reply, ok := p.do(atSource, "CLUSTER", "GETKEYSINSLOT", number, "3")
		if !ok || !strings.HasPrefix(reply, "*") {
			return false
		}
		keys := bulks(reply)
		if len(keys) == 0 {
			return true
		}
		request := []string{"MIGRATE", "127.0.0.1", strconv.Itoa(int(port)), "", "0", "500"}
		reply, ok = p.do(atSource, append(append(request, "KEYS"), keys...)...)
		if ok && strings.Contains(reply, "BUSYKEY") {
			reply, ok = p.do(atSource, append(append(request, "REPLACE", "KEYS"), keys...)...)
		}
		if !ok || reply != "+OK\r\n" && reply != "+NOKEY\r\n" {
			return false
		}
	}
}

func (p *proc) isOK(w *wire, args ...string) bool {
	reply, ok := p.do(w, args...)
	return ok && reply == "+OK\r\n"
}

// shardPrimary is the living primary of a shard of formed; nil: there is none at the moment.
func (n *network) shardPrimary(shard int) *machineRoom {
	for _, i := range []int{shard, shard + len(n.hosts)/2} {
		if r := n.hosts[i]; r.alive && r.node.machine.Myself().IsPrimary() {
			return r
		}
	}
	return nil
}

// writer owns some keys, writes rising numbers to them, and looks what it has written.
type writer struct {
	client       *client
	keys         []string
	asked, acked map[string]int
	// mayMiss says that a key may seem not to be there: a promoted replica does not know that its slot is half moved, and
	// sends nobody to the other half before it is told (spec §6.2).
	mayMiss func() bool
}

// write goes on until stop.
func (w *writer) write(p *proc, stop *bool) {
	w.client = p.client()
	for number := 1; !*stop; number++ {
		key := w.keys[p.net.rand.IntN(len(w.keys))]
		w.check(p, key)
		w.asked[key] = number
		reply, ok := w.client.do(30_000, key, "SET", key, strconv.Itoa(number))
		if !ok || reply != "+OK\r\n" {
			p.net.fatalf("SET %s %d: %q", key, number, reply)
		}
		w.acked[key] = number
	}
}

// check reads a key: it must hold what was acknowledged last, or what was asked for after that.
func (w *writer) check(p *proc, key string) {
	reply, ok := w.client.do(30_000, key, "GET", key)
	if ok && reply == "$-1\r\n" && w.mayMiss() {
		return
	}
	got, _ := strconv.Atoi(bulk(reply))
	if !ok || got < w.acked[key] || got > w.asked[key] {
		p.net.fatalf("%s holds %q, want %d to %d", key, reply, w.acked[key], w.asked[key])
	}
}

// TestMigrationSurvivesKills moves a slot while clients write to it, and kills one of the two sides in the middle of what
// it writes. Whatever happens, a client that follows the protocol finds the last value that was acknowledged, and exactly
// one primary has the key.
func TestMigrationSurvivesKills(t *testing.T) {
	seeds := 100
	if testing.Short() {
		seeds = 10
	}
	for seed := range seeds {
		t.Run(strconv.Itoa(seed), func(t *testing.T) { migrateWithKill(t, uint64(seed)) })
	}
}

func migrateWithKill(t *testing.T, seed uint64) *network {
	n := newNetwork(t, seed)
	formed(n, 3)
	const tag = "{a}"
	moved := slot.OfString(tag)
	from := int(moved) * 3 / slot.Count
	to := (from + 1) % 3

	var stop, isMoved bool
	var writers []*writer
	var procs []*proc
	for i := range 3 {
		w := &writer{asked: map[string]int{}, acked: map[string]int{}}
		w.mayMiss = func() bool { return !n.hosts[from].alive && !isMoved }
		for k := range 10 {
			w.keys = append(w.keys, fmt.Sprintf("%s%d:%d", tag, i, k))
		}
		writers = append(writers, w)
		procs = append(procs, n.spawn(func(p *proc) { w.write(p, &stop) }))
	}
	n.pass(200)

	victim := []int{from, from, to, -1}[seed%4]
	if victim >= 0 {
		n.hosts[victim].bytesLeft = n.rand.IntN(20_000)
	}
	n.all(60_000, "the slot to be moved", func(p *proc) { p.moveSlot(moved, from, to) })
	stop = true
	n.run(40_000, "the cluster to agree", func() bool { return n.primaryOf(moved) == n.shardPrimary(to) && n.primaryOf(moved) != nil })
	isMoved = true
	n.run(40_000, "the writers to end", func() bool {
		return !slices.ContainsFunc(procs, func(p *proc) bool { return !p.over })
	})
	n.all(60_000, "the keys to be read", func(p *proc) {
		for _, w := range writers {
			w.client.p = p
			for _, key := range w.keys {
				w.check(p, key)
			}
		}
	})
	for _, r := range n.hosts {
		if r.alive && r != n.primaryOf(moved) && r.node.machine.Myself().IsPrimary() && r.node.db.LenSlot(moved) > 0 {
			n.fatalf("%s still has %d keys of the slot", r.name, r.node.db.LenSlot(moved))
		}
	}
	return n
}

// TestSameSeedSameRun: without that a seed that fails could not be repeated.
func TestSameSeedSameRun(t *testing.T) {
	var runs [2]string
	for i := range runs {
		n := migrateWithKill(t, 2)
		for _, r := range n.hosts {
			runs[i] += r.name + ": " + strings.Join(r.log, "\n") + "\n"
		}
		runs[i] += fmt.Sprintf("%d events", n.made)
	}
	if runs[0] != runs[1] {
		t.Errorf("first:\n%s\nsecond:\n%s", runs[0], runs[1])
	}
}

// TestMigrationConnections: one is kept for the next MIGRATE to the same node, and not for ever.
func TestMigrationConnections(t *testing.T) {
	l := newLone(t, nil)
	c := l.accept()
	l.send(c, "MSET a 1 b 2 c 3 d 4\r\nMIGRATE 10.0.0.1 7001 a 0 500\r\n")
	if len(l.last.Dial) != 1 || l.last.Dial[0].Addr != "10.0.0.1:7001" {
		t.Fatalf("dialled: %v", l.last.Dial)
	}
	target := l.last.Dial[0]
	l.node.Connected(l.now, target, clientAddr(), addrPort("10.0.0.1:7001"))
	l.turn()
	if got := l.take(target); !strings.HasPrefix(got, "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*4\r\n$7\r\nRESTORE\r\n") {
		t.Errorf("a new connection is sent %q", got)
	}
	l.send(target, "+OK\r\n+OK\r\n")
	l.send(c, "MIGRATE 10.0.0.1 7001 b 0 500\r\n")
	if got := l.take(target); len(l.last.Dial) != 0 || !strings.HasPrefix(got, "*4\r\n$7\r\nRESTORE\r\n") {
		t.Errorf("the kept connection is sent %q", got)
	}

	l.node.Closed(l.now, target, "reset") // nothing was answered yet: once more, on a new connection
	l.turn()
	if len(l.last.Dial) != 1 {
		t.Fatalf("dialled after the connection broke: %v", l.last.Dial)
	}
	again := l.last.Dial[0]
	l.node.Connected(l.now, again, clientAddr(), addrPort("10.0.0.1:7001"))
	l.turn()
	l.take(again)
	l.send(again, "+OK\r\n+OK\r\n")
	if got := l.take(c); got != "+OK\r\n+OK\r\n+OK\r\n" {
		t.Errorf("replies: %q", got)
	}

	l.pass(targetIdleMillis - 1)
	if again.gone() {
		t.Error("an idle connection is closed too early")
	}
	l.pass(1)
	if !again.gone() {
		t.Error("an idle connection is kept for too long")
	}
	l.send(c, "DBSIZE\r\n")
	if got := l.take(c); got != ":2\r\n" {
		t.Errorf("keys left: %q", got)
	}
}

// TestMigrationInPieces: many keys are sent a few at a time, others are served meanwhile, and each key ends on one side when the
// target is lost half-way: those it has acknowledged are gone, the others are still here.
func TestMigrationInPieces(t *testing.T) {
	const keys, acknowledged = 1000, 300
	l := newLone(t, nil)
	client, other := l.accept(), l.accept()
	fill, migrate := []string{"MSET"}, []string{"MIGRATE", "10.0.0.1", "7001", "", "0", "500", "KEYS"}
	for i := range keys {
		fill = append(fill, key(i), strings.Repeat("v", 100))
		migrate = append(migrate, key(i))
	}
	l.send(client, string(resp.AppendCommandStrings(nil, fill...)))
	l.send(client, string(resp.AppendCommandStrings(nil, migrate...)))
	l.take(client)
	target := l.last.Dial[0]
	l.node.Connected(l.now, target, clientAddr(), addrPort("10.0.0.1:7001"))
	l.turn()
	sent := l.take(target)
	if len(sent) > 2*feedBytes || l.last.Deadline != l.now.Mono {
		t.Fatalf("%d bytes in the first turn, the next one is due in %d ms", len(sent), l.last.Deadline-l.now.Mono)
	}
	l.send(other, "GET "+key(keys-1)+"\r\nSET "+key(keys-1)+" x\r\n")
	if got := l.take(other); got != "$100\r\n"+strings.Repeat("v", 100)+"\r\n" {
		t.Errorf("another client, while the keys are sent: %q", got)
	}
	for range 5 {
		l.turn()
	}
	if waiting := len(target.Out()); waiting > fedAhead+2*feedBytes || l.last.Deadline == l.now.Mono {
		t.Errorf("%d bytes wait for a target that does not read; the next turn is due in %d ms", waiting, l.last.Deadline-l.now.Mono)
	}
	for strings.Count(sent, "RESTORE") < acknowledged {
		sent += l.take(target)
		l.turn()
	}
	l.send(target, strings.Repeat("+OK\r\n", 1+acknowledged))
	l.node.Closed(l.now, target, "reset")
	l.turn()
	if got := l.take(client); got != "-IOERR error or timeout writing to target instance\r\n" {
		t.Errorf("MIGRATE: %q", got)
	}
	l.send(client, "DBSIZE\r\nEXISTS "+key(0)+" "+key(acknowledged-1)+"\r\nEXISTS "+key(acknowledged)+" "+key(keys-1)+"\r\n")
	if got := l.take(client); got != ":700\r\n:0\r\n:2\r\n" {
		t.Errorf("keys left, those that were acknowledged, the others: %q", got)
	}
	if got := l.take(other); got != "+OK\r\n" {
		t.Errorf("the write that waited: %q", got)
	}
}

// TestMigrationTargetSaysMore: a connection on which a reply is left over would answer for the next keys.
func TestMigrationTargetSaysMore(t *testing.T) {
	l := newLone(t, nil)
	c := l.accept()
	l.send(c, "SET a 1\r\nMIGRATE 10.0.0.1 7001 a 0 500\r\n")
	target := l.last.Dial[0]
	l.node.Connected(l.now, target, clientAddr(), addrPort("10.0.0.1:7001"))
	l.turn()
	l.take(target)
	l.send(target, "+OK\r\n+OK\r\n+OK\r\n")
	if got := l.take(c); got != "+OK\r\n+OK\r\n" || !target.gone() {
		t.Errorf("replies %q; the connection is kept: %v", got, !target.gone())
	}
}

// TestMigrationTimeouts: each step has its own error.
func TestMigrationTimeouts(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps func(l *lone, target *Conn)
		want  string
	}{
		{"dialling", func(l *lone, target *Conn) {}, "connecting to the client"},
		{"writing", func(l *lone, target *Conn) {
			l.node.Connected(l.now, target, clientAddr(), addrPort("10.0.0.1:7001"))
			l.turn()
			l.pass(200)
			l.node.Wrote(l.now, target, 10)
			l.turn()
		}, "writing to target instance"},
		{"reading", func(l *lone, target *Conn) {
			l.node.Connected(l.now, target, clientAddr(), addrPort("10.0.0.1:7001"))
			l.turn()
			l.take(target)
			l.send(target, "+OK\r\n")
		}, "reading to target instance"},
	} {
		l := newLone(t, nil)
		client, other := l.accept(), l.accept()
		l.send(client, "SET a 1\r\nMIGRATE 10.0.0.1 7001 a 0 250\r\n")
		l.take(client)
		target := l.last.Dial[0]
		c.steps(l, target)
		l.send(other, "SET a 2\r\n")
		l.pass(249)
		if got := l.take(client) + l.take(other); got != "" {
			t.Errorf("%s: too early: %q", c.name, got)
		}
		l.pass(1)
		if got := l.take(client); got != "-IOERR error or timeout "+c.want+"\r\n" || !target.gone() {
			t.Errorf("%s: %q", c.name, got)
		}
		if got := l.take(other); got != "+OK\r\n" {
			t.Errorf("%s: the write that waited for it: %q", c.name, got)
		}
	}
}

// TestDemotionEndsMigrations, and a connection that was not even dialled is never heard of.
func TestDemotionEndsMigrations(t *testing.T) {
	l := newLone(t, nil)
	c := l.accept()
	l.turn()
	l.node.Receive(l.now, c, []byte("SET a 1\r\nMIGRATE 10.0.0.1 7001 a 0 250\r\n"))
	l.node.becomeReplica()
	l.turn()
	if len(l.last.Dial) != 0 || len(l.last.Close) != 1 || !strings.HasPrefix(l.take(c), "+OK\r\n-UNBLOCKED ") {
		t.Errorf("dialled %d, closed %d, told %q", len(l.last.Dial), len(l.last.Close), c.Out())
	}
	if l.node.db.Len() != 1 {
		t.Error("the key is gone")
	}
}
