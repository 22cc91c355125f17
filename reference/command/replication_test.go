package command

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// slotSet is the slot of one key.
func slotSet(key string) (set slot.Set) {
	set.Add(slot.OfString(key))
	return set
}

// followed is an Engine with a replica that has just had its snapshot.
func followed(t *testing.T) (b *bench, replica *Session) {
	b = newBench(t, testSetup{})
	replica = b.client()
	b.do(replica, "REPLCONF", "listening-port", "7001", "capa", "psync2")
	if got := b.do(replica, "PSYNC", "?", "-1"); !strings.HasPrefix(got, fmt.Sprintf("+FULLRESYNC %s 0\r\n$", b.Source.ID())) {
		t.Fatalf("PSYNC: %.80q", got)
	}
	replica.Reply.Buf = nil
	return b, replica
}

func TestStreamBeginsWithSelectAfterASnapshot(t *testing.T) {
	b, replica := followed(t)
	s := b.client()
	b.do(s, "SET", "a", "1")
	b.do(s, "SET", "b", "2")
	want := "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n"
	if got := string(replica.Reply.Buf); got != want || b.Source.Offset() != int64(len(want)) {
		t.Errorf("offset %d, stream %q", b.Source.Offset(), got)
	}
}

// What a replica must not see before it has told that the snapshot is complete is sent as soon as it has.
func TestStreamWaitsForTheEndOfAMarkedSnapshot(t *testing.T) {
	b := newBench(t, testSetup{})
	replica := b.client()
	b.do(replica, "REPLCONF", "capa", "eof", "capa", "psync2")
	b.do(replica, "PSYNC", "?", "-1")
	for replica.Replica.WantsSnapshot() {
		b.SendSnapshot(replica)
	}
	got := string(replica.Reply.Buf)
	_, file, _ := strings.Cut(got, "\r\n")
	mark, file, _ := strings.Cut(file, "\r\n")
	mark, marked := strings.CutPrefix(mark, "$EOF:")
	if !marked || len(mark) != 40 || !strings.HasPrefix(file, "REDIS0") || !strings.HasSuffix(file, mark) {
		t.Fatalf("PSYNC: %.120q", got)
	}
	replica.Reply.Buf = nil
	b.do(b.client(), "SET", "a", "1")
	if len(replica.Reply.Buf) != 0 {
		t.Errorf("before the acknowledgement: %q", replica.Reply.Buf)
	}
	b.do(replica, "REPLCONF", "ACK", "0")
	b.do(b.client(), "SET", "b", "2")
	want := "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n"
	if got := string(replica.Reply.Buf); got != want {
		t.Errorf("after it: %q", got)
	}
}

func TestSnapshotsHaveALengthWhereItIsAskedFor(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"repl-diskless-sync": "no"}})
	replica := b.client()
	b.do(replica, "REPLCONF", "capa", "eof", "capa", "psync2")
	got := b.do(replica, "PSYNC", "?", "-1")
	if _, file, _ := strings.Cut(got, "\r\n"); !strings.HasPrefix(file, "$") || strings.HasPrefix(file, "$EOF") || !replica.Replica.Online {
		t.Errorf("PSYNC: %.120q", got)
	}
}

func TestPsyncGoesOnFromTheBacklog(t *testing.T) {
	b, _ := followed(t)
	id := b.Source.ID().String()
	b.do(b.client(), "SET", "a", "1")
	for _, c := range []struct{ id, offset, want string }{
		{id, "24", "+CONTINUE " + id + "\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n"},
		{id, "9999", "+FULLRESYNC "},
		{strings.Repeat("0", 40), "24", "+FULLRESYNC "},
		{id, "x", "-ERR value is not an integer or out of range\r\n"},
	} {
		s := b.client()
		b.do(s, "REPLCONF", "capa", "psync2")
		if got := b.do(s, "PSYNC", c.id, c.offset); !strings.HasPrefix(got, c.want) {
			t.Errorf("PSYNC %s %s: %.80q, want %.80q", c.id, c.offset, got, c.want)
		}
	}
	s := b.client() // an old replica does not know that ids change
	if got := b.do(s, "PSYNC", id, "24"); !strings.HasPrefix(got, "+CONTINUE\r\n*3\r\n") {
		t.Errorf("PSYNC without psync2: %.80q", got)
	}
}

func TestSyncIsForWhoeverSaysNothingElse(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	if got := b.do(s, "SYNC"); !strings.HasPrefix(got, "$") || !strings.Contains(got[:20], "\r\nREDIS0") || s.Replica == nil {
		t.Errorf("SYNC: %.60q", got)
	}
	b.pass(3600_000)
	b.DropSilentReplicas(1000)
	if len(b.host.disconnected) != 0 {
		t.Error("a link that began with SYNC was closed for not acknowledging")
	}
}

