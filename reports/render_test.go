package reports

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// hostileText is what a server, or a feature file, might put into any field.
const hostileText = "</script><script>owned()</script><img src=x onerror=owned()>'\"&]]>{{.}}`|\x1b[31m\x00\x07\u202e*_\r\nnext"

// hostileReport has the hostile text in every string field but those that are words of our own.
func hostileReport() *Report {
	h := hostileText
	// An id may be hostile in looks, but control characters in it do not survive an HTML attribute.
	const id = "c</script><img src=x onerror=owned()>'\"& %2f"
	return &Report{
		Schema: Schema, Suite: h, Command: []string{h, h}, Host: Host{h, h, h, 1, h},
		Targets: []Target{
			{Name: "t" + h, Spec: h, Kind: h, Server: h, Version: h, Digest: h, Joined: true},
			{Name: "u" + h, Spec: h, Kind: h, Reason: h, Required: true},
		},
		Cases: []Case{{ID: id, Title: h, Area: h, Feature: h, Rule: h, Source: h, Level: Level(h), Tags: []string{h}, Needs: []string{h}, Steps: []string{h}}},
		Results: []Result{{
			Case: id, Target: "t" + h, Verdict: Fail, Reason: h,
			Steps: []Step{{Keyword: h, Text: h, Verdict: Fail, Error: h}},
			Failure: &Failure{Step: h, Message: h, Expected: []string{h, h}, Got: h, Node: h,
				Exchanges: []Exchange{{Node: h, Request: h, Reply: h}}},
			Waits: []Wait{{What: h, UsedMillis: 3, AllowedMillis: 2}},
			Nodes: []NodeView{{Name: h, Addr: h, Alive: true, ClusterNodes: strings.Repeat("<b>\"' ", 9), Log: h}},
		}},
	}
}

func TestHTMLEscapesHostileText(t *testing.T) {
	page := htmlOf(t, hostileReport())
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("%d script elements, want our own one", n)
	}
	for _, raw := range []string{"<img", "<b>\"'", "owned()</script>", "\x00"} {
		if strings.Contains(strings.ReplaceAll(page, scriptText, ""), raw) {
			t.Errorf("the page holds %q as it came", raw)
		}
	}
	if !strings.Contains(page, "&lt;img src=x onerror=owned()&gt;") {
		t.Error("the hostile text is not shown at all")
	}
}

// TestHTMLIsOffline looks for anything a browser would fetch. A link that a reader may follow is none of that.
func TestHTMLIsOffline(t *testing.T) {
	page := strings.ReplaceAll(htmlOf(t, sampleReport()), `<a href="https://acme.example/`, "")
	for _, m := range regexp.MustCompile(`(?i)\b(?:src|href|action|srcset|poster)\s*=\s*"([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "#") && !strings.HasPrefix(m[1], "data:") {
			t.Errorf("the page refers to %q", m[1])
		}
	}
	if m := regexp.MustCompile(`(?i)url\(|@import|<link [^>]*stylesheet`).FindString(page); m != "" {
		t.Errorf("the page has %q", m)
	}
	if !strings.Contains(page, "default-src 'none'") {
		t.Error("the page has no policy that forbids fetching")
	}
}

func TestHTMLHasEveryCaseAndNoScore(t *testing.T) {
	r := sampleReport()
	page := htmlOf(t, r)
	for _, c := range r.Cases {
		if !strings.Contains(page, `id="case=`+c.ID+`"`) || !strings.Contains(page, `href="#case=`+c.ID+`"`) {
			t.Errorf("case %s has no page or no link to it", c.ID)
		}
	}
	body := page[strings.Index(page, "<body>"):strings.LastIndex(page, "<script>")]
	if m := regexp.MustCompile(`[0-9]+(\.[0-9]+)?\s?%`).FindString(regexp.MustCompile(`style="[^"]*"`).ReplaceAllString(body, "")); m != "" {
		t.Errorf("the page shows the score %s", m)
	}
}

func TestCaseLinksSurviveAnyID(t *testing.T) {
	r := &Report{Targets: []Target{{Name: "t", Joined: true}}, Cases: []Case{{ID: "a b/ü%2f&\"#é"}}}
	if page := htmlOf(t, r); strings.Count(page, `case=a%20b/%C3%BC%252f%26%22%23%C3%A9"`) < 2 {
		t.Error("page and link of the case do not meet in one escaped form")
	}
}

func TestJUnitIsValidAndComplete(t *testing.T) {
	for name, r := range map[string]*Report{"sample": sampleReport(), "hostile": hostileReport(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := WriteJUnit(&buf, r); err != nil {
				t.Fatal(err)
			}
			var doc junitSuites
			if err := xml.Unmarshal(buf.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			if len(doc.Suites) != len(r.Targets) {
				t.Errorf("%d suites for %d targets", len(doc.Suites), len(r.Targets))
			}
			counts := r.Counts()
			absent, required := 0, len(r.Missing())
			for _, target := range r.Targets {
				if !target.Joined {
					absent++
				}
			}
			if want := counts[Fail] + counts[Flaky] + required; doc.Failures != want {
				t.Errorf("%d failures, want %d", doc.Failures, want)
			}
			if want := counts[HarnessError] + counts[Inconclusive]; doc.Errors != want {
				t.Errorf("%d errors, want %d", doc.Errors, want)
			}
			if want := counts[Unsupported] + counts[NotRun] + counts[Deviation] + absent - required; doc.Skipped != want {
				t.Errorf("%d skipped, want %d", doc.Skipped, want)
			}
			passed := doc.Tests - doc.Failures - doc.Errors - doc.Skipped
			if passed != counts[Pass] {
				t.Errorf("%d read as passed, want %d", passed, counts[Pass])
			}
		})
	}
}

