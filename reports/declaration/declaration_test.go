package declaration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reports"
)

const sample = `# What is known of my server.
target: my-server*

deviations:
  # Elections
  - id: a/x/1
    reason: no epochs yet   # since the rewrite
    link: https://example.org/1
  - id: a/x/2
    reason: >
      two lines
      of reason
    expires: 2027-01-31
    # a note of its own

  # Nothing below this line is urgent.
  - id: a/x/3
    says: port
    reason: "no port"

unsupported:
  - area: b
    reason: later
  - ability: kill
    reason: the platform restarts it
# the end
`

var today = time.Date(2027, 1, 30, 23, 0, 0, 0, time.UTC)

// suite are the cases of the whole suite.
func suite() []reports.Case {
	return []reports.Case{
		{ID: "a/x/1", Tags: []string{"@area:a"}}, {ID: "a/x/2", Tags: []string{"@area:a"}}, {ID: "a/x/3", Tags: []string{"@area:a"}}, {ID: "a/x/4", Tags: []string{"@area:a"}},
		{ID: "b/y/1", Tags: []string{"@area:b"}}, {ID: "b/y/2", Tags: []string{"@area:b"}},
		{ID: "c/z/1", Tags: []string{"@area:c", "@needs:kill"}, Needs: []string{"kill"}},
	}
}

// run is a report of one target with these verdicts; cases that are not named were not selected.
func run(verdicts map[string]reports.Verdict) *reports.Report {
	r := &reports.Report{Targets: []reports.Target{{Name: "my-server 1.0", Spec: "exec:./my-server --x", Server: "redis", Joined: true, Lacks: map[string]string{"kill": "it cannot kill a node"}}}}
	for _, c := range suite() {
		v, selected := verdicts[c.ID]
		if !selected {
			continue
		}
		r.Cases = append(r.Cases, c)
		x := reports.Result{Case: c.ID, Target: "my-server 1.0", Verdict: v, Checks: 1, Reason: "expected a port, got none", Steps: []reports.Step{{Text: "s"}}}
		if c.ID == "c/z/1" {
			x.Steps = nil
		}
		r.Results = append(r.Results, x)
	}
	return r
}

const (
	pass, fail, flaky, broken, deviates, unsupported = reports.Pass, reports.Fail, reports.Flaky, reports.HarnessError, reports.Deviation, reports.Unsupported
)

func parsed(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse("clusterspec.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name     string
		id       string
		was, now reports.Verdict
		stale    string // "" for none, "-" for nothing declared
		day      time.Time
	}{
		{"a known failure", "a/x/1", fail, deviates, "", today},
		{"it passes", "a/x/1", pass, pass, "it passes; the entry can go", today},
		{"the harness broke", "a/x/1", broken, broken, "-", today},
		{"flaky stays flaky", "a/x/1", flaky, flaky, "", today},
		{"the day before", "a/x/2", fail, deviates, "", today},
		{"the day has come", "a/x/2", fail, fail, "it expired on 2027-01-31; decide anew", today.AddDate(0, 0, 1)},
		{"it says what was expected", "a/x/3", fail, deviates, "", today},
		{"nobody declared it", "a/x/4", fail, fail, "-", today},
		{"an area that is not there", "b/y/1", fail, unsupported, "", today},
		{"passes all the same", "b/y/2", pass, pass, "-", today},
		{"lacks an ability", "c/z/1", unsupported, unsupported, "", today},
		{"lacks a required ability", "c/z/1", fail, unsupported, "", today},
	} {
		r := run(map[string]reports.Verdict{c.id: c.was})
		parsed(t, sample).Apply(r, suite(), c.day)
		x := r.Results[0]
		switch {
		case x.Verdict != c.now:
			t.Errorf("%s: %s, want %s", c.name, x.Verdict, c.now)
		case c.stale == "-" && x.Declared != nil, c.stale != "-" && (x.Declared == nil || x.Declared.Stale != c.stale):
			t.Errorf("%s: declared %+v, want stale %q", c.name, x.Declared, c.stale)
		}
	}
}

func TestAnotherFailureIsNotExcused(t *testing.T) {
	r := run(map[string]reports.Verdict{"a/x/3": fail})
	r.Results[0].Reason = "expected OK, got an error"
	parsed(t, sample).Apply(r, suite(), today)
	if x := r.Results[0]; x.Verdict != fail || x.Declared.Stale != `it fails in another way: "port" is not in what it says` || r.Exit() != reports.ExitUnexpected {
		t.Errorf("%+v, exit %d", x, r.Exit())
	}
}