func TestSnapshotAloneEndsTheConnection(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.do(s, "REPLCONF", "rdb-only", "1")
	s.Reply.Buf = nil
	if got := b.execute(s, "PSYNC", "?", "-1"); got != Closing || b.Following() != 0 {
		t.Errorf("status %d, %d replicas", got, b.Following())
	}
}

func TestPsyncIsRefused(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.Execute(s, words("PING"))
	b.Execute(s, words("SYNC"))
	if got := string(s.Reply.Buf); got != "+PONG\r\n-ERR SYNC and PSYNC are invalid with pending output\r\n" {
		t.Errorf("with pending output: %q", got)
	}
	b.BecomeReplica()
	b.host.link = PrimaryLink{State: "connecting"}
	if got := b.do(b.client(), "PSYNC", "?", "-1"); got != "-NOMASTERLINK Can't SYNC while not connected with my master\r\n" {
		t.Errorf("without a primary: %q", got)
	}
	b.host.link.State = "connected"
	if got := b.do(b.client(), "PSYNC", "?", "-1"); !strings.HasPrefix(got, "+FULLRESYNC ") {
		t.Errorf("a replica of a replica: %.60q", got)
	}
}

func TestWaitIsAnsweredByAcknowledgements(t *testing.T) {
	b, replica := followed(t)
	s := b.client()
	b.execute(s, "SET", "a", "1")
	b.RequestDone(s)
	s.Reply.Buf, replica.Reply.Buf = nil, nil
	written := b.Source.Offset()
	if got := b.execute(s, "WAIT", "1", "0"); got != Blocked || !strings.Contains(string(replica.Reply.Buf), "GETACK") {
		t.Fatalf("WAIT: status %d, the replica is told %q", got, replica.Reply.Buf)
	}
	b.do(replica, "REPLCONF", "ACK", fmt.Sprint(written-1))
	if len(s.Reply.Buf) > 0 {
		t.Fatalf("answered too early: %q", s.Reply.Buf)
	}
	if got := b.do(replica, "REPLCONF", "ACK", fmt.Sprint(written)); got != "" {
		t.Errorf("an acknowledgement is answered: %q", got)
	}
	if got := string(s.Reply.Buf); got != ":1\r\n" {
		t.Errorf("WAIT: %q", got)
	}
	if got := b.do(s, "WAIT", "1", "0"); got != ":1\r\n" {
		t.Errorf("WAIT again: %q", got)
	}
	b.Close(replica)
	b.execute(s, "WAIT", "1", "50")
	s.Reply.Buf = nil
	b.pass(50)
	if got := string(s.Reply.Buf); got != ":0\r\n" {
		t.Errorf("WAIT without replicas: %q", got)
	}
	b.BecomeReplica()
	if got := b.do(b.client(), "WAIT", "1", "0"); !strings.HasPrefix(got, "-ERR WAIT cannot be used with replica instances.") {
		t.Errorf("WAIT on a replica: %q", got)
	}
}

func TestPausedStreamStandsStill(t *testing.T) {
	b, _ := followed(t)
	s := b.client()
	b.do(s, "SET", "a", "1")
	b.RequestDone(s)
	b.PauseWrites(b.Now.Mono + 1000)
	before := b.Source.Offset()
	b.PingReplicas()
	b.execute(s, "WAIT", "1", "10")
	if b.Source.Offset() != before {
		t.Errorf("the frozen offset grew by %d", b.Source.Offset()-before)
	}
	b.ResumeWrites()
	b.PingReplicas()
	if b.Source.Offset() != before+int64(len("*1\r\n$4\r\nping\r\n")) {
		t.Errorf("after the pause a ping made the offset grow by %d", b.Source.Offset()-before)
	}
}

func TestSilentReplicasAreDropped(t *testing.T) {
	b, replica := followed(t)
	b.pass(1000)
	b.DropSilentReplicas(1000)
	if len(b.host.disconnected) != 0 {
		t.Fatal("dropped before its time was over")
	}
	b.pass(1)
	b.DropSilentReplicas(1000)
	if len(b.host.disconnected) != 1 || b.host.disconnected[0] != replica {
		t.Error("a replica that acknowledges nothing is kept")
	}
}

func TestRoleListsReplicas(t *testing.T) {
	b, replica := followed(t)
	b.do(replica, "REPLCONF", "ACK", "0")
	want := "*3\r\n$6\r\nmaster\r\n:0\r\n*1\r\n*3\r\n$9\r\n127.0.0.1\r\n$4\r\n7001\r\n$1\r\n0\r\n"
	if got := b.do(b.client(), "ROLE"); got != want {
		t.Errorf("ROLE: %q, want %q", got, want)
	}
	b.BecomeReplica()
	b.host.link = PrimaryLink{Addr: "::1:7000", State: "sync"}
	if got := b.do(b.client(), "ROLE"); got != "*5\r\n$5\r\nslave\r\n$3\r\n::1\r\n:7000\r\n$4\r\nsync\r\n:-1\r\n" {
		t.Errorf("ROLE on a replica: %q", got)
	}
}