func TestSummaryIsShort(t *testing.T) {
	many := sampleReport()
	for i := range many.Results {
		many.Results[i].Verdict, many.Results[i].Reason = Fail, hostileText
	}
	for name, r := range map[string]*Report{"sample": sampleReport(), "many failures": many, "hostile": hostileReport(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := WriteSummary(&buf, r); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(buf.String(), "\n"), "\n")
			text := slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "|") })
			if len(text) > 15 {
				t.Errorf("%d lines beside the table:\n%s", len(text), buf.String())
			}
			for _, raw := range []string{"<script", "<img", "\x1b", "\r"} {
				if strings.Contains(buf.String(), raw) {
					t.Errorf("the summary holds %q as it came", raw)
				}
			}
		})
	}
}

func TestConsoleKeepsControlCharactersOut(t *testing.T) {
	var buf bytes.Buffer
	tell(NewConsole(&buf, ConsoleOptions{}), hostileReport())
	for _, r := range buf.String() {
		if r != '\n' && (r < ' ' || r == 0x7f || r == 0x202e) {
			t.Fatalf("the console shows %q:\n%q", r, buf.String())
		}
	}
	if !strings.Contains(buf.String(), `\x1b[31m\x00`) {
		t.Errorf("the control characters are gone instead of visible:\n%s", buf.String())
	}
}

func TestConsoleOneLineAResult(t *testing.T) {
	var buf bytes.Buffer
	c := NewConsole(&buf, ConsoleOptions{})
	r := hostileReport()
	c.Event(Event{Case: &r.Cases[0], Result: &r.Results[0], Done: 1, Total: 1})
	if got := strings.Count(buf.String(), "\n"); got != 1 {
		t.Errorf("%d lines for one result:\n%s", got, buf.String())
	}
}

func TestConsoleNamesNotAllOfVeryMany(t *testing.T) {
	r := sampleReport()
	for i := range r.Results {
		r.Results[i].Verdict = Fail
	}
	var buf bytes.Buffer
	NewConsole(&buf, ConsoleOptions{}).End(r, "")
	text := buf.String()
	if !strings.Contains(text, "and 160 more in the report") || strings.Contains(text, "--id") || strings.Contains(text, FileHTML) {
		t.Errorf("the block is not cut short:\n%s", text)
	}
}

func TestConsoleIsSafeForManyGoroutines(t *testing.T) {
	var buf bytes.Buffer
	c := NewConsole(&buf, ConsoleOptions{})
	r := sampleReport()
	var wg sync.WaitGroup
	for i := range r.Results {
		wg.Go(func() {
			c.Event(Event{Case: r.caseOf(r.Results[i].Case), Result: &r.Results[i], Done: i + 1, Total: len(r.Results)})
		})
	}
	wg.Wait()
	if got := strings.Count(buf.String(), "\n"); got != len(r.Results) {
		t.Errorf("%d lines for %d results", got, len(r.Results))
	}
}

func TestColorWanted(t *testing.T) {
	terminal, err := os.Open(os.DevNull) // a character device, as a terminal is
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, test := range map[string]struct {
		to   *os.File
		env  map[string]string
		want bool
	}{
		"a terminal":         {terminal, nil, true},
		"a file":             {file, nil, false},
		"NO_COLOR":           {terminal, map[string]string{"NO_COLOR": "1"}, false},
		"NO_COLOR, but none": {terminal, map[string]string{"NO_COLOR": ""}, true},
		"a dumb terminal":    {terminal, map[string]string{"TERM": "dumb"}, false},
	} {
		if got := ColorWanted(test.to, func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestWriteAll(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	for range 2 { // the second run replaces the first one's files
		if err := WriteAll(dir, sampleReport(), nil); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || len(text) == 0 || !utf8.Valid(text) {
			t.Errorf("%s: %d bytes, %v", e.Name(), len(text), err)
		}
	}
	if want := []string{FileHTML, FileJUnit, FileJSON, FileSummary}; !slices.Equal(names, want) {
		t.Errorf("the folder holds %v, want %v", names, want)
	}
	f, err := os.Open(filepath.Join(dir, FileJSON))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := ReadJSON(f); err != nil {
		t.Error(err)
	}
}

func TestWriteAllWritesWhatItCan(t *testing.T) {
	dir := t.TempDir()
	// A folder in the place of a file cannot be replaced by it.
	if err := os.MkdirAll(filepath.Join(dir, FileJUnit, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	r := sampleReport()
	r.Results[0].Checks = 0
	err := WriteAll(dir, r, nil)
	if err == nil || !strings.Contains(err.Error(), FileJUnit) || !strings.Contains(err.Error(), "without a single check") {
		t.Errorf("got %v, want both the file and the contradiction named", err)
	}
	for _, name := range []string{FileHTML, FileJSON, FileSummary} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("half-written files are left: %v", left)
	}
}
