package command

import (
	"slices"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
)

// execute runs a request and returns its status.
func (b *bench) execute(s *Session, args ...string) Status {
	s.Reply.Buf = s.Reply.Buf[:0]
	return b.Execute(s, words(args...))
}

// pass lets time go by.
func (b *bench) pass(d clock.Millis) {
	b.Tick(b.Now.Add(d))
}

func TestPausedWritesParkAndComeAgain(t *testing.T) {
	b := newBench(t, testSetup{})
	s, other := b.client(), b.client()
	b.execute(other, "MULTI")
	b.execute(other, "SET", "k", "w")
	b.PauseWrites(b.Now.Mono + 100)
	for _, tt := range []struct {
		request []string
		want    Status
	}{
		{[]string{"SET", "k", "v"}, Parked},
		{[]string{"PUBLISH", "ch", "m"}, Parked},
		{[]string{"FLUSHALL"}, Parked},
		{[]string{"GET", "k"}, Done},
		{[]string{"SET", "k"}, Done}, // wrong arity is told at once
		{[]string{"CLUSTER", "INFO"}, Done},
	} {
		if got := b.execute(s, tt.request...); got != tt.want {
			t.Errorf("%v: status %d, want %d", tt.request, got, tt.want)
		}
	}
	if got := b.execute(other, "EXEC"); got != Parked {
		t.Errorf("EXEC with a write: status %d, want Parked", got)
	}
	if b.Deadline() != b.Now.Mono+100 {
		t.Errorf("the deadline is %d ms away, want 100", b.Deadline()-b.Now.Mono)
	}
	b.pass(99)
	if len(b.host.resumed) != 0 {
		t.Error("resumed before the pause ended")
	}
	b.pass(1)
	if !slices.Equal(b.host.resumed, []*Session{s, other}) {
		t.Errorf("%d sessions resumed, want both, in order", len(b.host.resumed))
	}
	if got := b.execute(other, "EXEC"); got != Done || string(other.Reply.Buf) != "*1\r\n+OK\r\n" {
		t.Errorf("EXEC after the pause: status %d, reply %q", got, other.Reply.Buf)
	}
}

func TestClientPause(t *testing.T) {
	b := newBench(t, testSetup{})
	s, admin := b.client(), b.client()
	b.do(admin, "CLIENT", "PAUSE", "1000", "WRITE")
	if b.execute(s, "GET", "k") != Done || b.execute(s, "SET", "k", "v") != Parked {
		t.Error("CLIENT PAUSE WRITE should stop writes alone")
	}
	b.do(admin, "CLIENT", "PAUSE", "500", "ALL")
	if b.execute(s, "GET", "k") != Parked {
		t.Error("CLIENT PAUSE ALL should stop everything")
	}
	if b.Deadline() != b.Now.Mono+1000 {
		t.Error("a shorter pause should not cut a longer one short")
	}
	if b.execute(admin, "CLIENT", "UNPAUSE") != Parked {
		t.Error("CLIENT PAUSE ALL stops CLIENT UNPAUSE as well, as in Redis")
	}
	b.pass(1000)
	if b.execute(s, "SET", "k", "v") != Done {
		t.Error("the pause should be over")
	}
	b.do(admin, "CLIENT", "PAUSE", "1000", "WRITE")
	b.execute(s, "SET", "k", "v")
	b.host.resumed = nil
	b.do(admin, "CLIENT", "UNPAUSE")
	if !slices.Contains(b.host.resumed, s) || b.execute(s, "SET", "k", "v") != Done {
		t.Error("CLIENT UNPAUSE should let the parked client go on")
	}
}

func TestPausedExpiryHidesButDoesNotDelete(t *testing.T) {
	b := newBench(t, testSetup{})
	b.put("k", "v", b.Now.Wall-1)
	b.PauseWrites(b.Now.Mono + 100)
	b.pass(99)
	if got := b.do(b.client(), "GET", "k"); got != null || b.DB.Len() != 1 {
		t.Errorf("GET of an expired key while writes are paused: %q, %d keys left; want null and 1", got, b.DB.Len())
	}
	if got := b.Deadline() - b.Now.Mono; got != 1 {
		t.Errorf("the next Tick is due in %d ms, not at the end of the pause", got)
	}
	b.ResumeWrites()
	if b.do(b.client(), "GET", "k"); b.DB.Len() != 0 {
		t.Error("the key should be deleted after the pause")
	}
}

