// Package messages writes a report as Cucumber Messages, the stream of JSON lines that Cucumber's own tools read. godog has no such formatter.
//
// A stream is one test run, so each target has a stream of its own. Messages know fewer outcomes than we do: what makes the exit code non-zero is FAILED or
// UNKNOWN there, and what was not asked or is known is SKIPPED, never PASSED.
package messages

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	gherkin "github.com/cucumber/gherkin/go/v26"
	cucumber "github.com/cucumber/messages/go/v21"

	"github.com/clusterspec/clusterspec/reports"
)

// protocol is the version of the messages.
const protocol = "21.0.1"

// WriteFiles writes the stream of each target that joined. With one target that is the file, with several each has its name in front of the
// extension: out.ndjson becomes out.redis-server-7.0.15.ndjson.
func WriteFiles(file string, r *reports.Report, features fs.FS) error {
	joined := slices.DeleteFunc(slices.Clone(r.Targets), func(t reports.Target) bool { return !t.Joined })
	var errs []error
	for _, t := range joined {
		name := file
		if len(joined) > 1 {
			extension := filepath.Ext(file)
			name = strings.TrimSuffix(file, extension) + "." + plain(t.Name) + extension
		}
		var stream bytes.Buffer
		err := Write(&stream, r, t.Name, features)
		if err == nil {
			err = os.WriteFile(name, stream.Bytes(), 0o644)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("writing Cucumber Messages: %w", err))
		}
	}
	return errors.Join(errs...)
}

var notPlain = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// plain is a target's name as part of a file's.
func plain(name string) string {
	const longest = 60
	name = strings.Trim(notPlain.ReplaceAllString(name, "-"), "-")
	return name[:min(len(name), longest)]
}

// Write writes what one target did. The features are those the report was made with: its cases are found there by file and line.
func Write(w io.Writer, r *reports.Report, target string, features fs.FS) error {
	s := stream{out: json.NewEncoder(w), report: r, target: target, pickles: map[place]*cucumber.Pickle{}}
	s.out.SetEscapeHTML(false)
	s.say(&cucumber.Envelope{Meta: &cucumber.Meta{
		ProtocolVersion: protocol, Implementation: &cucumber.Product{Name: "clusterspec", Version: r.Suite},
		Runtime: &cucumber.Product{Name: "go", Version: r.Host.GoVersion}, Os: &cucumber.Product{Name: r.Host.OS, Version: r.Host.Kernel}, Cpu: &cucumber.Product{Name: r.Host.CPU},
	}})
	s.features(features)
	s.say(&cucumber.Envelope{TestRunStarted: &cucumber.TestRunStarted{Timestamp: timestamp(r.Started)}})
	for _, c := range r.Cases {
		at := slices.IndexFunc(r.Results, func(x reports.Result) bool { return x.Case == c.ID && x.Target == target })
		if at >= 0 {
			s.result(&c, &r.Results[at])
		}
	}
	s.say(&cucumber.Envelope{TestRunFinished: &cucumber.TestRunFinished{Success: r.Exit() == reports.ExitExpected, Message: r.Headline(), Timestamp: timestamp(r.Finished)}})
	return s.err
}

// stream writes envelopes until one fails.
type stream struct {
	out     *json.Encoder
	err     error
	report  *reports.Report
	target  string
	ids     int
	pickles map[place]*cucumber.Pickle
}

// place is where a scenario, or the row of an outline, begins.
type place struct {
	file string
	line int64
}

func (s *stream) say(e *cucumber.Envelope) {
	if s.err == nil {
		s.err = s.out.Encode(e)
	}
}

func (s *stream) newID() string {
	s.ids++
	return strconv.Itoa(s.ids)
}

// features writes the source, the document and the pickles of every feature with a case in the report.
func (s *stream) features(files fs.FS) {
	seen := map[string]bool{}
	for _, c := range s.report.Cases {
		if seen[c.Feature] || s.err != nil {
			continue
		}
		seen[c.Feature] = true
		s.err = errors.Join(s.err, s.feature(files, c.Feature))
	}
}

func (s *stream) feature(files fs.FS, uri string) error {
	text, err := fs.ReadFile(files, uri)
	if err != nil {
		return err
	}
	document, err := gherkin.ParseGherkinDocument(bytes.NewReader(text), s.newID)
	if err != nil {
		return fmt.Errorf("%s: %w", uri, err)
	}
	document.Uri = uri
	s.say(&cucumber.Envelope{Source: &cucumber.Source{Uri: uri, Data: string(text), MediaType: cucumber.SourceMediaType_TEXT_X_CUCUMBER_GHERKIN_PLAIN}})
	s.say(&cucumber.Envelope{GherkinDocument: document})
	lines := map[string]int64{}
	for _, child := range document.Feature.Children {
		if child.Scenario != nil {
			note(lines, child.Scenario)
		}
		if child.Rule != nil {
			for _, grandchild := range child.Rule.Children {
				if grandchild.Scenario != nil {
					note(lines, grandchild.Scenario)
				}
			}
		}
	}
	for _, p := range gherkin.Pickles(*document, uri, s.newID) {
		s.pickles[place{uri, lines[p.AstNodeIds[len(p.AstNodeIds)-1]]}] = p
		s.say(&cucumber.Envelope{Pickle: p})
	}
	return nil
}

