package steps

import (
	"slices"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
)

// What a profile says has to be about scenarios that exist, and replies that stand in them: a typing mistake would change nothing, silently.
func TestCatalogueProfilesSpeakOfScenarios(t *testing.T) {
	p, err := (&Options{Features: features.FS}).plan()
	if err != nil {
		t.Fatal(err)
	}
	for _, profile := range p.profiles {
		if profile.Verified != (profile.Checked != "") {
			t.Errorf("%s is verified by no named server, or names one and is not verified", profile.Name)
		}
		for _, d := range profile.Differs {
			if d.Because == "" || d.Absent == (len(d.Instead) > 0) {
				t.Errorf("%s, %v: one reason, and either absent or instead", profile.Name, d.IDs)
			}
			if err := (selection{ids: d.IDs}).unknownIDs(p.chosen); err != nil || len(d.IDs) == 0 {
				t.Errorf("%s: %v %v", profile.Name, d.IDs, err)
			}
			for usual := range d.Instead {
				if !replyStandsIn(p.chosen, d.IDs, usual) {
					t.Errorf("%s: none of %v has the reply %s", profile.Name, d.IDs, usual)
				}
			}
		}
	}
}

func replyStandsIn(all catalogue, ids []string, reply string) bool {
	escaped := strings.ReplaceAll(reply, "|", `\|`)
	return slices.ContainsFunc(all, func(s *scenario) bool {
		return (selection{ids: ids}).hasID(s.ID) && strings.Contains(strings.Join(s.Steps, "\n"), escaped)
	})
}

func TestCatalogueNearestProfile(t *testing.T) {
	known, err := readProfiles(features.FS)
	if err != nil {
		t.Fatal(err)
	}
	for said, want := range map[target.Description]string{
		{Server: "redis", Version: "6.2.21", Level: "6.2.21"}:   "redis-6.2",
		{Server: "redis", Version: "5.0.7", Level: "5.0.7"}:     "redis-6.2",
		{Server: "redis", Version: "7.1.0", Level: "7.1.0"}:     "redis-7.0",
		{Server: "redis", Version: "7.4.1", Level: "7.4.1"}:     "redis-7.4",
		{Server: "redis", Version: "8.4.0", Level: "8.4.0"}:     "redis-8.x",
		{Server: "valkey", Version: "7.2.8", Level: "7.2.4"}:    "valkey-7.2",
		{Server: "valkey", Version: "8.1.3", Level: "7.2.4"}:    "valkey-8",
		{Server: "valkey", Version: "10.0.0", Level: "7.2.4"}:   "valkey-9",
		{Server: "newcomer", Version: "0.3.1", Level: "7.2.11"}: "redis-7.2",
		{Server: "newcomer", Version: "0.3.1"}:                  "",
	} {
		got := ""
		if p := known.nearest(said); p != nil {
			got = p.Name
		}
		if got != want {
			t.Errorf("%+v is judged by %q, not by %q", said, got, want)
		}
	}
}

// A profile takes scenarios away with its reason, and words replies differently; for other scenarios it says nothing.
func TestProfileDiffers(t *testing.T) {
	p := &profile{Name: "old", Like: "6.2", Differs: []difference{
		{IDs: []string{"a/b"}, Because: "it came later", Absent: true},
		{IDs: []string{"a/c/1", "a/b/2"}, Because: "it says so", Instead: map[string]string{`error "x"`: `error "y"`}},
	}}
	if absent, instead := p.of("a/b/2"); absent != "it came later (profile old)" || instead[`error "x"`] != `error "y"` {
		t.Errorf("%q, %v", absent, instead)
	}
	if absent, instead := p.of("a/c/2"); absent != "" || len(instead) != 0 {
		t.Errorf("%q, %v", absent, instead)
	}
	e := &entrant{profile: p}
	s := &scenario{Case: reports.Case{ID: "a/b/1"}}
	if verdict, reason := e.cannotRun(s, &Options{Require: true}); verdict != reports.Unsupported || reason == "" {
		t.Errorf("%s: %s", verdict, reason)
	}
	w := &World{instead: map[string]string{`error "x"`: `error "y"`}}
	m := &member{name: "A"}
	if err := w.judge(m, wireValue{Kind: '-', Text: "y"}, `error "x"`); err != nil {
		t.Error(err)
	}
	if err := w.judge(m, wireValue{Kind: '-', Text: "x"}, `error "x"`); err == nil {
		t.Error("the usual reply was taken from a server that gives another")
	}
}

func TestSelectionByPhase(t *testing.T) {
	for _, c := range []struct {
		phase, upTo int
		holds       func(phase int) bool
	}{
		{39, 0, func(p int) bool { return p == 39 }},
		{0, 38, func(p int) bool { return p <= 38 }},
	} {
		cases, err := List(Options{Features: features.FS, Phase: c.phase, UpTo: c.upTo})
		if err != nil || len(cases) == 0 {
			t.Fatalf("%+v: %d cases, %v", c, len(cases), err)
		}
		for _, k := range cases {
			if !c.holds(k.Phase) {
				t.Errorf("%s is on %d, and %d up to %d was asked for", k.ID, k.Phase, c.phase, c.upTo)
			}
		}
	}
	_, err := List(Options{Features: features.FS, Phase: 12})
	if err == nil || !strings.Contains(err.Error(), "36 key slots, 37 nodes, ids and flags, 38") {
		t.Errorf("a phase that is not there: %v", err)
	}
}
