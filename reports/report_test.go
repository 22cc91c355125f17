package reports

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestJSONRoundTrip(t *testing.T) {
	want := sampleReport()
	var first, second bytes.Buffer
	if err := WriteJSON(&first, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadJSON(bytes.NewReader(first.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteJSON(&second, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("what was read is written differently:", firstDifference(first.String(), second.String()))
	}
	if got.Seed != want.Seed || !got.Started.Equal(want.Started) || !reflect.DeepEqual(got.Cases, want.Cases) || len(got.Results) != len(want.Results) {
		t.Error("what was read is not what was written")
	}
}

func TestJSONKeepsLargeSeeds(t *testing.T) {
	r := &Report{Seed: 1<<64 - 1}
	var buf bytes.Buffer
	if err := WriteJSON(&buf, r); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(buf.String(), `"seed": "18446744073709551615"`) {
		t.Errorf("the seed is not a string: %s", buf.String())
	}
	back, err := ReadJSON(&buf)
	if err != nil || back.Seed != r.Seed {
		t.Errorf("read back seed %v, %v", back, err)
	}
}

// TestJSONNames reads the names off the written text: camelCase throughout, and no null where a list is promised.
func TestJSONNames(t *testing.T) {
	var buf bytes.Buffer
	if err := WriteJSON(&buf, sampleReport()); err != nil {
		t.Fatal(err)
	}
	camel := regexp.MustCompile(`^[a-z][a-zA-Z]*$`)
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				if !camel.MatchString(name) {
					t.Errorf("the name %q is not camelCase", name)
				}
				walk(value)
			}
		case []any:
			for _, value := range v {
				walk(value)
			}
		}
	}
	var tree any
	if err := json.Unmarshal(buf.Bytes(), &tree); err != nil {
		t.Fatal(err)
	}
	walk(tree)

	buf.Reset()
	if err := WriteJSON(&buf, &Report{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(buf.String(), "null") {
		t.Errorf("an empty report has a null: %s", buf.String())
	}
}

func TestReadJSONRefuses(t *testing.T) {
	valid := func(change func(*Report)) string {
		r := fewCases()
		change(r)
		var buf bytes.Buffer
		if err := WriteJSON(&buf, r); err != nil {
			t.Fatal(err)
		}
		return buf.String()
	}
	for name, test := range map[string]struct{ text, want string }{
		"not JSON":            {"index.html", "not a report.json"},
		"nothing":             {"", "not a report.json"},
		"no schema":           {`{"results":[]}`, `its schema is ""`},
		"a later schema":      {`{"schema":"clusterspec.report/2","results":{"form":"other"}}`, `its schema is "clusterspec.report/2"`},
		"another type":        {`{"schema":"clusterspec.report/1","results":{}}`, "cannot unmarshal"},
		"cut short":           {valid(func(*Report) {})[:900], "not a report.json"},
		"two of one target":   {valid(func(r *Report) { r.Targets[1].Name = r.Targets[0].Name }), `"reference" is empty or taken`},
		"two of one case":     {valid(func(r *Report) { r.Cases[1].ID = r.Cases[0].ID }), `"slots/key/1" is empty or taken`},
		"two of one result":   {valid(func(r *Report) { r.Results[1] = r.Results[0] }), "has two results"},
		"an unknown case":     {valid(func(r *Report) { r.Results[0].Case = "no/such" }), `names case "no/such"`},
		"an unknown target":   {valid(func(r *Report) { r.Results[0].Target = "nobody" }), `names target "nobody"`},
		"an unknown verdict":  {valid(func(r *Report) { r.Results[0].Verdict = "great" }), `the verdict "great"`},
		"green on nothing":    {valid(func(r *Report) { r.Results[0].Checks = 0 }), "without a single check"},
		"a case with no name": {valid(func(r *Report) { r.Cases[0].ID = "" }), `case id "" is empty`},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ReadJSON(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, %v; want an error with %q", r, err, test.want)
			}
		})
	}
}

