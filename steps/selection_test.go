package steps

import (
	"time"

	"errors"
	"github.com/clusterspec/clusterspec/compose/target"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/clusterspec/clusterspec/reports"
)

// featureFile is a suite of one file.
func featureFile(text string) fstest.MapFS {
	return fstest.MapFS{"a/f.feature": &fstest.MapFile{Data: []byte(text)}}
}

func selected(sel selection) (string, error) {
	all := catalogue{
		{Case: reports.Case{ID: "a/x/1", Level: reports.Must, Tags: []string{"@must", "@needs:kill"}}},
		{Case: reports.Case{ID: "a/x/10", Level: reports.Should, Tags: []string{"@should"}}},
		{Case: reports.Case{ID: "a/y/1/1", Level: reports.Must, Tags: []string{"@must", "@cmd:get"}}},
		{Case: reports.Case{ID: "a/y/1/2", Level: reports.May, Tags: []string{"@may", "@cmd:get"}}},
	}
	chosen, err := sel.of(all)
	var ids []string
	for _, s := range chosen {
		ids = append(ids, s.ID)
	}
	return strings.Join(ids, " "), err
}

func TestSelection(t *testing.T) {
	for _, c := range []struct {
		sel  selection
		want string
	}{
		{selection{}, "a/x/1 a/x/10 a/y/1/1 a/y/1/2"},
		{selection{ids: []string{"a/x/1"}}, "a/x/1"},
		{selection{ids: []string{"a/x"}}, "a/x/1 a/x/10"},
		{selection{ids: []string{"a/y/1/2", "a/x/1"}}, "a/x/1 a/y/1/2"},
		{selection{tags: "@cmd:get"}, "a/y/1/1 a/y/1/2"},
		{selection{tags: "~@needs:kill && @must"}, "a/y/1/1"},
		{selection{tags: "@needs:kill,@may"}, "a/x/1 a/y/1/2"},
		{selection{levels: []reports.Level{"should", "may"}}, "a/x/10 a/y/1/2"},
		{selection{levels: []reports.Level{"must"}, tags: "@cmd:get", ids: []string{"a"}}, "a/y/1/1"},
		{selection{tags: "@must && @may"}, ""},
	} {
		if got, err := selected(c.sel); err != nil || got != c.want {
			t.Errorf("%+v: %q, %v; want %q", c.sel, got, err, c.want)
		}
	}
}

func TestSelectionRefuses(t *testing.T) {
	for _, sel := range []selection{
		{ids: []string{"a/z"}}, {ids: []string{"a/x/1", "a/"}[1:], levels: []reports.Level{"shall"}}, {tags: "must"}, {tags: "@a &&"}, {tags: "@a,,@b"}, {tags: "not @a"},
	} {
		_, err := selected(sel)
		if usage := (*UsageError)(nil); !errors.As(err, &usage) {
			t.Errorf("%+v: %v, want a usage error", sel, err)
		}
	}
}

func TestCompareVersions(t *testing.T) {
	ordered := []string{"6.2.14", "7.0", "7.0.15", "7.2-rc1", "7.10", "8", "255.255.255"}
	for i, a := range ordered {
		for j, b := range ordered {
			if got, want := compareVersions(a, b), i-j; got*want < 0 || (got == 0) != (want == 0) {
				t.Errorf("%s against %s: %d", a, b, got)
			}
		}
	}
	if compareVersions("7.0", "7.0.0") != 0 || compareVersions("7", "7.0.0") != 0 {
		t.Error("a missing part is not 0")
	}
}

func TestWhatATargetCannotRun(t *testing.T) {
	e := &entrant{missing: map[string]string{"pause": "the target cannot pause a node"}}
	e.level = "7.0.15"
	kill := &scenario{Case: reports.Case{Needs: []string{"kill"}}, since: "7.0"}
	pause := &scenario{Case: reports.Case{Needs: []string{"kill", "pause"}}}
	newer := &scenario{since: "7.2"}
	for _, c := range []struct {
		s       *scenario
		o       Options
		exists  bool
		verdict reports.Verdict
	}{
		{kill, Options{}, false, ""},
		{pause, Options{}, false, reports.Unsupported},
		{pause, Options{Require: true}, false, reports.Fail},
		{newer, Options{}, false, reports.Unsupported},
		{newer, Options{Require: true}, false, reports.Unsupported}, // a version is no lack
		{kill, Options{}, true, reports.Unsupported},
		{kill, Options{Destructive: true}, true, ""},
		{&scenario{Case: reports.Case{Tags: []string{"@harmless"}}}, Options{}, true, ""},
	} {
		e.exists = c.exists
		verdict, reason := e.cannotRun(c.s, &c.o)
		if verdict != c.verdict || (verdict == "") != (reason == "") {
			t.Errorf("%+v with %+v: %q, %q; want %q", c.s, c.o, verdict, reason, c.verdict)
		}
	}
}

func TestShapes(t *testing.T) {
	s, ok := parseShape(`a cluster of 3 primaries with 2 replicas each and 1 node without slots where "a" is "b"`)
	if !ok || s != (shape{primaries: 3, replicas: 2, spares: 1}) || s.nodes() != 10 {
		t.Fatalf("%+v, %v", s, ok)
	}
	if want := []string{"A", "B", "C", "A1", "B1", "C1", "A2", "B2", "C2", "D"}; !slices.Equal(s.names(), want) {
		t.Errorf("names %v", s.names())
	}
	if s.slots(0).String() != "0-5460" || s.slots(1).String() != "5461-10922" || s.slots(2).String() != "10923-16383" {
		t.Errorf("slots %v %v %v", s.slots(0), s.slots(1), s.slots(2))
	}
	if one, ok := parseShape("1 node that does not know any other"); !ok || one != (shape{strangers: 1}) {
		t.Errorf("%+v, %v", one, ok)
	}
	if _, ok := parseShape("a cluster of primaries"); ok {
		t.Error("a cluster without a number was understood")
	}
}

func TestPace(t *testing.T) {
	one, two := make([]target.Target, 1), make([]target.Target, 2)
	if own, with := (&Options{Targets: one}).parallel("exec"), (&Options{Targets: two}).parallel("exec"); own < with || with < 2 {
		t.Errorf("alone %d, beside another %d", own, with)
	}
	if n := (&Options{Targets: one, Parallel: 1}).parallel("reference"); n != 1 {
		t.Errorf("one was asked for, and %d run", n)
	}
	if n := (&Options{NodeTimeout: time.Minute}).nodeTimeout("reference"); n != time.Minute {
		t.Errorf("a minute was asked for, and it is %s", n)
	}
}
