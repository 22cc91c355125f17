package load

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
)

func TestDigits(t *testing.T) {
	for n := uint32(0); n < MaxKeys; n += 1 + n/97 {
		checkDigits(t, n)
	}
	for n := uint32(1); n <= MaxKeys; n *= 10 {
		checkDigits(t, n-1)
	}
}

func checkDigits(t *testing.T, n uint32) {
	t.Helper()
	var got [8]byte
	for i := range got {
		got[i] = byte(digits(n) >> (8 * i))
	}
	if want := fmt.Sprintf("%08d", n); string(got[:]) != want {
		t.Fatalf("digits of %s are %q", want, got)
	}
}

// Templates give the bytes that a client gives that does not know them.
func TestRequests(t *testing.T) {
	r := newRenderer(Workload{ValueBytes: 5})
	got := r.append(nil, []entry{newEntry(get, 7), newEntry(set, MaxKeys-1), newEntry(get, 12345)})
	got = r.appendAsking(got)
	want := wire.AppendCommand(nil, "GET", "key:000000000007")
	want = wire.AppendCommand(want, "SET", "key:000099999999", "xxxxx")
	want = wire.AppendCommand(want, "GET", "key:000000012345")
	want = wire.AppendCommand(want, "ASKING")
	if !bytes.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// Requests with several keys have them in one slot, that of the key by itself.
func TestMultiKeyRequests(t *testing.T) {
	w := Workload{ValueBytes: 2, KeysPerRequest: 2, ReadShare: 0.5}
	got := newRenderer(w).append(nil, []entry{newEntry(get, 7), newEntry(set, 12345678)})
	want := wire.AppendCommand(nil, "MGET", "{key:000000000007}:0", "{key:000000000007}:1")
	want = wire.AppendCommand(want, "MSET", "{key:000012345678}:0", "xx", "{key:000012345678}:1", "xx")
	if !bytes.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if wire.SlotOf("{key:000000000007}:1") != int(slotsOfKeys(8)[7]) {
		t.Error("the slot is another")
	}
	x := newExpectations(w, 1)
	for reply, want := range map[string]outcome{
		"*2\r\n$2\r\nxx\r\n$2\r\nxx\r\n": good, "*2\r\n$2\r\nxx\r\n$-1\r\n": missing, "*1\r\n$2\r\nxx\r\n": wrong, "-CROSSSLOT no\r\n": refused, "*2\r\n$2\r\nxx\r\n": incomplete,
	} {
		if what, _ := x.read(newEntry(get, 7), []byte(reply)); what != want {
			t.Errorf("%q: %d, want %d", reply, what, want)
		}
	}
}

func TestSlotsOfKeys(t *testing.T) {
	for i, slot := range slotsOfKeys(2000) {
		if want := wire.SlotOf(fmt.Sprintf("key:%012d", i)); int(slot) != want {
			t.Fatalf("key %d is in slot %d, not %d", i, want, slot)
		}
	}
}

func TestTapes(t *testing.T) {
	w := Workload{ReadShare: 0.9, Keys: 1000, Distribution: DistributionUniform}
	tape := w.draw(1)
	counts, gets := make([]int, w.Keys), 0
	for _, e := range tape {
		counts[e.key()]++
		if e.operation() == get {
			gets++
		}
	}
	if share := float64(gets) / float64(len(tape)); math.Abs(share-w.ReadShare) > 0.01 {
		t.Errorf("%.3f are reads", share)
	}
	mean := float64(len(tape)) / float64(w.Keys)
	for key, n := range counts {
		if math.Abs(float64(n)-mean) > 6*math.Sqrt(mean) {
			t.Errorf("key %d comes %d times, %.0f are expected", key, n, mean)
		}
	}
	if again, other := w.draw(1), w.draw(2); fmt.Sprint(again[:50]) != fmt.Sprint(tape[:50]) || fmt.Sprint(other[:50]) == fmt.Sprint(tape[:50]) {
		t.Error("the seed does not decide the tape")
	}
}

// Of a zipfian distribution the frequencies of the first ranks are known.
func TestZipfian(t *testing.T) {
	for _, n := range []int{1, 2, 3, 1000, 100_000} {
		z, counts := newZipfian(n), make([]int, n)
		const draws = 1 << 18
		for i := range draws {
			counts[z.rank((float64(i)+0.5)/draws)]++
		}
		for rank := range min(2, n) {
			want := math.Pow(float64(rank+1), -zipfianSkew) / z.zetaN
			if got := float64(counts[rank]) / draws; math.Abs(got-want) > 0.001 {
				t.Errorf("of %d, rank %d has %.4f, want %.4f", n, rank, got, want)
			}
		}
		// The method is exact for the first two ranks and close for the others: half of them have their share within a twentieth.
		var want, got float64
		for rank := range n / 2 {
			want += math.Pow(float64(rank+1), -zipfianSkew) / z.zetaN
			got += float64(counts[rank]) / draws
		}
		if math.Abs(got-want) > 0.05 {
			t.Errorf("of %d, the first half has %.3f, want %.3f", n, got, want)
		}
	}
}

func TestScatterIsABijection(t *testing.T) {
	for _, n := range []int{1, 2, 10, 4096, 99_991} {
		seen := make([]bool, n)
		for rank := range n {
			if key := scatter(rank, n); seen[key] {
				t.Fatalf("of %d, two ranks have key %d", n, key)
			} else {
				seen[key] = true
			}
		}
	}
}

// Batches run through a tape in a circle, each in one piece, and through one that is read once to its end.
func TestNodeTakes(t *testing.T) {
	tape := []entry{1, 2, 3, 4, 5}
	for pipeline := 1; pipeline < 12; pipeline++ {
		n := &node{}
		n.load(tape, pipeline, false)
		next := 0
		for range 20 {
			for _, e := range n.take(pipeline) {
				if e != tape[next%5] {
					t.Fatalf("pipeline %d: request %d is %d", pipeline, next, e)
				}
				next++
			}
		}
		if next != 20*pipeline {
			t.Errorf("pipeline %d: %d requests", pipeline, next)
		}
		n.load(tape, pipeline, true)
		total := 0
		for requests := n.take(pipeline); len(requests) > 0; requests = n.take(pipeline) {
			total += len(requests)
		}
		if total != 5 {
			t.Errorf("pipeline %d: %d requests of a tape read once", pipeline, total)
		}
	}
	n := &node{}
	if n.load(nil, 3, false); n.take(3) != nil {
		t.Error("an empty tape has requests")
	}
}

func TestMatch(t *testing.T) {
	const value, ok = "$3\r\nxxx\r\n", "+OK\r\n"
	g, s := newEntry(get, 0), newEntry(set, 0)
	for _, c := range []struct {
		share    float64
		requests []entry
		buf      string
		replies  int
	}{
		{1, []entry{g, g, g}, value + value + value, 3},
		{1, []entry{g, g, g}, value + value, 2},
		{1, []entry{g, g, g}, value + value + "$3\r\nxx", 2},
		{1, []entry{g, g}, value + value + value, 2},
		{1, []entry{g, g}, "$3\r\nxxy\r\n", 0},
		{1, []entry{g}, "", 0},
		{0, []entry{s, s, s, s, s}, ok + ok + ok + ok + ok, 5}, // more than the pattern holds
		{0.5, []entry{g, s, s, g}, value + ok + ok + value, 4},
		{0.5, []entry{g, s, s, g}, value + ok + value, 2},
		{0.5, []entry{s, g}, ok + "$-1\r\n", 1},
	} {
		x := newExpectations(Workload{ReadShare: c.share, ValueBytes: 3}, 2)
		if replies, used := x.match(c.requests, []byte(c.buf)); replies != c.replies || used > len(c.buf) || replies == len(c.requests) && used == 0 {
			t.Errorf("%v on %q: %d replies in %d bytes, want %d", c.requests, c.buf, replies, used, c.replies)
		}
	}
}

func TestReplyLength(t *testing.T) {
	for _, reply := range []string{
		"+OK\r\n", "+\r\n", "-ERR no\r\n", ":1\r\n", "$0\r\n\r\n", "$3\r\na\r\n\r\n", "$-1\r\n", "*0\r\n", "*-1\r\n", "_\r\n", "#t\r\n", ",1.5\r\n",
		"*2\r\n$1\r\nx\r\n*1\r\n:1\r\n", "%1\r\n+a\r\n:1\r\n", "~1\r\n+a\r\n", ">1\r\n+a\r\n", "=5\r\ntxt:a\r\n", "!3\r\nERR\r\n", "(12\r\n",
	} {
		for cut := range len(reply) {
			if n, ok := replyLength([]byte(reply[:cut]), 0); n != 0 || !ok {
				t.Errorf("%q: %d, %v", reply[:cut], n, ok)
			}
		}
		if n, ok := replyLength([]byte(reply+"+OK\r\n"), 0); n != len(reply) || !ok {
			t.Errorf("%q has length %d, %v", reply, n, ok)
		}
	}
	for _, noReply := range []string{"hello", "\r\n", "+OK\n", "$x\r\n", "$-2\r\n", "$1\r\nxy\r\n", "*-2\r\n", "*1\r\nx", "$99999999999\r\n", strings.Repeat("*1\r\n", 100)} {
		if n, ok := replyLength([]byte(noReply), 0); ok {
			t.Errorf("%q passes for a reply of %d bytes", noReply, n)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"+OK\r\n", "$3\r\nxxx\r\n", "*2\r\n:1\r\n%1\r\n+a\r\n_\r\n", "-MOVED 1 :7000\r\n", "$-1\r\n", "=5\r\ntxt:a\r\n"} {
		f.Add([]byte(seed))
	}
	x := newExpectations(Workload{ReadShare: 1, ValueBytes: 3}, 2)
	f.Fuzz(func(t *testing.T, b []byte) {
		what, n := x.read(newEntry(get, 0), b)
		if n < 0 || n > len(b) || (n == 0) != (what == incomplete || what == garbage) {
			t.Errorf("%q: outcome %d of %d bytes", b, what, n)
		}
		if replies, used := x.match([]entry{newEntry(get, 0)}, b); replies == 1 && (what != good || used != n) {
			t.Errorf("%q matches, and is read as outcome %d", b, what)
		}
		parseRedirect(b, "127.0.0.1:7000")
		errorCode(b)
	})
}

func TestParseRedirect(t *testing.T) {
	for reply, want := range map[string]redirect{
		"-MOVED 866 127.0.0.1:7001\r\n": {"127.0.0.1:7001", false},
		"-ASK 866 127.0.0.1:7001\r\n":   {"127.0.0.1:7001", true},
		"-MOVED 866 :7001\r\n":          {"10.0.0.1:7001", false},
	} {
		if got, ok := parseRedirect([]byte(reply), "10.0.0.1:7000"); !ok || got != want {
			t.Errorf("%q: %+v, %v", reply, got, ok)
		}
	}
	for _, reply := range []string{"-ERR MOVED\r\n", "-MOVED 866\r\n", "-TRYAGAIN a b\r\n", "-\r\n"} {
		if got, ok := parseRedirect([]byte(reply), "10.0.0.1:7000"); ok {
			t.Errorf("%q passes for %+v", reply, got)
		}
	}
}

func TestTrust(t *testing.T) {
	sample := func(cpu, latency, lateness time.Duration) *Sample {
		s := NewSample()
		s.Elapsed, s.OwnCPU = time.Second, cpu
		record(s.Latency, int64(latency), 100)
		if lateness > 0 {
			record(s.Lateness, int64(lateness), 100)
		}
		return s
	}
	for _, c := range []struct {
		s    *Sample
		want string
	}{
		{sample(500*time.Millisecond, time.Millisecond, 0), ""},
		{sample(500*time.Millisecond, time.Millisecond, 100*time.Microsecond), ""},
		{sample(900*time.Millisecond, time.Millisecond, 0), "90 % of a core"},
		{sample(500*time.Millisecond, time.Millisecond, 500*time.Microsecond), "late (p99)"},
	} {
		if err := c.s.Trust(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v of processor time: %v, want %q", c.s.OwnCPU, err, c.want)
		}
	}
}
