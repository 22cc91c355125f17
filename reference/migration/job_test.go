package migration

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// dumped is what the source has: keys that live forever, expire soon, and have expired just now.
var dumped = map[string]struct {
	payload  string
	expireAt clock.Millis
}{"a": {"P1", 0}, "b": {"P2", 10_500}, "c": {"P3", 9_999}}

// withKeys makes a Job one of a, b and c, or of others.
func withKeys(j Job, names ...string) *Job {
	if len(names) == 0 {
		names = []string{"a", "b", "c"}
	}
	for _, name := range names {
		j.Keys = append(j.Keys, []byte(name))
	}
	j.Dump = func(dst, key []byte) ([]byte, clock.Millis, bool) {
		d, ok := dumped[string(key)]
		return append(dst, d.payload...), d.expireAt, ok
	}
	return &j
}

// whole is all that an attempt sends.
func whole(j *Job, selected int) string {
	j.Begin(selected)
	return string(j.Append(nil, 10_000, math.MaxInt32))
}

// words is a request as the tests write it: its words between blanks.
func words(requests ...string) string {
	var b strings.Builder
	for _, r := range requests {
		parts := strings.Fields(r)
		fmt.Fprintf(&b, "*%d\r\n", len(parts))
		for _, p := range parts {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(p), p)
		}
	}
	return b.String()
}

