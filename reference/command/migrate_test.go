package command

import (
	"math"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/migration"
)

// migrating begins a MIGRATE of three keys, one of which is not there.
func migrating(t *testing.T, setup testSetup, options ...string) (*bench, *Session, *migration.Job) {
	b := newBench(t, setup)
	b.put("{t}a", "1", 0)
	b.put("{t}b", "2", b.Now.Wall+1000)
	s := b.client()
	request := append([]string{"MIGRATE", "10.0.0.1", "7001", "", "0", "250"}, options...)
	if got := b.execute(s, append(request, "KEYS", "{t}a", "{t}none", "{t}b")...); got != Blocked || len(b.host.jobs) != 1 {
		t.Fatalf("MIGRATE: status %d, %d jobs, reply %q", got, len(b.host.jobs), s.Reply.Buf)
	}
	return b, s, b.host.jobs[0]
}

// answer has the target answer SELECT and the two RESTOREs.
func answer(t *testing.T, b *bench, job *migration.Job, replies string) {
	job.Begin(-1)
	job.Append(nil, b.Now.Wall, math.MaxInt32)
	if _, _, err := job.Receive([]byte(replies)); err != nil {
		t.Fatal(err)
	}
	b.Migrated(job)
}

func TestMigrateAsksForWhatIsThere(t *testing.T) {
	b, _, job := migrating(t, testSetup{}, "REPLACE", "AUTH2", "user", "secret")
	if len(job.Keys) != 3 || job.Addr() != "10.0.0.1:7001" || job.TimeoutMillis != 250 || !job.Replace || job.Copy || job.User != "user" || job.Plain {
		t.Errorf("job %+v", job)
	}
	if len(b.frozen) != 3 {
		t.Errorf("%d keys are frozen, want 3", len(b.frozen))
	}
	job.Begin(0)
	if sent := string(job.Append(nil, b.Now.Wall, math.MaxInt32)); strings.Count(sent, "RESTORE") != 2 || strings.Contains(sent, "{t}none") {
		t.Errorf("sent %q", sent)
	}
}

func TestMigratedDeletesWhatTheTargetHas(t *testing.T) {
	const someOK, allOK = "+OK\r\n+OK\r\n-BUSYKEY Target key name already exists.\r\n", "+OK\r\n+OK\r\n+OK\r\n"
	for _, c := range []struct {
		name    string
		setup   testSetup
		options []string
		replies string
		reply   string
		left    string // of the keys a and b
	}{
		{name: "all", replies: allOK, reply: "+OK\r\n"},
		{name: "one", replies: someOK, reply: "-ERR Target instance replied with error: BUSYKEY Target key name already exists.\r\n", left: "b"},
		{name: "copy", options: []string{"COPY"}, replies: allOK, reply: "+OK\r\n", left: "ab"},
		{name: "defect", setup: testSetup{defects: "migrate-keeps-source"}, replies: allOK, reply: "+OK\r\n", left: "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, s, job := migrating(t, c.setup, c.options...)
			b.Source.Open(b.Source.ID())
			answer(t, b, job, c.replies)
			if got := string(s.Reply.Buf); got != c.reply {
				t.Errorf("reply %q, want %q", got, c.reply)
			}
			left := ""
			for _, key := range []string{"a", "b"} {
				if b.exists(b.SlotOf([]byte("{t}"+key)), []byte("{t}"+key)) {
					left += key
				}
			}
			if left != c.left || len(b.frozen) != 0 {
				t.Errorf("left %q, want %q; %d frozen", left, c.left, len(b.frozen))
			}
			first, _ := b.Source.Since(b.Source.BacklogFirst())
			if deleted := strings.Contains(string(first), "DEL"); deleted != (c.left != "ab") {
				t.Errorf("the stream says %q", first)
			}
		})
	}
}

// TestMigratedOnAReplicaDeletesNothing: the keys are our primary's now, whatever the target says.
func TestMigratedOnAReplicaDeletesNothing(t *testing.T) {
	b, s, job := migrating(t, testSetup{})
	b.BecomeReplica()
	before := string(s.Reply.Buf)
	answer(t, b, job, "+OK\r\n+OK\r\n+OK\r\n")
	if b.DB.Len() != 2 || len(b.frozen) != 0 || string(s.Reply.Buf) != before || !strings.HasPrefix(before, "-UNBLOCKED ") {
		t.Errorf("%d keys left, %d frozen, reply %q", b.DB.Len(), len(b.frozen), s.Reply.Buf)
	}
}

func TestMigrateGoesOnWithoutItsClient(t *testing.T) {
	b, s, job := migrating(t, testSetup{})
	b.Close(s)
	answer(t, b, job, "+OK\r\n+OK\r\n+OK\r\n")
	if b.DB.Len() != 0 || len(b.frozen) != 0 {
		t.Errorf("%d keys left, %d frozen", b.DB.Len(), len(b.frozen))
	}
}

func TestMigrateInTransactionIsRefused(t *testing.T) {
	b := newBench(t, testSetup{})
	b.put("a", "1", 0)
	s := b.client()
	b.do(s, "MULTI")
	b.do(s, "MIGRATE", "10.0.0.1", "7001", "a", "0", "250")
	if got := b.do(s, "EXEC"); !strings.HasPrefix(got, "*1\r\n-ERR MIGRATE is not supported inside a transaction") || len(b.host.jobs) != 0 {
		t.Errorf("EXEC: %q", got)
	}
}

func TestDropSlotsTellsReplicas(t *testing.T) {
	b := newBench(t, testSetup{})
	b.Source.Open(b.Source.ID())
	for _, key := range []string{"{t}a", "{t}b", "{u}c"} {
		b.put(key, "1", 0)
	}
	slots := slotSet("{t}")
	b.DropSlots(&slots)
	first, _ := b.Source.Since(1)
	if b.DB.Len() != 1 || !strings.HasSuffix(string(first), "*3\r\n$3\r\nDEL\r\n$4\r\n{t}a\r\n$4\r\n{t}b\r\n") && !strings.HasSuffix(string(first), "*3\r\n$3\r\nDEL\r\n$4\r\n{t}b\r\n$4\r\n{t}a\r\n") {
		t.Errorf("%d keys left, the stream says %q", b.DB.Len(), first)
	}
}
