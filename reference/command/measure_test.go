package command

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
)

func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// timed is a bench whose every command takes as long as is set.
func timed(t *testing.T, options map[string]string) (*bench, *clock.Micros) {
	b := newBench(t, testSetup{options: options})
	var now, step clock.Micros
	b.Stopwatch = func() clock.Micros { now += step; return now }
	return b, &step
}

// The numbers are those of HdrHistogram, which Redis uses: hdr_init(1, 1000000000, 2), values in nanoseconds.
func TestHistogramIsHdrHistogram(t *testing.T) {
	var h histogram
	for _, micros := range []clock.Micros{0, 1, 1, 3, 100, 5000, 2_000_000} {
		h.add(micros)
	}
	for share, want := range map[float64]string{50: "3.007", 10: "0.001", 70: "100.351", 80: "5013.503", 99.9: "1002438.655"} {
		if got := fmt.Sprintf("%.3f", h.percentile(share)); got != want {
			t.Errorf("p%v is %s, want %s", share, got, want)
		}
	}
	var steps []string
	h.doublings(func(micros uint64, within int) { steps = append(steps, fmt.Sprint(micros, ":", within)) })
	if got, want := strings.Join(steps, " "), "1:3 4:4 132:5 8454:6 1073741:7"; got != want {
		t.Errorf("doublings are %s, want %s", got, want)
	}
}

func TestDurationsAreTold(t *testing.T) {
	b, step := timed(t, map[string]string{"latency-monitor-threshold": "50"})
	s := b.client()
	*step = 30
	b.do(s, "GET", "a")
	*step = 60_500
	b.do(s, "GET", "a")
	b.do(s, "LRANGE", "l", "0", "-1")
	*step = 1
	for request, wants := range map[string][]string{
		"INFO commandstats":            {"cmdstat_get:calls=2,usec=60530,usec_per_call=30265.00,rejected_calls=0,failed_calls=0"},
		"INFO latencystats":            {"latency_percentiles_usec_get:p50=30.079,p99="},
		"LATENCY HISTOGRAM get":        {"$3\r\nget\r\n*4\r\n$5\r\ncalls\r\n:2\r\n$14\r\nhistogram_usec\r\n*4\r\n:33\r\n:1\r\n:67633\r\n:2\r\n"},
		"LATENCY LATEST":               {"*2\r\n*4\r\n$7\r\ncommand\r\n", "$12\r\nfast-command\r\n", ":60\r\n:60\r\n"},
		"LATENCY HISTORY fast-command": {"*1\r\n*2\r\n", ":60\r\n"},
		"SLOWLOG GET":                  {"*2\r\n*6\r\n:1\r\n", ":60500\r\n*4\r\n$6\r\nLRANGE\r\n$1\r\nl\r\n$1\r\n0\r\n$2\r\n-1\r\n$15\r\n127.0.0.1:50000\r\n$0\r\n\r\n"},
	} {
		if got := b.do(s, strings.Fields(request)...); !containsAll(got, wants...) {
			t.Errorf("%s: %q, want %q", request, got, wants)
		}
	}
	if got := b.do(s, "LATENCY", "RESET", "command", "nosuch"); got != ":1\r\n" {
		t.Errorf("LATENCY RESET: %q", got)
	}
}

// A command that waits is measured, and its wait with it, when it was answered.
func TestWaitingIsMeasuredWhenItEnds(t *testing.T) {
	b, step := timed(t, map[string]string{"slowlog-log-slower-than": "1000"})
	*step = 100
	b.do(b.client(), "BLPOP", "l", "0")
	*step = 0
	s := b.client()
	if got := b.do(s, "SLOWLOG", "LEN"); got != ":0\r\n" {
		t.Errorf("SLOWLOG LEN while it waits: %q", got)
	}
	s.Reply.Buf = nil
	*step = 3000
	b.do(s, "SET", "x", "1")
	*step = 0
	b.do(s, "SLOWLOG", "RESET")
	b.do(s, "LPUSH", "l", "v")
	if got := b.do(s, "SLOWLOG", "GET"); !containsAll(got, "BLPOP", ":3100\r\n") {
		t.Errorf("SLOWLOG GET: %q", got)
	}
}

func TestSlowlogKeepsSecrets(t *testing.T) {
	b, step := timed(t, map[string]string{"slowlog-log-slower-than": "0"})
	*step = 1
	s := b.client()
	for _, request := range []string{
		"AUTH sesame", "AUTH default sesame", "HELLO 3 AUTH default sesame SETNAME me", "CONFIG SET requirepass sesame",
		"MIGRATE h 1 k 0 1 AUTH sesame", "MIGRATE h 1 k 0 1 AUTH2 default sesame",
	} {
		b.do(s, strings.Fields(request)...)
	}
	got := b.do(s, "SLOWLOG", "GET", "-1")
	if strings.Contains(got, "sesame") || strings.Count(got, "(redacted)") < 6 || !strings.Contains(got, "SETNAME") {
		t.Errorf("SLOWLOG GET: %q", got)
	}
}

func TestMonitorIsFedWhatIsExecuted(t *testing.T) {
	b := newBench(t, testSetup{})
	s, watcher := b.client(), b.client()
	if got := b.do(watcher, "MONITOR"); got != ok {
		t.Fatalf("MONITOR: %q", got)
	}
	watcher.Reply.Buf = nil
	b.do(s, "SET", "k", "a \"b\"\x00\n\xff")
	b.do(s, "GET") // refused
	b.do(s, "CONFIG", "GET", "port")
	b.do(s, "AUTH", "sesame")
	lines := strings.Split(strings.TrimSuffix(string(watcher.Reply.Buf), "\r\n"), "\r\n")
	wants := []string{`[0 127.0.0.1:50000] "SET" "k" "a \"b\"\x00\n\xff"`, `[0 127.0.0.1:50000] "AUTH" "(redacted)"`}
	if len(lines) != len(wants) {
		t.Fatalf("MONITOR shows %q", lines)
	}
	for i, want := range wants {
		if !strings.HasSuffix(lines[i], want) {
			t.Errorf("MONITOR shows %q, want %q", lines[i], want)
		}
	}
	b.do(watcher, "RESET")
	watcher.Reply.Buf = nil
	b.do(s, "PING")
	if len(watcher.Reply.Buf) > 0 {
		t.Errorf("after RESET: %q", watcher.Reply.Buf)
	}
}
