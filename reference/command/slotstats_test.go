package command

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// TestSlotStats goes through what SLOT-STATS answers and refuses. Our slots are those of view A: the lower half.
func TestSlotStats(t *testing.T) {
	b := view{}.bench(t)
	s := b.client()
	for i := range 3 {
		b.put(fmt.Sprintf("{%s}%d", tags.ours, i), "v", 0)
	}
	b.put("{"+tags.ours2+"}", "v", 0)
	ours, ours2 := slot.OfString(tags.ours), slot.OfString(tags.ours2)
	entry := func(s slot.Slot, keys int) string {
		return fmt.Sprintf("*2\r\n:%d\r\n*2\r\n$9\r\nkey-count\r\n:%d\r\n", s, keys)
	}
	for _, tt := range []struct{ request, want string }{
		{"SLOTSRANGE " + fmt.Sprint(ours, " ", ours), "*1\r\n" + entry(ours, 3)},
		{"slotsrange 0 1", "*2\r\n" + entry(0, 0) + entry(1, 0)},
		{"SLOTSRANGE 8190 8195", "*2\r\n" + entry(8190, 0) + entry(8191, 0)},
		{"SLOTSRANGE 16000 16383", "*0\r\n"},
		{"ORDERBY key-count LIMIT 3", "*3\r\n" + entry(ours, 3) + entry(ours2, 1) + entry(0, 0)},
		{"ORDERBY KEY-COUNT LIMIT 1 DESC", "*1\r\n" + entry(ours, 3)},
		{"ORDERBY key-count ASC LIMIT 2", "*2\r\n" + entry(0, 0) + entry(1, 0)},
		{"SLOTSRANGE 5 4", "-ERR Start slot number 5 is greater than end slot number 4\r\n"},
		{"SLOTSRANGE x 4", "-ERR Invalid or out of range slot\r\n"},
		{"SLOTSRANGE 0 16384", "-ERR Invalid or out of range slot\r\n"},
		{"SLOTSRANGE 0", "-ERR unknown subcommand or wrong number of arguments for 'SLOT-STATS'. Try CLUSTER HELP.\r\n"},
		{"BOGUS 0 1", "-ERR unknown subcommand or wrong number of arguments for 'SLOT-STATS'. Try CLUSTER HELP.\r\n"},
		{"ORDERBY", "-ERR wrong number of arguments for 'cluster|slot-stats' command\r\n"},
		{"ORDERBY memory", "-ERR Unrecognized sort metric for ORDERBY.\r\n"},
		{"ORDERBY cpu-usec", "-ERR Unrecognized sort metric for ORDERBY.\r\n"},
		{"ORDERBY key-count LIMIT", "-ERR syntax error\r\n"},
		{"ORDERBY key-count UP", "-ERR syntax error\r\n"},
		{"ORDERBY key-count LIMIT 0", "-ERR Limit has to lie in between 1 and 16384 (maximum number of slots).\r\n"},
		{"ORDERBY key-count LIMIT 16385", "-ERR Limit has to lie in between 1 and 16384 (maximum number of slots).\r\n"},
		{"ORDERBY key-count LIMIT x", "-ERR Limit has to lie in between 1 and 16384 (maximum number of slots).\r\n"},
		{"ORDERBY key-count LIMIT 1 LIMIT 1", "-ERR Multiple filters of the same type are disallowed.\r\n"},
		{"ORDERBY key-count ASC DESC", "-ERR Multiple filters of the same type are disallowed.\r\n"},
	} {
		if got := b.do(s, strings.Fields("CLUSTER SLOT-STATS "+tt.request)...); got != tt.want {
			t.Errorf("%s\n got  %q\n want %q", tt.request, got, tt.want)
		}
	}
	replica := view{replica: true}.bench(t)
	if got := replica.do(replica.client(), "CLUSTER", "SLOT-STATS", "SLOTSRANGE", "0", "0"); got != "*1\r\n"+entry(0, 0) {
		t.Errorf("a replica answers %q: it is in the shard of slot 0", got)
	}
}

