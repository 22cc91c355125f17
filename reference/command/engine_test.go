package command

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/migration"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/replication"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// testHost is a Host that remembers what it was asked to do.
type testHost struct {
	steps        []DumpStep
	log          []string
	resumed      []*Session
	disconnected []*Session
	jobs         []*migration.Job
	saving       []*Session
	down         bool
	link         PrimaryLink
	cuts         int // how often the link was cut
}

func (h *testHost) Dirty(*Session)               {}
func (h *testHost) Resume(s *Session)            { h.resumed = append(h.resumed, s) }
func (h *testHost) Disconnect(s *Session)        { h.disconnected = append(h.disconnected, s) }
func (h *testHost) Migrate(job *migration.Job)   { h.jobs = append(h.jobs, job) }
func (h *testHost) SaveClusterConfig(s *Session) { h.saving = append(h.saving, s) }
func (h *testHost) Shutdown()                    { h.down = true }
func (h *testHost) Buffers(*Session) Buffers     { return Buffers{} }
func (h *testHost) Unapplied(string, string)     {}
func (h *testHost) Dump(step DumpStep)           { h.steps = append(h.steps, step) }
func (h *testHost) Notice(line string)           { h.log = append(h.log, line) }
func (h *testHost) Warn(line string)             { h.log = append(h.log, line) }
func (h *testHost) PrimaryLink() PrimaryLink     { return h.link }

func (h *testHost) LinkBuffer(cluster.LinkID) (allocated, used int) { return 0, 0 }

func (h *testHost) CutPrimaryLink() bool {
	if h.link.State != "connected" {
		return false
	}
	h.cuts++
	return true
}

// testData is what a Machine wants to know of an Engine.
type testData struct{ db *keyspace.DB }

func (d testData) KeysInSlot(s slot.Slot) int        { return d.db.LenSlot(s) }
func (d testData) Keys() int                         { return d.db.Len() }
func (d testData) ReplicationOffset() uint64         { return 0 }
func (d testData) PrimaryLink() (bool, clock.Millis) { return false, 0 }

// bench is an Engine with what it needs, for tests.
type bench struct {
	*Engine
	t      testing.TB
	host   *testHost
	nextID uint64
}

// testSetup says how a test's Engine differs from a lone cluster node that owns all slots.
type testSetup struct {
	file    *nodesconf.File // nil: a fresh node that takes all slots
	options map[string]string
	defects string
}

func newBench(t testing.TB, setup testSetup) *bench {
	t.Helper()
	options := config.New()
	options.SetAtStart("save", "") // snapshots have tests of their own
	for name, value := range setup.options {
		if err := options.SetAtStart(name, value); err != nil {
			t.Fatal(err)
		}
	}
	defects, err := defect.Parse(setup.defects)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, host: &testHost{}}
	b.Engine = &Engine{
		Now: wallClock(), DB: keyspace.New(), Config: options, Host: b.host, Rand: rand.New(rand.NewPCG(1, 2)), Defects: defects,
		Source: replication.NewSource(replication.ID{}, 1<<20),
	}
	machineOptions := cluster.DefaultOptions()
	machineOptions.StartupDelay = 0
	port := uint16(7000)
	if setup.file != nil {
		port = setup.file.Myself().Port
	}
	b.Cluster, err = cluster.New(cluster.Config{
		File: setup.file, Port: port, BusPort: port + 10000, Options: machineOptions, Data: testData{b.DB}, Rand: rand.New(rand.NewPCG(3, 4)),
	}, b.Now)
	if err != nil {
		t.Fatal(err)
	}
	if setup.file == nil {
		if err := b.Cluster.AddSlots(b.Now, []slot.Range{{From: 0, To: slot.Count - 1}}); err != nil {
			t.Fatal(err)
		}
	}
	b.Start()
	b.settle()
	return b
}

// settle lets the machine see its state.
func (b *bench) settle() {
	b.Cluster.Tick(b.Now)
	b.Cluster.BeforeSleep(b.Now)
	b.Cluster.Effects()
}

// wallClock is the present, for tests that compare times with a real server's.
func wallClock() clock.Instant {
	now := clock.Millis(time.Now().UnixMilli())
	return clock.Instant{Mono: now, Wall: now}
}

// client opens a session.
func (b *bench) client() *Session {
	b.nextID++
	s := &Session{ID: b.nextID, Addr: "127.0.0.1:50000", Laddr: "127.0.0.1:7000", Since: b.Now}
	b.Open(s)
	return s
}

// do runs a request and returns the reply.
func (b *bench) do(s *Session, args ...string) string {
	s.Reply.Buf = s.Reply.Buf[:0]
	b.Execute(s, words(args...))
	return string(s.Reply.Buf)
}

// words makes a request of texts.
func words(args ...string) [][]byte {
	request := make([][]byte, len(args))
	for i, arg := range args {
		request[i] = []byte(arg)
	}
	return request
}

// takeValue cuts one reply or message off the front of what a session has to read; nil when there is none.
func takeValue(s *Session) []byte {
	v, err := readValue(bufio.NewReader(bytes.NewReader(s.Reply.Buf)), nil)
	if err != nil {
		return nil
	}
	s.Reply.Buf = append([]byte(nil), s.Reply.Buf[len(v):]...)
	return v
}

// put stores a string directly; expireAt is 0 or a Unix time.
func (b *bench) put(key, value string, expireAt clock.Millis) {
	b.DB.Set(b.SlotOf([]byte(key)), []byte(key), keyspace.Value{Kind: keyspace.String, Str: []byte(value), ExpireAt: expireAt})
}
