package reports

import "strings"

// clause is a part of the sentence that says what happened: who has the same to tell, and what.
type clause struct {
	Who []name
	// Did follows the names: "did so", "was not asked".
	Did string
	account
}

// name is a target's name and what follows it in a list: ", ", " and " or nothing.
type name struct{ Text, Then string }

// account is what an outcome has to tell. Node, Request, Got and Expected are set where a reply was not the expected one, and Why otherwise.
type account struct {
	Verdict                      Verdict
	Node, Request, Got, Expected string
	Why                          string
}

// tellStory groups outcomes that have the same to tell, those that need attention first.
func tellStory(outcomes []*outcome) []clause {
	var story []clause
	for _, v := range []Verdict{Fail, HarnessError, Flaky, Inconclusive, Deviation, Pass, Unsupported, NotRun} {
		var accounts []account
		who := map[account][]string{}
		for _, o := range outcomes {
			if o.Verdict != v {
				continue
			}
			a := accountOf(o)
			if who[a] == nil {
				accounts = append(accounts, a)
			}
			who[a] = append(who[a], o.Column.Name)
		}
		for _, a := range accounts {
			story = append(story, clause{Who: nameList(who[a]), Did: did(v, len(who[a]) > 1), account: a})
		}
	}
	return story
}

// nameList is sentenceList for names that are set apart by markup.
func nameList(texts []string) []name {
	list := make([]name, len(texts))
	for i, text := range texts {
		list[i] = name{Text: text, Then: ", "}
		switch len(texts) - i {
		case 2:
			list[i].Then = " and "
		case 1:
			list[i].Then = ""
		}
	}
	return list
}

// maxStoryRunes bounds a reply that is quoted within a sentence; longer ones are told by the check's message.
const maxStoryRunes = 90

func accountOf(o *outcome) account {
	a := account{Verdict: o.Verdict}
	if o.Verdict == Pass {
		return a
	}
	f := o.Failure
	if f != nil && o.Verdict == Fail && f.Got != "" && len(f.Expected) == 1 && quotable(f.Got) && quotable(f.Expected[0]) {
		a.Node, a.Request, a.Got, a.Expected = f.Node, bare(f.Request), f.Got, f.Expected[0]
		return a
	}
	a.Why = sentence(o.summary())
	return a
}

func quotable(text string) bool {
	return len([]rune(text)) <= maxStoryRunes && !strings.Contains(text, "\n")
}

func did(v Verdict, several bool) string {
	was := "was"
	if several {
		was = "were"
	}
	switch v {
	case Pass:
		return "did so"
	case Fail:
		return "did not"
	case Deviation:
		return "did not, as declared"
	case Flaky:
		return "did so only at times"
	case Inconclusive:
		return "left it undecided"
	case HarnessError:
		return "could not be judged, because the harness broke"
	case Unsupported:
		return was + " not asked"
	}
	return was + " not reached"
}

// sentence ends the text as a sentence does, without doubling its full stop.
func sentence(text string) string {
	text = strings.TrimRight(strings.TrimSpace(text), ".")
	if text == "" {
		return ""
	}
	return text + "."
}

// stepRow is one line of a scenario with what came of it on each target.
type stepRow struct {
	Keyword string
	// Text is the line; Below are its doc string or table.
	Text, Below string
	Cells       []stepCell
	// First is the verdict of the first line on which some target did not pass, which is the place to look at; empty on all other lines.
	First Verdict
}

type stepCell struct {
	Verdict Verdict
	// Title is how long the step took.
	Title string
	// Error is shown under the line when no comparison shows it already.
	Error string
	Who   string
}

// alignSteps puts the steps of all outcomes side by side. The scenario's own lines lead; outcomes that recorded none leave their cells empty.
func alignSteps(c *Case, outcomes []*outcome) []stepRow {
	rows := make([]stepRow, len(c.Steps))
	for i, line := range c.Steps {
		rows[i].Keyword, rows[i].Text, _ = strings.Cut(line, " ")
	}
	for _, o := range outcomes {
		for i, s := range o.Steps {
			if i == len(rows) {
				rows = append(rows, stepRow{Keyword: s.Keyword, Text: s.Text})
			}
		}
	}
	found := false
	for i := range rows {
		rows[i].Text, rows[i].Below, _ = strings.Cut(rows[i].Text, "\n")
		rows[i].Below = tableAligned(rows[i].Below)
		for _, o := range outcomes {
			var cell stepCell
			if i < len(o.Steps) {
				s := o.Steps[i]
				cell = stepCell{Verdict: s.Verdict, Title: duration(s.DurationMillis)}
				if o.Failure == nil {
					cell.Error, cell.Who = s.Error, o.Column.Name
				}
				if !found && s.Verdict != Pass && s.Verdict.reached() {
					rows[i].First, found = s.Verdict, true
				}
			}
			rows[i].Cells = append(rows[i].Cells, cell)
		}
	}
	return rows
}
