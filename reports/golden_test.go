package reports

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files; read the diff before committing it")

// fewCases is the sample cut down to one case for each verdict and kind of failure, so that its goldens can be read.
func fewCases() *Report {
	return onlyCases("slots/key/1", "redirect/moved/3", "redirect/moved/5", "redirect/ask/3", "topology/shards/2", "failure/detect/3", "failure/detect/4",
		"failover/vote/2", "failover/automatic/1", "migration/migrate/2", "pubsub/shard/3")
}

func onlyCases(keep ...string) *Report {
	r := sampleReport()
	r.Cases = slices.DeleteFunc(r.Cases, func(c Case) bool { return !slices.Contains(keep, c.ID) })
	r.Results = slices.DeleteFunc(r.Results, func(x Result) bool { return !slices.Contains(keep, x.Case) })
	return r
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run go test with -update to make it)", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what is written now; run go test with -update and read the diff\n%s", path, firstDifference(string(want), string(got)))
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return "want " + a + "\ngot  " + b
		}
	}
	return ""
}

func TestJUnitGolden(t *testing.T) {
	var buf bytes.Buffer
	if err := WriteJUnit(&buf, fewCases()); err != nil {
		t.Fatal(err)
	}
	golden(t, "junit.xml", buf.Bytes())
}

func TestSummaryGolden(t *testing.T) {
	var buf bytes.Buffer
	if err := WriteSummary(&buf, fewCases()); err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.md", buf.Bytes())
}

func TestConsoleGolden(t *testing.T) {
	for name, options := range map[string]ConsoleOptions{
		"console.txt":       {},
		"console-color.txt": {Color: true},
		"console-quiet.txt": {Quiet: true},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			tell(NewConsole(&buf, options), fewCases())
			golden(t, name, buf.Bytes())
		})
	}
}

// tell plays a finished report to a console as if it were happening.
func tell(c *Console, r *Report) {
	for i := range r.Targets {
		c.Event(Event{Target: &r.Targets[i], Total: len(r.Results)})
	}
	for i := range r.Results {
		c.Event(Event{Case: r.caseOf(r.Results[i].Case), Result: &r.Results[i], Done: i + 1, Total: len(r.Results)})
	}
	c.End(r, "out/2026-03-09")
}

// TestHTMLGolden leaves style and script out: their text is in the repository already.
func TestHTMLGolden(t *testing.T) {
	page := htmlOf(t, onlyCases("redirect/moved/3", "redirect/moved/5", "failover/vote/2", "failover/automatic/1"))
	for _, pattern := range []string{`(?s)<style>.*</style>`, `(?s)<script>.*</script>`, `'sha256-[^']+'`} {
		page = regexp.MustCompile(pattern).ReplaceAllString(page, "")
	}
	page = regexp.MustCompile(`\n\s*\n+`).ReplaceAllString(page, "\n")
	golden(t, "index.html", []byte(page))
}

// htmlOf is the page of a report, with the sample's earlier run, its declaration and its table of defects beside it.
func htmlOf(t *testing.T, r *Report) string {
	t.Helper()
	var buf bytes.Buffer
	shown := *r
	shown.Baseline = &Baseline{File: "last/report.json", Report: sampleBaseline()}
	shown.Declaration = &Declaration{File: "declaration.yaml", Stale: []StaleEntry{{Entry: "redirect/moved/9", Line: 12, Why: "no scenario has this id"}}}
	if err := WriteHTML(&buf, &shown, sampleCatches()); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}
