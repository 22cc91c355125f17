package command

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

// TestUnblockAsRedis ends waits by CLIENT UNBLOCK, here and on a live redis-server.
func TestUnblockAsRedis(t *testing.T) {
	o := startOracle(t)
	for _, c := range []struct{ request, how string }{
		{"BLPOP l 0", ""}, {"BLPOP l 0", "TIMEOUT"}, {"BLPOP l 0", "error"}, {"BLMOVE {l}a {l}b LEFT LEFT 100", ""},
		{"BZPOPMIN z 0", "timeout"}, {"BZMPOP 0 1 z MIN", "ERROR"}, {"WAIT 5 0", ""}, {"WAIT 5 0", "ERROR"},
	} {
		b := newBench(t, testSetup{})
		waiter, conn := b.client(), connect(t, o)
		theirID := strings.TrimSpace(string(conn.do("CLIENT", "ID"))[1:])
		if status := b.Execute(waiter, words(strings.Fields(c.request)...)); status != Blocked {
			t.Fatalf("%s: status %v", c.request, status)
		}
		conn.send(strings.Fields(c.request)...)

		ours := strings.Fields("CLIENT UNBLOCK " + strconv.FormatUint(waiter.ID, 10) + " " + c.how)
		theirs := strings.Fields("CLIENT UNBLOCK " + theirID + " " + c.how)
		other := connect(t, o)
		want := other.do(theirs...)
		for string(want) == ":0\r\n" { // it has not read the request yet
			want = other.do(theirs...)
		}
		client := b.client()
		if got := b.do(client, ours...); got != string(want) {
			t.Errorf("%s %s replies %q, redis %q", c.request, ours, got, want)
		}
		if got, want := waiter.Reply.Buf, conn.read(); !bytes.Equal(got, want) {
			t.Errorf("%s gets %q from %s, redis %q", c.request, got, ours, want)
		}
		if got := b.do(client, ours...); got != ":0\r\n" || waiter.wait.blocked || len(b.waits.sessions) > 0 {
			t.Errorf("%s: %s once more replies %q; blocked: %v", c.request, ours, got, waiter.wait.blocked)
		}
	}
}
