package page

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/bench/result"
)

var update = flag.Bool("update", false, "write the golden file anew")

func pageOf(t *testing.T, r *result.Result) string {
	t.Helper()
	var page bytes.Buffer
	if err := Write(&page, r, map[string][]byte{"series/base.hgrm": []byte(percentileFile)}); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// TestGolden leaves the style out: its text is in the repository already.
func TestGolden(t *testing.T) {
	page := regexp.MustCompile(`(?s)<style>.*</style>`).ReplaceAllString(pageOf(t, sample()), "")
	page = regexp.MustCompile(`\n\s*\n+`).ReplaceAllString(page, "\n")
	path := filepath.Join("testdata", "index.html")
	if *update {
		if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, wanted := strings.Split(page, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(got), len(wanted)) {
		if got[i] != wanted[i] {
			t.Fatalf("%s differs from what is written now; run go test with -update and read the diff\nwant %s\ngot  %s", path, wanted[i], got[i])
		}
	}
	if len(got) != len(wanted) {
		t.Fatalf("%s has %d lines, the page %d; run go test with -update and read the diff", path, len(wanted), len(got))
	}
}

// What went wrong is said where a reader looks for it.
func TestTroubleIsSaid(t *testing.T) {
	page := pageOf(t, sample())
	for _, want := range []string{
		"The run was ended early", `class="bad">7.0 % of the processors`, "10 of 1000 requests to elsewhere failed", "2 pairs are too few for an interval", "the generator used 97 % of a core",
		"it is no process of this machine", "✗ missed", "✓ kept", "not measured", "acme-kv 0.9 stopped at 10 nodes: the cluster did not form", "Ended early: slots moving: MIGRATE is unknown",
		"exec:./acme-kv --port {port}&#39;",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}

// Whatever part is missing, the rest is a page, and says what there is not.
func TestPartsAreMissing(t *testing.T) {
	for _, drop := range []struct {
		name, section string
		drop          func(*result.Result)
	}{
		{"serving", `id="percentiles"`, func(r *result.Result) { r.Series = nil }},
		{"figures", `id="floors"`, func(r *result.Result) { r.Figures = nil }},
		{"change", `id="change"`, func(r *result.Result) { r.Timelines = nil }},
		{"growth", `id="growth"`, func(r *result.Result) { r.Growths = nil }},
	} {
		r := sample()
		drop.drop(r)
		if page := pageOf(t, r); !strings.Contains(page, "Not measured in this run: "+drop.name+".") || strings.Contains(page, drop.section) {
			t.Errorf("without %s, the page does not say so, or has an empty section", drop.name)
		}
	}
	if page := pageOf(t, &result.Result{Interrupted: true}); !strings.Contains(page, "Nothing was measured") || !strings.Contains(page, "serving, figures, change, growth") {
		t.Error("of nothing, the page does not say that it is nothing")
	}
}

// No picture holds a number that is none: an axis of nothing, of one value, of zeros.
func TestPicturesOfLittle(t *testing.T) {
	r := sample()
	r.Timelines[0].Intervals = nil
	r.Growths[0].Lines = []result.Line{{Name: base, Points: []result.Point{{X: 0, Y: 0}}}}
	r.Growths[1].Lines = nil
	r.Series[1].Parties[0].Latency = result.Percentiles{}
	for _, r := range []*result.Result{sample(), r} {
		if found := regexp.MustCompile(`"[^"]*(NaN|Inf)[^"]*"`).FindString(pageOf(t, r)); found != "" {
			t.Errorf("a picture holds %s", found)
		}
	}
}

// To the right is better: more requests, less latency.
func TestRightIsBetter(t *testing.T) {
	v := newView(sample(), nil)
	rows := v.Serving.Groups[0].Rows
	throughput, cpu, p99 := rows[0], rows[1], rows[2]
	if !(throughput.Plot.At > forestWidth/2 && cpu.Plot.At > forestWidth/2 && p99.Plot.At < forestWidth/2) {
		t.Errorf("2.47 times the throughput is at %v, 0.35 of the processor time at %v, 8 times the p99 at %v", throughput.Plot.At, cpu.Plot.At, p99.Plot.At)
	}
	if strings.Count(p99.Plot.Interval, "v7") != 1 {
		t.Errorf("an interval that goes on beyond the scale has both ends: %s", p99.Plot.Interval)
	}
}

func TestReadPercentiles(t *testing.T) {
	got := readPercentiles([]byte(percentileFile))
	want := []result.Point{{X: 0, Y: 20_000}, {X: math.Log10(2), Y: 100_000}, {X: 2, Y: 900_000}}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i := range want {
		if math.Abs(got[i].X-want[i].X) > 1e-9 || math.Abs(got[i].Y-want[i].Y) > 1e-3 {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
}

func TestAxes(t *testing.T) {
	for want, a := range map[string]axis{
		"0 50k 100k 150k":                    linearAxis("", []float64{132_000}, count),
		"0 B 2 KiB 4 KiB 6 KiB 8 KiB 10 KiB": linearAxis("bytes", []float64{10_000}, inUnit("bytes")),
		"50 us 100 us 200 us":                logAxis("", []float64{60_000, 0, 180_000}, inUnit("ns")),
		"10 us 100 us 1 ms 10 ms":            logAxis("", []float64{11_000, 9e6}, inUnit("ns")),
		"1k 2k":                              logAxis("", []float64{1000}, count),
		"3 10 30":                            sizeAxis("", []float64{30, 3, 10, 3}),
	} {
		var ticks []string
		for _, tick := range a.ticksBetween(0, 1) {
			ticks = append(ticks, tick.Label)
		}
		if got := strings.Join(ticks, " "); got != want {
			t.Errorf("ticks at %s, want %s", got, want)
		}
	}
}
