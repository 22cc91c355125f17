package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The JUnit elements, as far as the common readers agree on them.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr,omitempty"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		ClassName string        `xml:"classname,attr"`
		Name      string        `xml:"name,attr"`
		File      string        `xml:"file,attr,omitempty"`
		Line      int           `xml:"line,attr,omitempty"`
		Time      string        `xml:"time,attr"`
		Failure   *junitOutcome `xml:"failure"`
		Error     *junitOutcome `xml:"error"`
		Skipped   *junitOutcome `xml:"skipped"`
	}
	junitOutcome struct {
		Type    string `xml:"type,attr,omitempty"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML, one testsuite a target. What makes the exit code non-zero is red there too: failures and flaky cases are
// <failure>, harness trouble and undecided cases are <error>; deviations, unsupported and not-run cases, and failures of the
// baseline, are <skipped>, never passes. What a declaration says that is no longer so is a <failure>; so is a suite "declaration" of its lines that fit nothing. A target that did not
// join is a testsuite with the one case "join".
func WriteJUnit(w io.Writer, r *Report) error {
	doc := junitSuites{Name: "clusterspec"}
	grid := r.grid()
	for _, t := range r.Targets {
		suite := junitSuite{Name: t.Name, Properties: properties(r, t)}
		if !t.Joined {
			suite.add(joinCase(t))
		} else {
			suite.Timestamp = r.Started.UTC().Format(time.RFC3339)
		}
		var total int64
		for i := range r.Cases {
			if x, ok := grid[cell{r.Cases[i].ID, t.Name}]; ok {
				suite.add(caseElement(&r.Cases[i], x))
				total += x.DurationMillis
			}
		}
		suite.Time = junitSeconds(total)
		doc.Tests += suite.Tests
		doc.Failures += suite.Failures
		doc.Errors += suite.Errors
		doc.Skipped += suite.Skipped
		doc.Suites = append(doc.Suites, suite)
	}
	if stale := r.stale(); len(stale) > 0 {
		suite := junitSuite{Name: "declaration", Time: junitSeconds(0)}
		for _, s := range stale {
			suite.add(junitCase{ClassName: r.Declaration.File, Name: s.Entry, File: r.Declaration.File, Line: s.Line, Time: junitSeconds(0),
				Failure: &junitOutcome{Type: "stale", Message: s.Why}})
		}
		doc.Tests += suite.Tests
		doc.Failures += suite.Failures
		doc.Suites = append(doc.Suites, suite)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing the report as JUnit: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", " ")
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("writing the report as JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func properties(r *Report, t Target) []junitProperty {
	list := []junitProperty{{"suite", r.Suite}, {"seed", fmt.Sprint(r.Seed)}, {"spec", t.Spec}}
	for _, p := range []junitProperty{{"server", t.identity()}, {"digest", t.Digest}} {
		if p.Value != "" {
			list = append(list, p)
		}
	}
	return list
}

func joinCase(t Target) junitCase {
	c := junitCase{ClassName: t.Name, Name: "join", Time: junitSeconds(0)}
	outcome := &junitOutcome{Type: string(Unsupported), Message: t.Reason}
	if t.Required {
		c.Failure = outcome
	} else {
		c.Skipped = outcome
	}
	return c
}

func caseElement(c *Case, x Result) junitCase {
	element := junitCase{ClassName: x.Target + "." + c.Area, Name: c.ID + " " + c.Title, File: c.Feature, Line: c.Line, Time: junitSeconds(x.DurationMillis)}
	outcome := &junitOutcome{Type: string(x.Verdict), Message: x.summary()}
	switch {
	case x.excused():
		outcome.Message = "failed in the baseline as well: " + outcome.Message
		element.Skipped = outcome
		return element
	case x.isStale():
		outcome.Message = "declared, and no longer so: " + x.Declared.Stale
		element.Failure = outcome
		return element
	}
	switch x.Verdict {
	case Fail, Flaky:
		outcome.Text = x.evidence()
		element.Failure = outcome
	case HarnessError, Inconclusive:
		outcome.Text = x.evidence()
		element.Error = outcome
	case Deviation, Unsupported, NotRun:
		element.Skipped = outcome
	}
	return element
}

// summary is the shortest account of what was wrong.
func (x *Result) summary() string {
	if x.Reason == "" && x.Failure != nil {
		return x.Failure.Message
	}
	return x.Reason
}

// evidence is the failure as plain text, for readers that show no more than text.
func (x *Result) evidence() string {
	f := x.Failure
	if f == nil {
		return ""
	}
	var b strings.Builder
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%-9s %s\n", name, text)
		}
	}
	b.WriteString("\n")
	line("step", f.Step)
	line("message", f.Message)
	for _, e := range f.Expected {
		line("expected", e)
	}
	line("got", f.Got+after(" in answer to ", f.Request))
	line("node", f.Node)
	line("at", duration(f.AtMillis))
	return b.String()
}

func junitSeconds(millis int64) string {
	return fmt.Sprintf("%d.%03d", millis/1000, millis%1000)
}
