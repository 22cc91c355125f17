package command

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/replication"
)

// TestWaitsEnd proves that nothing is left of a wait, however it ended.
func TestWaitsEnd(t *testing.T) {
	for name, end := range map[string]func(*bench, *Session){
		"served":         func(b *bench, _ *Session) { b.do(b.client(), "RPUSH", "{t}b", "x") },
		"time":           func(b *bench, _ *Session) { b.pass(1000) },
		"closed":         func(b *bench, s *Session) { b.Close(s) },
		"became replica": func(b *bench, _ *Session) { b.BecomeReplica() },
	} {
		b := newBench(t, testSetup{})
		s := b.client()
		if got := b.execute(s, "BLPOP", "{t}a", "{t}b", "{t}a", "1"); got != Blocked {
			t.Fatalf("BLPOP: status %d, reply %q", got, s.Reply.Buf)
		}
		if len(b.waits.sessions) != 2 || len(b.waits.sessions["{t}a"]) != 1 {
			t.Fatalf("%s: waits for %v", name, b.waits.sessions)
		}
		end(b, s)
		if len(b.waits.sessions) != 0 || len(b.waits.ready) != 0 || len(b.blocked) != 0 || s.wait.keys != nil {
			t.Errorf("%s: %v is waited for, %v is ready, %d are blocked", name, b.waits.sessions, b.waits.ready, len(b.blocked))
		}
		b.BecomePrimary()
		if b.do(b.client(), "RPUSH", "{t}a", "y"); b.do(b.client(), "LLEN", "{t}a") != ":1\r\n" {
			t.Errorf("%s: an element was taken for nobody", name)
		}
	}
}

// TestServedInOrder serves who came first, and the others later.
func TestServedInOrder(t *testing.T) {
	b := newBench(t, testSetup{})
	first, second, pusher := b.client(), b.client(), b.client()
	b.execute(first, "BLPOP", "l", "0")
	b.execute(second, "BRPOP", "l", "0")
	b.do(pusher, "RPUSH", "l", "1")
	if got := string(first.Reply.Buf); got != "*2\r\n$1\r\nl\r\n$1\r\n1\r\n" || len(second.Reply.Buf) != 0 {
		t.Errorf("first %q, second %q", got, second.Reply.Buf)
	}
	b.do(pusher, "RPUSH", "l", "2")
	if got := string(second.Reply.Buf); got != "*2\r\n$1\r\nl\r\n$1\r\n2\r\n" {
		t.Errorf("second %q", got)
	}
}

// TestWaitsAreRedirected sends clients away whose keys are not served here any more, within a second.
func TestWaitsAreRedirected(t *testing.T) {
	for _, tt := range []struct {
		tag  string
		view view
		want string
	}{
		{tags.ours, view{}, ""},
		{tags.leaving, view{}, ""},
		{tags.arriving, view{}, ""},
		{tags.theirs, view{}, movedTo(tags.theirs, addrB)},
		{tags.ours, view{hole: true}, down},
	} {
		b := tt.view.bench(t)
		s := b.client()
		key := "{" + tt.tag + "}"
		c := b.prepare(s, table.command([]byte("blpop")), words("BLPOP", key, "0")) // it came before the slot went
		c.WaitForKeys(1, 1, keyspace.ListKind, 0, nil, replyNullArray)
		if b.Deadline() > b.Now.Mono+waitCheckPeriod {
			t.Errorf("%s: no look at the slots is due", tt.tag)
		}
		b.pass(waitCheckPeriod)
		if got := string(s.Reply.Buf); got != tt.want || s.wait.blocked != (tt.want == "") {
			t.Errorf("%s, %+v: reply %q, want %q; blocked %v", tt.tag, tt.view, got, tt.want, s.wait.blocked)
		}
	}
}

// TestFrozenKeysAreNotServed keeps a blocked move from changing a key that is on its way to another node.
func TestFrozenKeysAreNotServed(t *testing.T) {
	b := newBench(t, testSetup{})
	s, other := b.client(), b.client()
	b.do(other, "RPUSH", "{t}to", "there")
	b.execute(s, "BLMOVE", "{t}from", "{t}to", "LEFT", "LEFT", "0")
	b.Freeze(words("{t}to"))
	b.do(other, "RPUSH", "{t}from", "x")
	if got := b.do(other, "LLEN", "{t}to"); got != ":1\r\n" || !s.wait.blocked {
		t.Errorf("the frozen key has %q elements", got)
	}
	b.Thaw(words("{t}to"))
	if got := b.do(other, "LLEN", "{t}to"); got != ":2\r\n" || s.wait.blocked || string(s.Reply.Buf) != "$1\r\nx\r\n" {
		t.Errorf("%q elements after the thaw, reply %q", got, s.Reply.Buf)
	}
}

// TestServedWaitsInTheStream has a real replica's view of it: each wait that is served is a command of its own behind the
// one that served it, as it would be without the wait.
func TestServedWaitsInTheStream(t *testing.T) {
	o := startOracle(t)
	b := newBench(t, testSetup{})
	theirs := &streamReader{conn: connect(t, o)}
	theirs.follow(t)
	b.Source.Open(replication.NewID(b.Rand))
	ours := b.client()
	ours.Replica = &ReplicaLink{Online: true}
	b.Follow(ours, true)
	client, conn := b.client(), connect(t, o)
	for _, wait := range []string{
		"BLPOP {t}l 0", "BRPOP {t}none {t}l 0", "BLMPOP 0 1 {t}l RIGHT COUNT 2", "BLMOVE {t}l {t}m LEFT RIGHT 0", "BRPOPLPUSH {t}l {t}m 0",
		"BZPOPMIN {t}z 0", "BZPOPMAX {t}none {t}z 0", "BZMPOP 0 1 {t}z MIN", "BZMPOP 0 2 {t}none {t}z MAX COUNT 9",
	} {
		waiter, waiterConn := b.client(), connect(t, o)
		b.execute(waiter, strings.Fields(wait)...)
		waiterConn.send(strings.Fields(wait)...)
		for !bytes.Contains(conn.do("INFO", "clients"), []byte("blocked_clients:1")) {
			time.Sleep(time.Millisecond)
		}
		for _, request := range []string{"MULTI", "RPUSH {t}l 1 2 3", "ZADD {t}z 1 a 2 b", "EXEC", "SET marker set"} {
			b.do(client, strings.Fields(request)...)
			conn.do(strings.Fields(request)...)
		}
		want, got := theirs.untilMarker(t), string(ours.Reply.Buf)
		ours.Reply.Buf = nil
		if got != want {
			t.Errorf("%s\n here  %q\n redis %q", wait, got, want)
		}
		b.do(client, "DEL", "{t}l", "{t}z")
		conn.do("DEL", "{t}l", "{t}z")
	}
}
