package reports

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// cause is what several results have in common that are not as they should be: the same invariant, or the same expectation not met in the same way.
type cause struct {
	Verdict Verdict
	// Expected and Got are those of the first result, or else Message is.
	Expected []diffText
	Got      []span
	Message  string
	// Step is the line of the first result. Known tells that all of it failed in the baseline as well.
	Step  string
	Known bool
	// Members are the cases with the targets they have this cause on.
	Members []causeMember
	// Cells is how many results it explains.
	Cells int
}

type causeMember struct {
	Case *caseView
	Keys []int
}

// causesOf groups what is not as it should be, so that many failures of one origin read as one. The largest group comes first among equal verdicts.
func causesOf(cases []*caseView) []*cause {
	var list []*cause
	known := map[string]*cause{}
	for _, c := range cases {
		for _, o := range c.Outcomes {
			if !slices.Contains(troubled, o.Verdict) {
				continue
			}
			key := fmt.Sprint(o.Verdict, o.excused(), "\n", signature(&o.Result))
			found := known[key]
			if found == nil {
				found = newCause(o)
				known[key] = found
				list = append(list, found)
			}
			found.add(c, o.Column.Key)
		}
	}
	slices.SortStableFunc(list, func(a, b *cause) int {
		return cmp.Or(cmp.Compare(a.rank(), b.rank()), cmp.Compare(b.Cells, a.Cells))
	})
	return list
}

// rank orders causes by what has to be looked at first: what is known from the baseline comes last.
func (c *cause) rank() int {
	if c.Known {
		return len(troubled)
	}
	return slices.Index(troubled, c.Verdict)
}

// troubled are the verdicts that somebody has to look at, the strongest first.
var troubled = []Verdict{Fail, HarnessError, Flaky, Inconclusive}

func newCause(o *outcome) *cause {
	c := &cause{Verdict: o.Verdict, Message: withoutNode(o.summary()), Known: o.excused()}
	if f := o.Failure; f != nil {
		c.Step = f.Step
		if len(f.Expected) == 1 && f.Got != "" && quotable(f.Expected[0]) && quotable(f.Got) {
			c.Expected, c.Got = o.Expected, o.Got
		}
	}
	return c
}

func (c *cause) add(of *caseView, key int) {
	c.Cells++
	if last := len(c.Members) - 1; last >= 0 && c.Members[last].Case == of {
		c.Members[last].Keys = append(c.Members[last].Keys, key)
		return
	}
	c.Members = append(c.Members, causeMember{of, []int{key}})
}

// signature is the same for results that have the same cause: what does not depend on names, numbers and addresses of what was expected and what came.
// Where a reply differs in nothing but a number, the command that was asked belongs to it.
func signature(x *Result) string {
	f := x.Failure
	if f == nil {
		return shape(x.summary())
	}
	if len(f.Expected) == 0 || f.Got == "" {
		return shape(withoutNode(f.Message))
	}
	expected, got := shape(f.Expected[0]), shape(f.Got)
	if expected != got && strings.HasPrefix(expected, "error") && strings.HasPrefix(got, "error") {
		return expected + "\n" + got
	}
	if n := len(f.Exchanges); n > 0 {
		return expected + "\n" + got + "\n" + command(bare(f.Exchanges[n-1].Request))
	}
	return expected + "\n" + got + "\n" + shape(f.Step)
}

var shapes = []struct {
	of *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`\b[0-9a-f]{40}\b`), "ID"},
	{regexp.MustCompile(`\b\d+\.\d+\.\d+\.\d+:\d+(@\d+)?`), "ADDRESS"},
	{regexp.MustCompile(`\b\d+\.\d+\.\d+\.\d+\b`), "HOST"},
	{regexp.MustCompile(`-?\b\d+(\.\d+)?(ms|s|m)?\b`), "N"},
	{regexp.MustCompile(`\b(node|puppet|nodes|for) [A-Z][0-9]*\b`), "$1 X"},
}

// shape is a text without what changes from run to run and from scenario to scenario.
func shape(text string) string {
	for _, s := range shapes {
		text = s.of.ReplaceAllString(text, s.as)
	}
	return text
}

var nodePrefix = regexp.MustCompile(`^node \S+: `)

// withoutNode takes the node off a message: causes are not about one.
func withoutNode(message string) string { return nodePrefix.ReplaceAllString(message, "") }
