package reports

import (
	"path"
	"slices"
	"strings"
)

// part is what a target is in a comparison: a real server shows what holds, the reference is what the suite believes, a candidate is to be judged.
type part int

const (
	candidate part = iota
	reference
	realServer
)

// part tells by what was started, not by what the server says of itself: many servers call themselves Redis.
func (t Target) part() part {
	if t.Kind == "reference" {
		return reference
	}
	spec, image := strings.CutPrefix(t.Spec, "docker:")
	if image {
		name, _, _ := strings.Cut(path.Base(spec), ":")
		return realIf(name == "redis" || name == "valkey" || name == "packed")
	}
	program, _, _ := strings.Cut(strings.TrimPrefix(spec, "exec:"), " ")
	return realIf(path.Base(program) == "redis-server" || path.Base(program) == "valkey-server")
}

func realIf(known bool) part {
	if known {
		return realServer
	}
	return candidate
}

// parting is where targets do not agree on a scenario: in a few words, and in a sentence.
type parting struct{ Short, Text string }

// partings compares claim, reference, real servers and candidates. A real server is right until proven otherwise: where the reference differs from all of
// them the reference is wrong, where they differ among themselves the version is to say so, and where none does what the scenario asks the claim is in doubt.
func partings(outcomes []*outcome) []parting {
	var does, doesNot [realServer + 1][]string
	for _, o := range outcomes {
		switch p := o.Column.part(); o.Verdict {
		case Pass:
			does[p] = append(does[p], o.Column.Name)
		case Fail, Deviation:
			doesNot[p] = append(doesNot[p], o.Column.Name)
		}
	}
	var list []parting
	add := func(short, text string) { list = append(list, parting{short, text}) }
	realDoes, realDoesNot := len(does[realServer]) > 0, len(doesNot[realServer]) > 0
	switch {
	case realDoes && realDoesNot:
		add("real servers differ", "Real servers differ: "+sentenceList(does[realServer])+" did so, "+sentenceList(doesNot[realServer])+" did not.")
	case realDoes && len(doesNot[reference]) > 0:
		add("the reference deviates", "The reference deviates: every real server asked did so.")
	case realDoesNot && len(does[reference]) > 0:
		add("the reference deviates", "The reference deviates: it did so, and no real server asked did.")
	case realDoesNot:
		add("the claim is in doubt", "The claim is in doubt: no real server asked does what the scenario says.")
	}
	trusted := slices.Concat(does[realServer], does[reference])
	if !realDoesNot && len(trusted) > 0 && len(doesNot[candidate]) > 0 {
		who := deviates(doesNot[candidate])
		add(who, who+": "+sentenceList(trusted)+" did so.")
	}
	return list
}

// deviates says who deviates.
func deviates(who []string) string {
	if len(who) == 1 {
		return who[0] + " deviates"
	}
	return sentenceList(who) + " deviate"
}