func TestFrozenKeysParkWritesAlone(t *testing.T) {
	b := newBench(t, testSetup{})
	b.put("{t}k", "v", 0)
	s := b.client()
	frozen := words("{t}k")
	b.Freeze(frozen)
	for _, tt := range []struct {
		request []string
		want    Status
	}{
		{[]string{"GET", "{t}k"}, Done},
		{[]string{"SET", "{t}k", "x"}, Parked},
		{[]string{"DEL", "{t}other", "{t}k"}, Parked},
		{[]string{"SET", "{t}other", "x"}, Done},
		{[]string{"FLUSHALL"}, Parked},
		{[]string{"MULTI"}, Done},
		{[]string{"SET", "{t}k", "y"}, Parked},
	} {
		if got := b.execute(s, tt.request...); got != tt.want {
			t.Errorf("%v: status %d, want %d", tt.request, got, tt.want)
		}
	}
	b.Thaw(frozen)
	if !slices.Contains(b.host.resumed, s) || len(b.frozen) != 0 {
		t.Error("the parked client should be resumed, and nothing stay frozen")
	}
	if got := b.execute(s, "SET", "{t}k", "y"); got != Done {
		t.Errorf("SET after the thaw: status %d", got)
	}
}

func TestSaveConfigAnswersWhenItIsSaved(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	if got := b.execute(s, "CLUSTER", "SAVECONFIG"); got != Blocked || len(s.Reply.Buf) != 0 {
		t.Fatalf("status %d, reply %q; want Blocked and nothing", got, s.Reply.Buf)
	}
	b.ConfigSaved(s, nil)
	if string(s.Reply.Buf) != ok || !slices.Contains(b.host.resumed, s) {
		t.Errorf("reply %q, resumed %d; want OK and the client resumed", s.Reply.Buf, len(b.host.resumed))
	}
	b.execute(s, "CLUSTER", "SAVECONFIG")
	b.ConfigSaved(s, errTest("disk full"))
	if got, want := string(s.Reply.Buf), "-ERR error saving the cluster node config: disk full\r\n"; got != want {
		t.Errorf("reply %q, want %q", got, want)
	}
	b.ConfigSaved(s, nil)
	if len(s.Reply.Buf) > 100 {
		t.Error("a client that no longer waits got a reply")
	}
}

// errTest is an error with a text.
type errTest string

func (e errTest) Error() string { return string(e) }

func TestBecomingReplicaSendsBlockedClientsAway(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.execute(s, "CLUSTER", "SAVECONFIG")
	b.BecomeReplica()
	want := "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)\r\n"
	if string(s.Reply.Buf) != want || !slices.Contains(b.host.disconnected, s) {
		t.Errorf("reply %q, %d disconnected", s.Reply.Buf, len(b.host.disconnected))
	}
}

func TestCloseForgetsTheSession(t *testing.T) {
	b := newBench(t, testSetup{})
	s, other := b.client(), b.client()
	b.do(s, "WATCH", "k")
	b.do(s, "SUBSCRIBE", "ch")
	b.do(s, "PSUBSCRIBE", "*")
	b.do(s, "SSUBSCRIBE", "shard")
	b.PauseWrites(b.Now.Mono + 100)
	parked := b.client()
	b.execute(parked, "SET", "k", "v")
	blocked := b.client()
	b.execute(blocked, "CLUSTER", "SAVECONFIG")
	for _, gone := range []*Session{s, parked, blocked} {
		b.Close(gone)
	}
	b.ResumeWrites()
	if len(b.host.resumed) != 0 || len(b.watched) != 0 || len(b.messages.channels)+len(b.messages.shard)+len(b.messages.patterns) != 0 ||
		len(b.blocked) != 0 || len(b.sessions) != 1 {
		t.Errorf("something still refers to closed sessions: %+v", b.Engine.messages)
	}
	if got := b.do(other, "PUBLISH", "ch", "m"); got != ":0\r\n" {
		t.Errorf("PUBLISH after the listener left: %q", got)
	}
}