func TestReadJSONPassesOverNewFields(t *testing.T) {
	r, err := ReadJSON(strings.NewReader(`{"schema":"clusterspec.report/1","seed":"7","moon":"full"}`))
	if err != nil || r.Seed != 7 {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestExit(t *testing.T) {
	joined, absent := Target{Name: "t", Joined: true}, Target{Name: "u", Reason: "not here"}
	required := Target{Name: "u", Reason: "not here", Required: true}
	for name, test := range map[string]struct {
		targets  []Target
		verdicts []Verdict
		missing  int // cases without a result
		want     int
		headline string
	}{
		"nothing selected":               {[]Target{joined}, nil, 0, ExitNothing, "no case ran"},
		"no target joined":               {[]Target{absent}, nil, 3, ExitNothing, "no case ran"},
		"all pass":                       {[]Target{joined}, []Verdict{Pass, Pass}, 0, ExitExpected, "all results are as declared"},
		"a known deviation":              {[]Target{joined}, []Verdict{Pass, Deviation}, 0, ExitExpected, "all results are as declared"},
		"one unsupported":                {[]Target{joined, absent}, []Verdict{Pass, Unsupported}, 0, ExitExpected, "all results are as declared"},
		"all unsupported":                {[]Target{joined}, []Verdict{Unsupported, Unsupported}, 0, ExitNothing, "no case ran"},
		"all not run":                    {[]Target{joined}, []Verdict{NotRun}, 2, ExitNothing, "no case ran"},
		"one fails":                      {[]Target{joined}, []Verdict{Pass, Fail}, 0, ExitUnexpected, "1 unexpected result on t"},
		"failure before harness":         {[]Target{joined}, []Verdict{Fail, HarnessError, Inconclusive}, 0, ExitUnexpected, "1 unexpected result on t"},
		"harness broke":                  {[]Target{joined}, []Verdict{Pass, HarnessError, Inconclusive}, 0, ExitHarness, "nothing failed, but the harness broke once on t"},
		"harness broke on all":           {[]Target{joined}, []Verdict{HarnessError, HarnessError}, 0, ExitHarness, "nothing failed, but the harness broke 2 times on t"},
		"inconclusive":                   {[]Target{joined}, []Verdict{Pass, Inconclusive}, 0, ExitInconclusive, "nothing failed, but 1 result stayed undecided"},
		"flaky":                          {[]Target{joined}, []Verdict{Pass, Flaky}, 0, ExitInconclusive, "nothing failed, but 1 result stayed undecided"},
		"interrupted":                    {[]Target{joined}, []Verdict{Pass, NotRun}, 0, ExitInconclusive, "nothing failed, but 1 result stayed undecided"},
		"results missing":                {[]Target{joined}, []Verdict{Pass}, 2, ExitInconclusive, "nothing failed, but 2 results stayed undecided"},
		"required target absent":         {[]Target{joined, required}, []Verdict{Pass}, 0, ExitUnexpected, "a required target did not join: u"},
		"required absent, nothing ran":   {[]Target{required}, nil, 1, ExitUnexpected, "a required target did not join: u"},
		"required target that is around": {[]Target{{Name: "t", Joined: true, Required: true}}, []Verdict{Pass}, 0, ExitExpected, "all results are as declared"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Report{Targets: test.targets}
			for i := range len(test.verdicts) + test.missing {
				r.Cases = append(r.Cases, Case{ID: string(rune('a' + i))})
			}
			for i, v := range test.verdicts {
				r.Results = append(r.Results, Result{Case: r.Cases[i].ID, Target: "t", Verdict: v, Checks: 1})
			}
			if got := r.Exit(); got != test.want {
				t.Errorf("exit %d, want %d", got, test.want)
			}
			if got := r.Headline(); got != test.headline {
				t.Errorf("headline %q, want %q", got, test.headline)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	want := map[Verdict]int{Pass: 166, Fail: 6, HarnessError: 1, Inconclusive: 1, Flaky: 1, Deviation: 1, Unsupported: 3, NotRun: 1}
	if got := sampleReport().Counts(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := len(sampleReport().Unexpected()); got != want[Fail] {
		t.Errorf("%d unexpected, want %d", got, want[Fail])
	}
}

func TestVerdictLettersDiffer(t *testing.T) {
	seen := map[string]Verdict{}
	for _, v := range Verdicts() {
		letter := v.Letter()
		if other, taken := seen[letter]; taken || letter == "?" {
			t.Errorf("%s has the letter %s, as has %s", v, letter, other)
		}
		seen[letter] = v
	}
	if Verdict("great").Letter() != "?" {
		t.Error("an unknown verdict has a letter")
	}
}

func TestRerunCommand(t *testing.T) {
	r := &Report{Seed: 41}
	for _, test := range []struct{ spec, id, want string }{
		{"redis-server", "redirect/moved/3", "clusterspec run --target redis-server --id redirect/moved/3 --seed 41"},
		{"docker:redis:7.4", "a", "clusterspec run --target docker:redis:7.4 --id a --seed 41"},
		{"exec:./x --port {port}", "a", "clusterspec run --target 'exec:./x --port {port}' --id a --seed 41"},
		{"exec:it's; rm -r $HOME", "a", `clusterspec run --target 'exec:it'\''s; rm -r $HOME' --id a --seed 41`},
		{"", "a b", "clusterspec run --target '' --id 'a b' --seed 41"},
	} {
		if got := r.RerunCommand(test.spec, test.id); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for millis, want := range map[int64]string{0: "0 ms", 999: "999 ms", 1000: "1.00 s", 4310: "4.31 s", 59_999: "60.00 s", 60_000: "1 min 00 s", 252_000: "4 min 12 s"} {
		if got := duration(millis); got != want {
			t.Errorf("%d: got %q, want %q", millis, got, want)
		}
	}
}

func FuzzReadJSON(f *testing.F) {
	var buf bytes.Buffer
	if err := WriteJSON(&buf, fewCases()); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add([]byte(`{"schema":"clusterspec.report/1","targets":[{"name":"t","joined":true}],"cases":[{"id":"a"}],"results":[{"case":"a","target":"t","verdict":"fail"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ReadJSON(bytes.NewReader(text))
		if err != nil {
			return
		}
		// What is accepted can be rendered in every form, and written and read again.
		for _, write := range []func(*bytes.Buffer) error{
			func(b *bytes.Buffer) error { return WriteHTML(b, r, nil) },
			func(b *bytes.Buffer) error { return WriteJUnit(b, r) },
			func(b *bytes.Buffer) error { return WriteSummary(b, r) },
			func(b *bytes.Buffer) error { NewConsole(b, ConsoleOptions{}).End(r, "out"); return nil },
		} {
			if err := write(new(bytes.Buffer)); err != nil {
				t.Fatal(err)
			}
		}
		var again bytes.Buffer
		if err := WriteJSON(&again, r); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadJSON(&again); err != nil {
			t.Fatal(err)
		}
	})
}