func TestOtherTargetsAreNotExcused(t *testing.T) {
	r := run(map[string]reports.Verdict{"a/x/1": fail})
	r.Targets[0].Name, r.Results[0].Target = "redis-server 7.0.15", "redis-server 7.0.15"
	parsed(t, sample).Apply(r, suite(), today)
	if r.Results[0].Verdict != fail || len(r.Declaration.Stale) != 1 || r.Declaration.Stale[0].Entry != "target my-server*" || r.Declaration.Stale[0].Line != 2 {
		t.Errorf("%s, %+v", r.Results[0].Verdict, r.Declaration.Stale)
	}
}

// What fits nothing any more fails the run, in words.
func TestStaleEntries(t *testing.T) {
	all := map[string]reports.Verdict{"a/x/1": fail, "b/y/1": pass, "b/y/2": pass, "c/z/1": pass}
	for _, c := range []struct {
		name, text string
		change     func(*reports.Report)
		want       string
	}{
		{"nothing stale", "deviations:\n- {id: a/x/1, reason: r}", nil, ""},
		{"not selected is not unknown", "deviations:\n- {id: a/x/4, reason: r}", nil, ""},
		{"an unknown id", "deviations:\n- {id: a/x/9, reason: r}", nil, "a/x/9 at 2: no scenario has this id"},
		{"half an id", "deviations:\n- {id: a/x, reason: r}", nil, "a/x at 2: no scenario has this id; it needs the whole id of one, such as a/x/1"},
		{"an area that passes", "unsupported:\n- {area: b, reason: r}", nil, "area b at 2: all 2 scenarios about it pass on my-server 1.0; the entry can go"},
		{"half of an area was run", "unsupported:\n- {area: b, reason: r}", func(r *reports.Report) { r.Results = r.Results[:2] }, ""},
		{"an unknown area", "unsupported:\n- {area: bb, reason: r}", nil, "area bb at 2: no scenario is about it; there are a, b, c"},
		{"an ability it has", "unsupported:\n- {ability: kill, reason: r}", func(r *reports.Report) { r.Targets[0].Lacks = nil }, "ability kill at 2: my-server 1.0 was asked and has it"},
	} {
		r := run(all)
		if c.change != nil {
			c.change(r)
		}
		parsed(t, c.text).Apply(r, suite(), today)
		got := ""
		for _, s := range r.Declaration.Stale {
			got += s.Entry + " at " + string(rune('0'+s.Line)) + ": " + s.Why
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if stale := r.Exit() == reports.ExitUnexpected && len(r.Unexpected()) == 0; c.want != "" && strings.HasPrefix(c.text, "unsupported") && !stale && len(r.Unexpected()) == 0 {
			t.Errorf("%s: exit %d", c.name, r.Exit())
		}
	}
}

// Every mistake is told with its line.
func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"- a":                                 "f:1: a declaration must be written as keys with values",
		"deviation: []":                       `f:1: "deviation" is no key of a declaration; keys are target, deviations, unsupported`,
		"deviations: yes":                     "f:1: deviations must be a list",
		"deviations:\n- id: a/x/1":            "f:2: the entry has no reason",
		"deviations:\n- reason: r":            "f:2: the deviation has no id",
		"deviations:\n- a/x/1":                "f:2: a deviation must be written as keys with values",
		"deviations:\n- id: a\n  raeson: r":   `f:3: "raeson" is no key of a deviation`,
		"deviations:\n- id: [a]\n  reason: r": "f:2: id must be a text",
		"deviations:\n- {id: a, reason: r}\n- {id: a, reason: r}": "f:3: a stands on line 2 already",
		"deviations:\n- id: a\n  reason: r\n  expires: soon":      `f:4: expires: "soon" is no day`,
		"unsupported:\n- reason: r":                               "f:2: the entry names no feature",
		"unsupported:\n- {area: a, ability: b, reason: r}":        "f:2: one entry is about one feature",
		"target: '['":                          "f:1: target:",
		"deviations:\n- id: a\n  reason: b: c": "line 3: mapping values",
		"a: &x [*x]":                           "f",
		"target: a\n---":                       "one YAML document",
		"target: a\n---\n":                     "one YAML document",
	} {
		if _, err := Parse("f", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
	for _, text := range []string{"", "# nothing\n", "deviations:\n", "target: x\ndeviations: []\nunsupported: ~\n"} {
		parsed(t, text)
	}
}

// updated is the text after a run.
func updated(t *testing.T, text string, r *reports.Report) string {
	t.Helper()
	f := parsed(t, text)
	f.Apply(r, suite(), today)
	u, err := f.Update(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(u.Text)
}

func TestUpdateKeepsWhatPeopleWrote(t *testing.T) {
	r := run(map[string]reports.Verdict{"a/x/1": fail, "a/x/2": pass, "a/x/3": fail, "a/x/4": fail, "b/y/1": fail, "b/y/2": pass, "c/z/1": unsupported})
	want := strings.Replace(sample, `  - id: a/x/2
    reason: >
      two lines
      of reason
    expires: 2027-01-31
    # a note of its own
`, "", 1)
	want = strings.Replace(want, "    reason: \"no port\"\n", "    reason: \"no port\"\n  - id: a/x/4\n    reason: \"TODO: why\"\n    # expected a port, got none\n", 1)
	if got := updated(t, sample, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestUpdateOfOtherForms(t *testing.T) {
	failing := func() *reports.Report { return run(map[string]reports.Verdict{"a/x/4": fail}) }
	entry := func(in string) string {
		return in + "- id: a/x/4\n" + in + "  reason: \"TODO: why\"\n" + in + "  # expected a port, got none\n"
	}
	for text, want := range map[string]string{
		"":                         "deviations:\n" + entry("  "),
		"# mine":                   "# mine\n\ndeviations:\n" + entry("  "),
		"deviations: # none yet\n": "deviations: # none yet\n" + entry("  "),
		"deviations:\n\n# end\n":   "deviations:\n" + entry("  ") + "\n# end\n",
		"unsupported:\n- {area: b, reason: r}\n\n":      "unsupported:\n- {area: b, reason: r}\n\ndeviations:\n" + entry("  ") + "\n",
		"deviations:\n- id: a/x/1\n  reason: r":         "deviations:\n- id: a/x/1\n  reason: r\n" + entry(""),
		"deviations:\r\n- id: a/x/1\r\n  reason: r\r\n": "deviations:\r\n- id: a/x/1\r\n  reason: r\r\n" + strings.ReplaceAll(entry(""), "\n", "\r\n"),
	} {
		if got := updated(t, text, failing()); got != want {
			t.Errorf("%q: got\n%q\nwant\n%q", text, got, want)
		}
	}
	for _, text := range []string{"deviations: [{id: a/x/1, reason: r}]", "deviations: []", "{target: my-server*}"} {
		f, r := parsed(t, text), failing()
		f.Apply(r, suite(), today)
		if u, err := f.Update(r); err == nil || !strings.Contains(err.Error(), "to have it kept") {
			t.Errorf("%q: %v, %v", text, u, err)
		}
	}
}

// A target that lacks what was required gets a line about the ability, not one for every scenario.
func TestUpdateAddsAbilities(t *testing.T) {
	r := run(map[string]reports.Verdict{"c/z/1": fail})
	got := updated(t, "", r)
	if want := "unsupported:\n  - ability: kill\n    reason: \"TODO: why\"\n    # it cannot kill a node\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWriteLeavesAChangedFileAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "clusterspec.yaml")
	write := func(text string) {
		if err := os.WriteFile(name, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	write(sample)
	f, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	r := run(map[string]reports.Verdict{"a/x/4": fail})
	f.Apply(r, suite(), today)
	u, err := f.Update(r)
	if err != nil {
		t.Fatal(err)
	}
	write(sample + "# and this\n")
	if err := f.Write(u); err == nil || !strings.Contains(err.Error(), "was changed while the run went on") {
		t.Errorf("got %v", err)
	}
	write(sample)
	if err := f.Write(u); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(name)
	info, _ := os.Stat(name)
	if string(text) != string(u.Text) || info.Mode().Perm() != 0o640 {
		t.Errorf("%s has mode %s", text, info.Mode())
	}
}

// Whatever a file looks like: what an update does not name stays, byte for byte, or the update is refused.
func FuzzUpdate(f *testing.F) {
	f.Add(sample)
	f.Add("deviations:\n-\n   id: a/x/1\n   reason: |\n     # no comment\n\n     text\n- id: a/x/2\n  reason: 'r\n\n  s'\n")
	f.Add("unsupported:\r\n    - area: b # b\r\n      reason: r\r\ndeviations:\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("f", []byte(text))
		if err != nil {
			return
		}
		r := run(map[string]reports.Verdict{"a/x/1": pass, "a/x/2": fail, "a/x/3": fail, "a/x/4": fail, "b/y/1": pass, "b/y/2": pass})
		file.Apply(r, suite(), today)
		u, err := file.Update(r)
		if err != nil {
			return
		}
		after, err := Parse("f", u.Text)
		if err != nil {
			t.Fatalf("%v\n%s", err, u.Text)
		}
		had := file.entries()
		for _, name := range u.Removed {
			delete(had, name)
		}
		for name := range had {
			if _, kept := after.entries()[name]; !kept {
				t.Errorf("%q is lost", name)
			}
		}
		for line := range strings.Lines(text) {
			comment := strings.TrimSpace(line)
			if len(u.Removed) == 0 && !strings.Contains(string(u.Text), comment) {
				t.Errorf("the line %q is lost", line)
			}
		}
	})
}
