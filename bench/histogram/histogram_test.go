package histogram

import (
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/load"
)

func TestFileNames(t *testing.T) {
	for name, want := range map[string]string{
		"redis-server 7.0.15":     "series/get-p1-2-redis-server-7.0.15.hgrm",
		"docker:valkey/valkey:8":  "series/get-p1-2-docker-valkey-valkey-8.hgrm",
		"../../etc":               "series/get-p1-2-..-..-etc.hgrm",
		strings.Repeat("x", 1000): "series/get-p1-2-" + strings.Repeat("x", 40) + ".hgrm",
		"exec:./my server":        "series/get-p1-2-exec-.-my-server.hgrm",
		"\u00fcber":               "series/get-p1-2-ber.hgrm",
	} {
		if got, _ := FileNames("get-p1", 2, name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

// What was written is what is read, interval by interval, and a histogram that cannot be merged without loss is refused.
func TestLog(t *testing.T) {
	var l Log
	for i := range int64(3) {
		h := load.NewHistogram()
		h.RecordValues(1_234_567*(i+1), 10)
		h.SetStartTimeMs(1_700_000_000_500 + 1000*i)
		h.SetEndTimeMs(1_700_000_001_500 + 1000*i)
		l.Add(h, "get")
	}
	text, err := l.Text("what they are of")
	if err != nil || !strings.Contains(string(text), "[what they are of]") {
		t.Fatalf("%v\n%s", err, text)
	}
	read, err := ReadLog(text)
	if err != nil || len(read) != 3 {
		t.Fatalf("%d intervals, %v", len(read), err)
	}
	for i, h := range read {
		want := load.NewHistogram()
		want.RecordValues(1_234_567*(int64(i)+1), 10)
		if !h.Equals(want) || h.StartTimeMs() != 1_700_000_000_500+1000*int64(i) || h.Tag() != "get" {
			t.Errorf("interval %d: %d values up to %d from %d", i, h.TotalCount(), h.Max(), h.StartTimeMs())
		}
	}
	var foreign Log
	foreign.Add(hdrhistogram.New(1, 1000, 2), "")
	text, err = foreign.Text("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadLog(text); err == nil || !strings.Contains(err.Error(), "2 digits") {
		t.Errorf("a histogram of another range: %v", err)
	}
}

// FuzzReadLog: whatever a file holds, it is read or refused.
func FuzzReadLog(f *testing.F) {
	var l Log
	h := load.NewHistogram()
	h.RecordValue(5_000_000)
	l.Add(h, "x")
	text, _ := l.Text("")
	f.Add(string(text))
	f.Add("Tag=")
	f.Fuzz(func(t *testing.T, text string) { ReadLog([]byte(text)) })
}
