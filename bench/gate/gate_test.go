package gate

import (
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/serving"
	"github.com/clusterspec/clusterspec/bench/stats"
)

const ratioGate = "gates:\n  - {name: a, series: get-p1, metric: throughput, of: other, to: base, ratio: at least 1.2}\n"

func TestParse(t *testing.T) {
	gates, err := Parse("g.yaml", []byte(ratioGate+"  - name: b\n    figure: work/reads-p1\n    value: exactly 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Gate{
		{Name: "a", Series: "get-p1", Metric: duet.Throughput, Of: "other", To: "base", IsRatio: true, Bound: Bound{AtLeast, 1.2}, Line: 2},
		{Name: "b", Figure: "work/reads-p1", Bound: Bound{Exactly, 1}, Line: 3},
	}
	if len(gates) != 2 || gates[0] != want[0] || gates[1] != want[1] {
		t.Errorf("got %+v", gates)
	}
}

// What is wrong with a file is said with its line.
func TestParseRefuses(t *testing.T) {
	item := func(text string) string { return "gates:\n  - name: a\n    " + text + "\n" }
	for _, c := range []struct{ text, want string }{
		{"", "g.yaml:1: there are no gates"},
		{"gates: []", "g.yaml:1: there are no gates in the list"},
		{"gates: 1", "g.yaml:1: a file of gates is a list"},
		{"- name: a", "g.yaml:1: a file of gates is a list"},
		{"gates:\n  - x\n", "g.yaml:2: a gate has the keys name, series"},
		{"gates:\n\t- x", "line 2"},
		{item("serie: get-p1"), `g.yaml:3: unknown key "serie" (known: name, series`},
		{item("series: get-p1"), "g.yaml:2: series and metric belong together"},
		{item("series: get-p1\n    metric: speed"), `g.yaml:4: metric: unknown metric "speed" (known: throughput`},
		{item("series: get-p1\n    metric: p99\n    ratio: 1.2"), `g.yaml:5: ratio: "1.2" is no bound: at least, at most or exactly`},
		{item("series: get-p1\n    metric: p99\n    ratio: at least fast"), `g.yaml:5: ratio: "fast" is no number`},
		{item("series: get-p1\n    metric: p99\n    ratio: at least -1"), `"-1" is no number to keep`},
		{item("series: get-p1\n    metric: p99\n    ratio: exactly 1"), "never exactly anything"},
		{item("series: get-p1\n    metric: p99\n    value: at most 1"), "judged by ratio"},
		{item("series: get-p1\n    metric: p99"), "no bound"},
		{item("figure: x\n    series: get-p1"), "name one of them"},
		{item("value: at most 1"), "name one of them"},
		{item("figure: x\n    value: at most 1\n    ratio: at most 1"), "g.yaml:5: ratio: a second bound"},
		{item("figure: x\n    value: at most 1\n    to: base"), "to belongs to ratio"},
		{item("figure: [x]"), "g.yaml:3: figure is a text"},
		{"gates:\n  - figure: x\n    value: at most 1\n", "g.yaml:2: the gate has no name"},
		{ratioGate + strings.TrimPrefix(ratioGate, "gates:\n"), `g.yaml:3: the gate of line 2 is called "a" as well`},
	} {
		if _, err := Parse("g.yaml", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(ratioGate)
	f.Add("gates:\n  - &a {name: x, figure: y, value: at most 1}\n  - *a\n")
	f.Fuzz(func(t *testing.T, text string) {
		gates, err := Parse("g.yaml", []byte(text))
		if err == nil && len(gates) == 0 {
			t.Error("no gates and no error")
		}
		for _, g := range gates {
			if g.Name == "" || g.Bound == (Bound{}) || g.Line < 1 {
				t.Errorf("%+v passes", g)
			}
		}
	})
}

// An interval passes when all of it keeps the bound less 3 %, fails when none of it does, and is undecided in between.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		bound           Bound
		low, high, wide float64
		want            result.GateVerdict
	}{
		{Bound{AtLeast, 1}, 0.98, 1.2, slack, result.GatePassed},
		{Bound{AtLeast, 1}, 0.96, 1.2, slack, result.GateInconclusive},
		{Bound{AtLeast, 1}, 0.90, 0.96, slack, result.GateFailed},
		{Bound{AtMost, 1}, 0.5, 1.02, slack, result.GatePassed},
		{Bound{AtMost, 1}, 0.5, 1.04, slack, result.GateInconclusive},
		{Bound{AtMost, 1}, 1.04, 2, slack, result.GateFailed},
		{Bound{AtMost, 7}, 7, 7, 0, result.GatePassed},
		{Bound{AtMost, 7}, 7, 7.01, 0, result.GateInconclusive},
		{Bound{AtMost, 7}, 7.01, 8, 0, result.GateFailed},
		{Bound{Exactly, 7}, 7, 7, 0, result.GatePassed},
		{Bound{Exactly, 7}, 6, 7, 0, result.GateInconclusive},
		{Bound{Exactly, 7}, 6, 8, 0, result.GateInconclusive},
		{Bound{Exactly, 7}, 8, 8, 0, result.GateFailed},
	} {
		if got := c.bound.judge(c.low, c.high, c.wide); got != c.want {
			t.Errorf("%s of [%v, %v]: %s, want %s", c.bound, c.low, c.high, got, c.want)
		}
	}
}

// sample is a result of a series with an interval [1.1, 1.3] and of a figure whose trials differ.
func sample() *result.Result {
	interval := func(low, ratio, high float64) stats.Interval {
		return stats.Interval{Low: low, Ratio: ratio, High: high, Pairs: 20}
	}
	comparisons := func(m duet.Metric) []duet.Comparison {
		return []duet.Comparison{
			{Base: "base 7", Other: "base 7" + result.TwinSuffix, Metric: m, Interval: interval(0.99, 1, 1.01)},
			{Base: "base 7", Other: "other 1", Metric: m, Interval: interval(1.1, 1.2, 1.3)},
		}
	}
	party := func(name string) result.Party { return result.Party{Name: name, Counts: load.Counts{Sent: 9, OK: 9}} }
	counted := result.Figure{ID: "counted", Unit: "1", Parties: []result.Measured{
		{Name: "base 7", Trials: []float64{10, 10}, Median: 10}, {Name: "base 7" + result.TwinSuffix}, {Name: "other 1", Trials: []float64{7, 8}, Median: 7.5},
	}}
	timed := counted
	timed.ID, timed.Unit = "timed", "ns"
	return &result.Result{
		Targets: []result.Target{{Name: "base 7", Spec: "base"}, {Name: "other 1", Spec: "other"}},
		Series: []result.Series{{
			ID: "get-p1", Parties: []result.Party{party("base 7"), party("base 7" + result.TwinSuffix), party("other 1")}, Comparisons: comparisons(duet.Throughput),
		}},
		Figures: []result.Figure{counted, timed},
	}
}

func TestJudge(t *testing.T) {
	series := Gate{Series: "get-p1", Metric: duet.Throughput, Of: "other", IsRatio: true, Bound: Bound{AtLeast, 1.1}}
	bounded := func(b Bound) Gate { g := series; g.Bound = b; return g }
	value := func(kind Kind, limit float64) Gate {
		return Gate{Figure: "counted", Of: "other", Bound: Bound{kind, limit}}
	}
	same := func(*result.Result) {}
	for name, c := range map[string]struct {
		gate  Gate
		spoil func(*result.Result)
		want  result.GateVerdict
		words string
	}{
		"kept":               {series, same, result.GatePassed, "1.200 times [1.100, 1.300] in 20 pairs; asked for is at least 1.1 (less 3 %)"},
		"not kept":           {bounded(Bound{AtLeast, 1.5}), same, result.GateFailed, "asked for is at least 1.5"},
		"between":            {bounded(Bound{AtMost, 1.2}), same, result.GateInconclusive, "at most 1.2 (and 3 %)"},
		"counted":            {value(AtMost, 8), same, result.GatePassed, "7.00 to 8.00"},
		"counted, not kept":  {value(AtMost, 6), same, result.GateFailed, "asked for is at most 6"},
		"counted, at times":  {value(AtMost, 7), same, result.GateInconclusive, "7.00 to 8.00"},
		"ratio of counted":   {Gate{Figure: "counted", IsRatio: true, Bound: Bound{AtMost, 0.75}}, same, result.GatePassed, "0.750 times"},
		"ratio of timed":     {Gate{Figure: "timed", IsRatio: true, Bound: Bound{AtMost, 0.75}}, same, result.GateInconclusive, "too few trials"},
		"stolen":             {series, func(r *result.Result) { r.Environment.StealShare = 0.06 }, result.GateInconclusive, "took away 6.0 %"},
		"stolen and counted": {value(AtMost, 8), func(r *result.Result) { r.Environment.StealShare = 0.06 }, result.GatePassed, ""},
		"noise":              {series, func(r *result.Result) { r.Series[0].Comparisons[0].High = 1.2 }, result.GateInconclusive, "too noisy to judge timing"},
		"failing requests":   {series, func(r *result.Result) { r.Series[0].Parties[2].Counts.Lost = 3 }, result.GateInconclusive, "3 of 9 requests to other 1 failed"},
		"generator":          {series, func(r *result.Result) { r.Series[0].Parties[0].Generator.Invalid = "slow" }, result.GateInconclusive, "the generator spoilt"},
		"no comparison":      {series, func(r *result.Result) { r.Series[0].Comparisons, r.Series[0].Trouble = nil, "too short" }, result.GateInconclusive, "too short"},
		"no series":          {series, func(r *result.Result) { r.Series = nil }, result.GateInconclusive, "the result has no series get-p1"},
		"no figure":          {value(AtMost, 8), func(r *result.Result) { r.Figures = nil }, result.GateInconclusive, "the result has no figure counted"},
		"missing":            {value(AtMost, 8), func(r *result.Result) { r.Figures[0].Parties[2].Missing = "cannot be seen" }, result.GateInconclusive, "cannot be seen"},
	} {
		r := sample()
		c.spoil(r)
		got := Judge([]Gate{c.gate}, r)
		if len(got) != 1 || got[0].Verdict != c.want || !strings.Contains(got[0].Words, c.words) || !strings.HasPrefix(got[0].Words, string(c.want)) {
			t.Errorf("%s: %+v, want %s, %s", name, got, c.want, c.words)
		}
	}
	all := Judge([]Gate{{Figure: "counted", Bound: Bound{AtLeast, 1}}}, sample())
	if len(all) != 2 || all[0].Target != "base 7" || all[1].Target != "other 1" {
		t.Errorf("a gate of nobody is for everybody, and judged %+v", all)
	}
}

func TestWorst(t *testing.T) {
	passed, failed, undecided := result.Gate{Verdict: result.GatePassed}, result.Gate{Verdict: result.GateFailed}, result.Gate{Verdict: result.GateInconclusive}
	for _, c := range []struct {
		outcomes []result.Gate
		want     result.GateVerdict
	}{{[]result.Gate{passed}, result.GatePassed}, {[]result.Gate{undecided, passed}, result.GateInconclusive}, {[]result.Gate{undecided, failed, passed}, result.GateFailed}} {
		if got := Worst(c.outcomes); got != c.want {
			t.Errorf("%v: %s", c.outcomes, got)
		}
	}
}

func options(gates ...Gate) Options {
	o := Options{Targets: []string{"redis-server", "redis-server"}, Gates: gates, Serving: serving.DefaultOptions(), Budget: 6 * time.Second, Seed: 1}
	o.Serving.Duration, o.Serving.Keys = 2600*time.Millisecond, 1000
	return o
}

func TestValidate(t *testing.T) {
	gates, err := Parse("g.yaml", []byte("gates:\n  - {name: a, series: get-p1, metric: throughput, of: redis-server, to: redis-server, ratio: at least 1.2}\n"))
	if err != nil {
		t.Fatal(err)
	}
	good := gates[0]
	if err := options(good).Validate(); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*Gate, *Options){
		"unknown series":              func(g *Gate, _ *Options) { g.Series = "get-p7" },
		"unknown figure":              func(g *Gate, _ *Options) { g.Series, g.Figure = "", "speed" },
		"the targets are redis":       func(g *Gate, _ *Options) { g.Of = "reference" },
		"it compares with reference":  func(g *Gate, _ *Options) { g.To = "reference" },
		"a target besides the base":   func(_ *Gate, o *Options) { o.Targets = o.Targets[:1] },
		"no targets":                  func(_ *Gate, o *Options) { o.Targets = nil },
		"not enough to measure for 2": func(_ *Gate, o *Options) { o.Budget = time.Second },
	} {
		g, o := good, options()
		change(&g, &o)
		o.Gates = []Gate{g}
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
