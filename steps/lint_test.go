package steps

import (
	"regexp"
	"strings"
	"testing"

	"github.com/cucumber/godog"

	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
)

// The catalogue refuses doubled ids, unknown tags and abilities, and scenarios without id, area or level; what follows is what it lets pass.
func TestFeaturesAreComplete(t *testing.T) {
	p, err := (&Options{Features: features.FS}).plan()
	all := p.chosen
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Errorf("the catalogue has %d scenarios only", len(all))
	}
	for _, s := range all {
		folder, _, _ := strings.Cut(s.Feature, "/")
		switch {
		case s.Rule == "":
			t.Errorf("%s:%d stands under no Rule", s.Feature, s.Line)
		case s.Source == "":
			t.Errorf("%s has no Source: line", s.Feature)
		case s.Area != folder || !strings.HasPrefix(s.ID, folder+"/"):
			t.Errorf("%s:%d: area %s and id %s do not match the folder", s.Feature, s.Line, s.Area, s.ID)
		case s.Phase == 0:
			t.Errorf("%s:%d stands on no rung of ladder.yaml", s.Feature, s.Line)
		case s.shape == (shape{}):
			t.Errorf("%s:%d begins with no cluster", s.Feature, s.Line)
		}
	}
}

func TestEveryRuleHasAScenario(t *testing.T) {
	parsed, err := godog.TestSuite{Options: &godog.Options{FS: features.FS, Paths: []string{"."}}}.RetrieveFeatures()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range parsed {
		for _, child := range f.GherkinDocument.Feature.Children {
			if child.Rule != nil && len(child.Rule.Children) == 0 {
				t.Errorf("%s:%d: the rule has no scenario", f.Uri, child.Rule.Location.Line)
			}
			if child.Scenario != nil {
				t.Errorf("%s:%d: the scenario stands outside of all rules", f.Uri, child.Scenario.Location.Line)
			}
		}
	}
}

// expressions are all a step may match, in the three forms of statements.
func expressions() []*regexp.Regexp {
	w := newWorld(&pool{})
	var all []*regexp.Regexp
	for _, s := range w.actions() {
		all = append(all, regexp.MustCompile("^"+s.expr+"$"))
	}
	for _, s := range w.statements() {
		all = append(all, regexp.MustCompile("^"+s.expr+"$"))
		all = append(all, regexp.MustCompile(`^(?:within|for) (\d+) node timeouts? `+s.expr+"$"))
	}
	return all
}

func TestEveryStepMatchesOneExpressionAndNoneIsIdle(t *testing.T) {
	parsed, err := godog.TestSuite{Options: &godog.Options{FS: features.FS, Paths: []string{"."}}}.RetrieveFeatures()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	known := expressions()
	for _, f := range parsed {
		for _, p := range f.Pickles {
			for _, step := range p.Steps {
				var matching []string
				for _, e := range known {
					if e.MatchString(step.Text) {
						matching = append(matching, e.String())
						used[strings.TrimPrefix(e.String(), `^(?:within|for) (\d+) node timeouts? `)] = true
						used["^"+strings.TrimPrefix(e.String(), `^(?:within|for) (\d+) node timeouts? `)] = true
					}
				}
				if len(matching) != 1 {
					t.Errorf("%s: %q matches %d expressions: %s", f.Uri, step.Text, len(matching), strings.Join(matching, "  and  "))
				}
			}
		}
	}
	w := newWorld(&pool{})
	for _, s := range append(w.actions(), w.statements()...) {
		if !used["^"+s.expr+"$"] {
			t.Errorf("no feature says %s", s.expr)
		}
	}
}

func TestCatalogueRefuses(t *testing.T) {
	const good = "@area:a\nFeature: f\n  Source: s\n  Rule: r\n    @id:a/b/1 @must\n    Scenario: one\n      Given a cluster of 3 primaries\n"
	if _, err := readCatalogue(featureFile(good), &ladder{}); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for what, change := range map[string][2]string{
		"unknown tag @msut":      {"@must", "@msut"},
		"unknown ability":        {"@must", "@must @needs:magic"},
		"has no level tag":       {"@must", ""},
		"has no @id: tag":        {"@id:a/b/1", ""},
		"the levels must and ma": {"@must", "@must @may"},
		"no such rung":           {"@must", "@must @phase:12"},
		"is used at":             {"@id:a/b/1", "@id:a/b/1 @must\n    Scenario: two\n      Given x\n    @id:a/b/1"},
	} {
		_, err := readCatalogue(featureFile(strings.Replace(good, change[0], change[1], 1)), &ladder{})
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("wanted an error with %q, got %v", what, err)
		}
	}
}

// Rows of an outline have ids of their own, and every scenario knows its rule.
func TestOutlineRowsAreNumbered(t *testing.T) {
	cases, err := List(Options{Features: features.FS, IDs: []string{"redirection/moved/4"}})
	if err != nil || len(cases) != 6 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	third := cases[2]
	if third.ID != "redirection/moved/4/3" || third.Title != "Slot 5461 is at home on B alone" || third.Level != reports.Must {
		t.Errorf("the third row is %+v", third)
	}
	if !strings.HasPrefix(third.Rule, "A node that does not own the slot") || !strings.Contains(third.Source, "MOVED Redirection") {
		t.Errorf("rule %q, source %q", third.Rule, third.Source)
	}
}