// note keeps the lines of a scenario and of the rows of its examples, by the ids of their nodes.
func note(lines map[string]int64, s *cucumber.Scenario) {
	lines[s.Id] = s.Location.Line
	for _, examples := range s.Examples {
		for _, row := range examples.TableBody {
			lines[row.Id] = row.Location.Line
		}
	}
}

// result writes one scenario, from its beginning to its end.
func (s *stream) result(c *reports.Case, x *reports.Result) {
	p := s.pickles[place{c.Feature, int64(c.Line)}]
	if p == nil {
		s.err = errors.Join(s.err, fmt.Errorf("%s is not at line %d of %s: the report was made with other features", c.ID, c.Line, c.Feature))
		return
	}
	test := &cucumber.TestCase{Id: s.newID(), PickleId: p.Id}
	for _, step := range p.Steps {
		test.TestSteps = append(test.TestSteps, &cucumber.TestStep{Id: s.newID(), PickleStepId: step.Id})
	}
	s.say(&cucumber.Envelope{TestCase: test})
	started, now := s.newID(), x.Started
	s.say(&cucumber.Envelope{TestCaseStarted: &cucumber.TestCaseStarted{Id: started, TestCaseId: test.Id, Timestamp: timestamp(now)}})
	for i, outcome := range outcomes(x, len(p.Steps)) {
		id := test.TestSteps[i].Id
		s.say(&cucumber.Envelope{TestStepStarted: &cucumber.TestStepStarted{TestCaseStartedId: started, TestStepId: id, Timestamp: timestamp(now)}})
		now = now.Add(time.Duration(outcome.Duration.Seconds)*time.Second + time.Duration(outcome.Duration.Nanos))
		s.say(&cucumber.Envelope{TestStepFinished: &cucumber.TestStepFinished{TestCaseStartedId: started, TestStepId: id, TestStepResult: outcome, Timestamp: timestamp(now)}})
	}
	s.say(&cucumber.Envelope{TestCaseFinished: &cucumber.TestCaseFinished{TestCaseStartedId: started, Timestamp: timestamp(now)}})
}

// outcomes are what came of the steps of a pickle. The verdict of the scenario is always there: if no step shows it, the last one does.
func outcomes(x *reports.Result, steps int) []*cucumber.TestStepResult {
	all := make([]*cucumber.TestStepResult, steps)
	overall, shown := status(x.Verdict), false
	for i := range all {
		all[i] = &cucumber.TestStepResult{Duration: duration(0), Status: cucumber.TestStepResultStatus_SKIPPED}
		if i >= len(x.Steps) {
			continue
		}
		step := x.Steps[i]
		all[i].Duration, all[i].Status = duration(step.DurationMillis), status(step.Verdict)
		if step.Verdict == reports.Fail {
			all[i].Status = overall // a known deviation has failed at this step
		}
		if all[i].Status != cucumber.TestStepResultStatus_PASSED && step.Verdict != reports.NotRun {
			all[i].Message = message(x, step.Error)
		}
		shown = shown || all[i].Status == overall && step.Verdict != reports.NotRun
	}
	if last := len(all) - 1; !shown && last >= 0 {
		all[last].Status, all[last].Message = overall, message(x, x.Reason)
	}
	return all
}

// message says what a status has no word for.
func message(x *reports.Result, text string) string {
	if x.Verdict == reports.Deviation && x.Declared != nil {
		return "declared deviation: " + x.Declared.Reason + "; it says: " + text
	}
	return x.Verdict.Word() + ": " + text
}

func status(v reports.Verdict) cucumber.TestStepResultStatus {
	switch v {
	case reports.Pass:
		return cucumber.TestStepResultStatus_PASSED
	case reports.Fail, reports.Flaky, reports.HarnessError:
		return cucumber.TestStepResultStatus_FAILED
	case reports.Inconclusive:
		return cucumber.TestStepResultStatus_UNKNOWN
	}
	return cucumber.TestStepResultStatus_SKIPPED
}

func timestamp(t time.Time) *cucumber.Timestamp {
	return &cucumber.Timestamp{Seconds: t.Unix(), Nanos: int64(t.Nanosecond())}
}

func duration(millis int64) *cucumber.Duration {
	d := time.Duration(millis) * time.Millisecond
	return &cucumber.Duration{Seconds: int64(d / time.Second), Nanos: int64(d % time.Second)}
}