func TestRequest(t *testing.T) {
	noTTL, err := defect.Parse("migrate-drops-ttl")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		job      Job
		selected int
		want     string
	}{
		{"new connection", Job{}, -1, words("SELECT 0", "RESTORE-ASKING a 0 P1", "RESTORE-ASKING b 500 P2", "RESTORE-ASKING c 1 P3")},
		{"known database", Job{DB: 2}, 2, words("RESTORE-ASKING a 0 P1", "RESTORE-ASKING b 500 P2", "RESTORE-ASKING c 1 P3")},
		{"another database", Job{DB: 3}, 2, words("SELECT 3", "RESTORE-ASKING a 0 P1", "RESTORE-ASKING b 500 P2", "RESTORE-ASKING c 1 P3")},
		{"password and REPLACE", Job{Password: "p", Replace: true}, 0,
			words("AUTH p", "RESTORE-ASKING a 0 P1 REPLACE", "RESTORE-ASKING b 500 P2 REPLACE", "RESTORE-ASKING c 1 P3 REPLACE")},
		{"user, not in cluster mode", Job{User: "u", Password: "p", Plain: true}, -1,
			words("AUTH u p", "SELECT 0", "RESTORE a 0 P1", "RESTORE b 500 P2", "RESTORE c 1 P3")},
		{"defect", Job{Defects: noTTL}, 0, words("RESTORE-ASKING a 0 P1", "RESTORE-ASKING b 0 P2", "RESTORE-ASKING c 0 P3")},
	} {
		if got := whole(withKeys(c.job), c.selected); got != c.want {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}

var replyCases = []struct {
	name    string
	job     Job
	replies string
	failure Failure // after the replies
	acked   string
	outcome string
	retry   bool
}{
	{name: "all fine", replies: "+OK\r\n+OK\r\n+OK\r\n+OK\r\n", acked: "a b c", outcome: "OK"},
	{name: "one is there already", replies: "+OK\r\n+OK\r\n-BUSYKEY Target key name already exists.\r\n+OK\r\n",
		acked: "a c", outcome: "ERR Target instance replied with error: BUSYKEY Target key name already exists."},
	{name: "the first error is told", replies: "+OK\r\n-ERR one\r\n-ERR two\r\n-ERR three\r\n",
		outcome: "ERR Target instance replied with error: ERR one"},
	{name: "SELECT refused", replies: "-ERR DB index is out of range\r\n+OK\r\n+OK\r\n+OK\r\n",
		outcome: "ERR Target instance replied with error: ERR DB index is out of range"},
	{name: "AUTH refused", job: Job{Password: "p"}, replies: "-WRONGPASS no\r\n-NOAUTH\r\n-NOAUTH\r\n-NOAUTH\r\n-NOAUTH\r\n",
		outcome: "ERR Target instance replied with error: WRONGPASS no"},
	{name: "broken after one", replies: "+OK\r\n+OK\r\n", failure: Reading,
		acked: "a", outcome: "IOERR error or timeout reading to target instance"},
	{name: "broken after one error", replies: "+OK\r\n-ERR one\r\n", failure: Reading,
		outcome: "ERR Target instance replied with error: ERR one"},
	{name: "broken before the first", replies: "+OK\r\n", failure: Reading,
		outcome: "IOERR error or timeout reading to target instance", retry: true},
	{name: "refused without a word", replies: "+OK\r\n-\r\n+OK\r\n+OK\r\n", acked: "b c", outcome: "ERR Target instance replied with error: "},
	{name: "broken while writing", failure: Writing, outcome: "IOERR error or timeout writing to target instance", retry: true},
	{name: "no connection", failure: Connecting, outcome: "IOERR error or timeout connecting to the client", retry: true},
}

func TestReplies(t *testing.T) {
	for _, c := range replyCases {
		t.Run(c.name, func(t *testing.T) {
			j := withKeys(c.job)
			whole(j, -1)
			n, done, err := j.Receive([]byte(c.replies + "+left over"))
			if err != nil || n != len(c.replies) || done != (c.failure == 0) {
				t.Fatalf("read %d of %d, done %v, error %v", n, len(c.replies), done, err)
			}
			if retry := j.Retry(); !done && retry != c.retry {
				t.Errorf("retry %v, want %v", retry, c.retry)
			}
			if !done {
				j.Fail(c.failure)
			}
			outcome, ok := j.Outcome()
			if outcome != c.outcome || ok != (outcome == "OK") {
				t.Errorf("outcome %q %v, want %q", outcome, ok, c.outcome)
			}
			if got := acked(j); got != c.acked {
				t.Errorf("acknowledged %q, want %q", got, c.acked)
			}
			if known := j.Selected() == j.DB; known != ok {
				t.Errorf("the connection is left in database %d", j.Selected())
			}
		})
	}
}

func acked(j *Job) string {
	var names []string
	for _, name := range j.Acked() {
		names = append(names, string(name))
	}
	return strings.Join(names, " ")
}

func TestRetryOnce(t *testing.T) {
	j := withKeys(Job{})
	whole(j, 0)
	if !j.Retry() {
		t.Fatal("the first attempt is not retried")
	}
	if got := whole(j, -1); !strings.HasPrefix(got, words("SELECT 0", "RESTORE-ASKING a")[:20]) {
		t.Fatalf("second attempt: %q", got)
	}
	if j.Retry() {
		t.Fatal("a third attempt")
	}
	if _, done, err := j.Receive([]byte("+OK\r\n+OK\r\n+OK\r\n+OK\r\n")); !done || err != nil {
		t.Fatalf("done %v, error %v", done, err)
	}
	if got, _ := j.Outcome(); got != "OK" || acked(j) != "a b c" {
		t.Fatalf("outcome %q, acknowledged %q", got, acked(j))
	}
}

func TestReceiveRefusesWhatNoRESTOREReplies(t *testing.T) {
	for _, in := range []string{":1\r\n", "\r\n", "$-1\r\n", "OK\r\n", strings.Repeat("+", maxReplyBytes+1)} {
		j := withKeys(Job{})
		whole(j, 0)
		if _, done, err := j.Receive([]byte(in)); err == nil || done {
			t.Errorf("%.20q was taken", in)
		}
		if len(j.Acked()) != 0 {
			t.Errorf("%.20q acknowledged %q", in, j.Acked())
		}
	}
}

// FuzzReceive: however the replies are split, the same keys are acknowledged, each at most once, none without a status of
// its own.
func FuzzReceive(f *testing.F) {
	for seed, c := range replyCases {
		f.Add([]byte(c.replies), uint64(seed))
	}
	f.Fuzz(func(t *testing.T, replies []byte, seed uint64) {
		whole := feed(t, replies, nil)
		split := feed(t, replies, rand.New(rand.NewPCG(seed, 0)))
		if whole != split {
			t.Fatalf("whole: %s\nsplit: %s", whole, split)
		}
	})
}

// feed gives a Job the replies, at once or, with chance, in pieces, and describes how it stands then.
func feed(t *testing.T, replies []byte, chance *rand.Rand) string {
	j := withKeys(Job{})
	whole(j, -1)
	var pending []byte
	statuses := bytes.Count(replies, []byte("+"))
	defer func() {
		if len(j.Acked()) > min(statuses, len(j.Keys)) {
			t.Fatalf("%q acknowledged %q", replies, j.Acked())
		}
	}()
	for len(replies) > 0 {
		n := len(replies)
		if chance != nil {
			n = 1 + chance.IntN(n)
		}
		pending = append(pending, replies[:n]...)
		replies = replies[n:]
		used, done, err := j.Receive(pending)
		pending = slices.Delete(pending, 0, used)
		if err != nil || done {
			outcome, _ := j.Outcome()
			return fmt.Sprintf("%v %v %q %q", done, err, acked(j), outcome)
		}
	}
	return fmt.Sprintf("incomplete %q", acked(j))
}

// TestAppendInPieces: however little is asked for at a time, whole requests come, each once, and what is not there is left out.
func TestAppendInPieces(t *testing.T) {
	for _, bytes := range []int{1, 50, 1000} {
		j := withKeys(Job{}, "none", "a", "gone", "b", "c", "away")
		j.Begin(-1)
		var got []string
		for j.Unsent() {
			got = append(got, string(j.Append(nil, 10_000, bytes)))
			if len(got) > 10 {
				t.Fatalf("pieces without an end: %q", got)
			}
		}
		if all := strings.Join(got, ""); all != words("SELECT 0", "RESTORE-ASKING a 0 P1", "RESTORE-ASKING b 500 P2", "RESTORE-ASKING c 1 P3") {
			t.Errorf("%d bytes at a time: %q", bytes, got)
		}
		if _, done, err := j.Receive([]byte("+OK\r\n+OK\r\n-BUSYKEY\r\n+OK\r\n")); !done || err != nil || acked(j) != "a c" {
			t.Errorf("%d bytes at a time: done %v, error %v, acknowledged %q", bytes, done, err, acked(j))
		}
	}
}

// TestReceiveWhileSending: the target answers for the first keys while the others are not sent.
func TestReceiveWhileSending(t *testing.T) {
	j := withKeys(Job{})
	j.Begin(0)
	j.Append(nil, 0, 1)
	if _, done, err := j.Receive([]byte("+OK\r\n")); done || err != nil || acked(j) != "a" || j.Retry() {
		t.Fatalf("done %v, error %v, acknowledged %q, retry %v", done, err, acked(j), j.Retry())
	}
	if _, done, err := j.Receive([]byte("+OK\r\n")); done || err == nil || acked(j) != "a" {
		t.Errorf("a reply to what was not sent: done %v, error %v, acknowledged %q", done, err, acked(j))
	}
}

// TestNothingToSend: all keys have gone meanwhile.
func TestNothingToSend(t *testing.T) {
	j := withKeys(Job{}, "none", "gone")
	if got := whole(j, 0); got != "" || !j.Done() {
		t.Errorf("sent %q, done %v", got, j.Done())
	}
	if text, ok := j.Outcome(); !ok || len(j.Acked()) != 0 {
		t.Errorf("outcome %q, acknowledged %q", text, acked(j))
	}
}
