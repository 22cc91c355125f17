package command

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/rdb"
)

// TestFullSyncWithWritesBetween: a replica gets the keys of one moment and then exactly what came after, however long the
// snapshot takes.
func TestFullSyncWithWritesBetween(t *testing.T) {
	b := newBench(t, testSetup{})
	s, replica := b.client(), b.client()
	const keys = 3000
	value := strings.Repeat("x", 500)
	for i := range keys {
		b.want(s, "+OK\r\n", "SET", fmt.Sprint(i), value)
	}
	b.want(replica, "+OK\r\n", "REPLCONF", "capa", "eof", "capa", "psync2")
	reply := b.do(replica, "PSYNC", "?", "-1")
	_, mark, found := strings.Cut(reply, "\r\n$EOF:")
	if !found || len(mark) != 42 {
		t.Fatalf("PSYNC gave %q", reply)
	}
	mark = mark[:40]
	start := b.Source.Offset()
	replica.Reply.Buf = nil
	steps := 0
	for ; replica.Replica.WantsSnapshot(); steps++ {
		b.want(s, "+OK\r\n", "SET", fmt.Sprint(steps), "changed")
		b.do(s, "DEL", fmt.Sprint(keys-1-steps))
		b.Execute(replica, words("REPLCONF", "ACK", "0")) // too early to mean anything
		if before := len(replica.Reply.Buf); b.SendSnapshot(replica) != len(replica.Reply.Buf)-before {
			t.Fatal("it did not say how much it has sent")
		}
		if info := b.do(s, "INFO", "replication"); !strings.Contains(info, "state=send_bulk") {
			t.Fatal(info)
		}
	}
	if steps < 5 {
		t.Fatalf("%d steps", steps)
	}
	file, isMarked := bytes.CutSuffix(replica.Reply.Buf, []byte(mark))
	d := savedKeys{make(map[string]string), make(map[string]string)}
	if err := rdb.Read(file, &d); err != nil || !isMarked {
		t.Fatalf("%v, with the mark: %v", err, isMarked)
	}
	if len(d.keys) != keys {
		t.Fatalf("%d keys", len(d.keys))
	}
	for key, got := range d.keys {
		if got != value {
			t.Fatalf("%s is %q", key, got)
		}
	}
	if d.aux["repl-offset"] != fmt.Sprint(start) {
		t.Fatalf("the snapshot is said to be of offset %s, not %d", d.aux["repl-offset"], start)
	}
	replica.Reply.Buf = nil
	if b.do(s, "INFO", "replication"); replica.Replica.HeldBack() != int(b.Source.Offset()-start) {
		t.Fatalf("%d bytes are held back, the stream has %d", replica.Replica.HeldBack(), b.Source.Offset()-start)
	}
	b.Execute(replica, words("REPLCONF", "ACK", fmt.Sprint(start)))
	if !replica.Replica.Online || int64(len(replica.Reply.Buf)) != b.Source.Offset()-start {
		t.Fatalf("online %v, %d bytes of the stream", replica.Replica.Online, len(replica.Reply.Buf))
	}
	if !bytes.HasPrefix(replica.Reply.Buf, streamSelect) {
		t.Fatalf("the stream begins with %.40q", replica.Reply.Buf)
	}
}

// TestFullSyncThatBreaksOff leaves no snapshot behind, which every write would have to look at.
func TestFullSyncThatBreaksOff(t *testing.T) {
	b := newBench(t, testSetup{})
	s, replica := b.client(), b.client()
	b.want(s, "+OK\r\n", "SET", "key", "value")
	b.do(replica, "REPLCONF", "capa", "eof")
	b.do(replica, "PSYNC", "?", "-1")
	b.Close(replica)
	if b.DB.Snapshots() != 0 {
		t.Fatal("the snapshot goes on without its replica")
	}
}