// TestSlotCosts holds what requests cost against sums made by hand.
func TestSlotCosts(t *testing.T) {
	b := view{conf: map[string]string{"cluster-slot-stats-enabled": "yes"}}.bench(t)
	var now clock.Micros
	b.Stopwatch = func() clock.Micros { now += 7; return now } // every command takes 7 us
	s, at := b.client(), slot.OfString(tags.ours)
	expect := func(after string, cpu, in, out int) {
		t.Helper()
		got := b.do(s, "CLUSTER", "SLOT-STATS", "SLOTSRANGE", fmt.Sprint(at), fmt.Sprint(at))
		want := fmt.Sprintf(":%d\r\n$16\r\nnetwork-bytes-in\r\n:%d\r\n$17\r\nnetwork-bytes-out\r\n:%d\r\n", cpu, in, out)
		if !strings.HasSuffix(got, want) {
			t.Fatalf("after %s\n got  %q\n want %q at the end", after, got, want)
		}
	}
	expect("nothing", 0, 0, 0)
	b.do(s, "SET", tags.ours, "value")
	in := len("*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$5\r\nvalue\r\n")
	out := len("+OK\r\n")
	expect("SET", 7, in, out)
	b.do(s, "GET", tags.theirs)
	b.do(s, "PING")
	expect("what has another slot, or none", 7, in, out)
	for _, request := range []string{"MULTI", "GET " + tags.ours, "EXEC"} {
		b.do(s, strings.Fields(request)...)
	}
	in += len("*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n*1\r\n$4\r\nEXEC\r\n")
	out += len("*1\r\n$5\r\nvalue\r\n")
	expect("a transaction", 21, in, out) // the clock is read after GET and after EXEC
	reader := b.client()
	b.do(reader, "SSUBSCRIBE", tags.ours)
	in += len("*2\r\n$10\r\nSSUBSCRIBE\r\n$1\r\nb\r\n")
	out += len(reader.Reply.Buf)
	expect("a subscription", 28, in, out)
	reader.Reply.Buf = nil
	b.do(s, "SPUBLISH", tags.ours, "news")
	in += len("*3\r\n$8\r\nSPUBLISH\r\n$1\r\nb\r\n$4\r\nnews\r\n")
	out += len(":1\r\n") + len(reader.Reply.Buf)
	expect("a message", 35, in, out)
	if got := b.do(s, "CLUSTER", "SLOT-STATS", "ORDERBY", "network-bytes-out", "LIMIT", "1"); !strings.HasPrefix(got, fmt.Sprintf("*1\r\n*2\r\n:%d\r\n", at)) {
		t.Errorf("the slot that cost most is not first: %q", got)
	}
	waiter := b.client()
	b.do(waiter, "BLPOP", "{"+tags.ours+"}l", "0")
	b.do(s, "LPUSH", "{"+tags.ours+"}l", "x")
	in += len("*3\r\n$5\r\nBLPOP\r\n$4\r\n{b}l\r\n$1\r\n0\r\n*3\r\n$5\r\nLPUSH\r\n$4\r\n{b}l\r\n$1\r\nx\r\n")
	out += len(":1\r\n*2\r\n$4\r\n{b}l\r\n$1\r\nx\r\n")
	expect("a pop that waited", 49, in, out)
	var gone slot.Set
	gone.Add(at)
	b.SlotsGone(&gone)
	expect("the slot has gone", 0, 0, 0)
	b.do(s, "GET", tags.ours)
	b.do(s, "CONFIG", "RESETSTAT")
	expect("CONFIG RESETSTAT", 0, 0, 0)
	b.do(s, "CONFIG", "SET", "cluster-slot-stats-enabled", "no")
	if got := b.do(s, "CLUSTER", "SLOT-STATS", "ORDERBY", "cpu-usec"); !strings.HasPrefix(got, "-ERR Unrecognized") {
		t.Errorf("costs are told although they are not counted: %q", got)
	}
}
