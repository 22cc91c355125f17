package command

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/rdb"
	"github.com/clusterspec/clusterspec/reference/replication"
)

// savedKeys is what is in a snapshot.
type savedKeys struct {
	keys map[string]string
	aux  map[string]string
}

func (d *savedKeys) Aux(key, value []byte) { d.aux[string(key)] = string(value) }

func (d *savedKeys) Key(key []byte, v keyspace.Value) error {
	d.keys[string(key)] = string(v.Str)
	return nil
}

func (d *savedKeys) Function([]byte) error { return nil }

// written carries out the steps a node asks for, as a disk does that never fails, and gives what is in the file. between
// is called before each.
func (b *bench) written(between func()) savedKeys {
	b.t.Helper()
	var file []byte
	for {
		between()
		b.Tick(b.Now)
		if len(b.host.steps) == 0 {
			b.t.Fatal("no step follows")
		}
		step := b.host.steps[0]
		b.host.steps = b.host.steps[1:]
		file = append(file, step.Data...)
		b.Dumped(step.Run, nil)
		if step.Last {
			break
		}
	}
	d := savedKeys{make(map[string]string), make(map[string]string)}
	if err := rdb.Read(file, &d); err != nil {
		b.t.Fatal(err)
	}
	return d
}

func (b *bench) want(s *Session, reply string, args ...string) {
	b.t.Helper()
	if got := b.do(s, args...); got != reply {
		b.t.Fatalf("%q gave %q, want %q", args, got, reply)
	}
}

// TestSnapshotWithWritesBetween: a snapshot in many steps, between which keys are changed, has what there was before.
func TestSnapshotWithWritesBetween(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"rdbcompression": "no"}})
	s := b.client()
	const keys = 3000
	value := strings.Repeat("x", 500) // so that it takes more than one step
	for i := range keys {
		b.want(s, "+OK\r\n", "SET", fmt.Sprint(i), value)
	}
	b.want(s, "+Background saving started\r\n", "BGSAVE")
	next := 0
	d := b.written(func() {
		for range 100 {
			next++
			b.do(s, "SET", fmt.Sprint(next%keys), "changed")
			b.do(s, "DEL", fmt.Sprint(keys-next%keys))
			b.do(s, "SET", fmt.Sprint("new", next), "key")
		}
	})
	if len(d.keys) != keys || next < 200 {
		t.Fatalf("%d keys, and %d changes meanwhile", len(d.keys), next)
	}
	for key, got := range d.keys {
		if got != value {
			t.Fatalf("%s is %q", key, got)
		}
	}
	if b.stats.changes == 0 || b.stats.changes > 3*next {
		t.Fatalf("%d changes are not in the snapshot", b.stats.changes)
	}
}

// TestSnapshotInTransaction begins behind the transaction, whose writes are both in it and in the offset it names.
func TestSnapshotInTransaction(t *testing.T) {
	b := newBench(t, testSetup{})
	b.Source.Open(replication.ID{1})
	s := b.client()
	for _, request := range [][]string{{"MULTI"}, {"SET", "{k}1", "v"}, {"BGSAVE"}, {"SET", "{k}2", "v"}, {"EXEC"}} {
		b.do(s, request...)
	}
	d := b.written(func() {})
	if len(d.keys) != 2 || d.aux["repl-offset"] != fmt.Sprint(b.Source.Offset()) || b.Source.Offset() == 0 {
		t.Fatalf("keys %v, fields %v, offset %d", d.keys, d.aux, b.Source.Offset())
	}
}

func TestSnapshotThatFails(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"save": "3600 1"}})
	s := b.client()
	b.want(s, "+OK\r\n", "SET", "key", "value")
	b.want(s, "+Background saving started\r\n", "BGSAVE")
	b.want(s, "-"+errSaving+"\r\n", "BGSAVE")
	b.Tick(b.Now)
	b.Dumped(b.host.steps[0].Run, errors.New("the disk is full"))
	if info := b.do(s, "INFO", "persistence"); !strings.Contains(info, "rdb_last_bgsave_status:err") || !strings.Contains(info, "rdb_bgsave_in_progress:0") {
		t.Fatal(info)
	}
	b.want(s, "-"+errMisconf+"\r\n", "SET", "key", "other")
	b.want(s, "-"+errMisconf+"\r\n", "PING")
	b.want(s, "$5\r\nvalue\r\n", "GET", "key")
	b.host.steps = nil
	b.want(s, "+Background saving started\r\n", "BGSAVE")
	b.written(func() {})
	b.want(s, "+OK\r\n", "SET", "key", "other")
}

// TestFlushallOverSnapshot: what was deleted on purpose does not come back from the disk.
func TestFlushallOverSnapshot(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"save": "3600 1"}})
	s := b.client()
	b.want(s, "+OK\r\n", "SET", "key", "value")
	b.want(s, "+Background saving started\r\n", "BGSAVE")
	b.Tick(b.Now)
	b.want(s, "+OK\r\n", "FLUSHALL")
	if n := len(b.host.steps); n != 2 || !b.host.steps[1].Drop {
		t.Fatalf("steps %+v: the snapshot with the key goes on", b.host.steps)
	}
	b.host.steps = nil
	if d := b.written(func() {}); len(d.keys) != 0 {
		t.Fatalf("saved after FLUSHALL: %v", d.keys)
	}
}

// TestShutdownWaitsForReplicas: nothing that was acknowledged is lost with a primary that ends in order.
func TestShutdownWaitsForReplicas(t *testing.T) {
	b := newBench(t, testSetup{})
	s, replica, admin := b.client(), b.client(), b.client()
	b.do(replica, "PSYNC", "?", "-1")
	b.want(s, "+OK\r\n", "SET", "key", "value")
	b.do(admin, "SHUTDOWN")
	if b.host.down {
		t.Fatal("the replica has not acknowledged the write")
	}
	if b.Execute(s, words("SET", "key", "other")) != Parked {
		t.Fatal("a write that would be lost was taken")
	}
	b.want(s, "+OK\r\n", "SHUTDOWN", "ABORT")
	if got := string(admin.Reply.Buf); got != "-"+errShutdown+"\r\n" {
		t.Fatalf("the client that wanted the end got %q", got)
	}
	b.want(s, "+OK\r\n", "SET", "key", "other")
	b.do(admin, "SHUTDOWN")
	b.do(replica, "REPLCONF", "ACK", fmt.Sprint(b.Source.Offset()))
	b.Tick(b.Now)
	if !b.host.down {
		t.Fatal("the replica has all, and the node goes on")
	}
}

func TestShutdownTimeout(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"shutdown-timeout": "3"}})
	s, replica := b.client(), b.client()
	b.do(replica, "PSYNC", "?", "-1")
	b.do(s, "SET", "key", "value")
	b.do(s, "SHUTDOWN")
	if want := b.Now.Mono + 3000; b.Deadline() > want || b.host.down {
		t.Fatalf("deadline %d, want no later than %d", b.Deadline(), want)
	}
	b.Now.Mono += 3000
	b.Tick(b.Now)
	if !b.host.down {
		t.Fatal("a replica that does not answer keeps the node from ending")
	}
}
