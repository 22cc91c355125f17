package defect

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTable looks at what a user sees of every defect: a name of its own, an area that is told in one place, and a sentence.
func TestTable(t *testing.T) {
	form := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	seen, areas := map[string]bool{}, []string{}
	for i, d := range All() {
		if !form.MatchString(d.Name) || seen[d.Name] || Defect(i).String() != d.Name {
			t.Errorf("defect %d: the name %q is taken or not of the form words-with-dashes", i, d.Name)
		}
		seen[d.Name] = true
		if d.Does == "" || strings.HasSuffix(d.Does, ".") {
			t.Errorf("%s: %q is not what a node with it does", d.Name, d.Does)
		}
		if len(areas) == 0 || areas[len(areas)-1] != d.Area {
			if slices.Contains(areas, d.Area) {
				t.Errorf("%s: the area %s is told of in two places", d.Name, d.Area)
			}
			areas = append(areas, d.Area)
		}
	}
}

func TestParse(t *testing.T) {
	set, err := Parse("vote-twice-in-epoch,ask-for-moved")
	if err != nil || set != Of(VoteTwice, AskForMoved) || !set.Has(VoteTwice) || set.Has(NeverVotes) {
		t.Errorf("Parse: %v, %v", set, err)
	}
	for i := range All() { // each has a bit of its own
		if got := Of(Defect(i)); got == (Set{}) || !got.Has(Defect(i)) || got.Has(Defect((i+1)%int(count))) {
			t.Errorf("the set of %s is %v", Defect(i), got)
		}
	}
	if empty, err := Parse(""); err != nil || empty != (Set{}) {
		t.Errorf("Parse of nothing: %v, %v", empty, err)
	}
	if _, err := Parse("no-such-defect"); err == nil || !strings.Contains(err.Error(), "known are") {
		t.Errorf("Parse of an unknown name: %v", err)
	}
}
