package steps

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/reports"
)

// ledger holds what came of each scenario on one target. godog tells it what happened to each step (formatter.go), the World what it saw;
// the verdict is drawn here and nowhere else. What is not in the ledger did not happen: a scenario without an entry is not run, one
// without a check is a harness error, never a pass.
type ledger struct {
	target   string
	order    catalogue
	progress *progress

	mutex   sync.Mutex
	entries map[string]*entry // by scenario id
}

// entry is what is known of one scenario so far.
type entry struct {
	scenario *scenario
	result   reports.Result
	steps    map[string]int // pickle step id to its place in result.Steps
	settled  int            // steps whose end godog told
	failed   error          // what ended the scenario
	left     error          // what stayed behind of its cluster
	wire     []reports.Exchange
	done     bool
}

func newLedger(target string, chosen catalogue, p *progress) *ledger {
	return &ledger{target: target, order: chosen, progress: p, entries: map[string]*entry{}}
}

// begin opens the entry of a scenario whose steps have these ids, in order.
func (l *ledger) begin(s *scenario, steps []reports.Step, ids []string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	e := &entry{scenario: s, steps: map[string]int{}}
	e.result = reports.Result{Case: s.ID, Target: l.target, Started: time.Now(), Steps: steps}
	for i, id := range ids {
		e.steps[id] = i
		e.result.Steps[i].Verdict = reports.NotRun
	}
	l.entries[s.ID] = e
}

// stepTook records how long a step ran.
func (l *ledger) stepTook(s *scenario, step string, d time.Duration) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if s == nil { // it was passed over
		return
	}
	e := l.entries[s.ID]
	e.result.Steps[e.steps[step]].DurationMillis = d.Milliseconds()
}

// saw records what the World has to say at the end of its scenario, and what it found broken then, whatever the scenario was about.
func (l *ledger) saw(s *scenario, w *World, views []reports.NodeView, broken error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	e := l.entries[s.ID]
	e.result.Checks, e.result.Waits, e.result.Nodes, e.result.Writes = w.checks, w.waits, views, w.writes
	e.wire, _ = w.trace.since(e.result.Started)
	e.wire = e.wire[max(0, len(e.wire)-failureExchanges):]
	e.result.Timeline = w.timeline(e.result.Started)
	if broken != nil {
		e.failed = broken
		e.result.Failure = e.evidence(&reports.Step{Keyword: "After", Text: "the scenario"}, broken)
	}
}

// settle records the end of a step as godog tells it. A nil error with any verdict but pass is a step that was not reached.
func (l *ledger) settle(s *scenario, step string, verdict reports.Verdict, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	e := l.entries[s.ID]
	if e == nil || e.done {
		return
	}
	at := &e.result.Steps[e.steps[step]]
	at.Verdict = verdict
	if err != nil {
		at.Error = err.Error()
		if e.failed == nil {
			e.failed = err
			e.result.Failure = e.evidence(at, err)
		}
	}
	e.settled++
	if e.settled == len(e.result.Steps) {
		l.close(e)
	}
}

// decide settles a scenario that was never begun, or not to its end.
func (l *ledger) decide(s *scenario, verdict reports.Verdict, reason string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	e := &entry{scenario: s, result: reports.Result{Case: s.ID, Target: l.target, Started: time.Now(), Verdict: verdict, Reason: reason}}
	if verdict == reports.Fail {
		e.result.Failure = &reports.Failure{Step: "before the first step", Message: reason}
	}
	l.entries[s.ID] = e
	e.done = true
	l.progress.told(e)
}

// leftBehind turns a scenario whose cluster could not be cleaned up into trouble of the harness. A cluster that nobody had is told with the
// first scenario that has come to an end. It is the one verdict that may come after the scenario's end was told.
func (l *ledger) leftBehind(s *scenario, err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, candidate := range l.order {
		e := l.entries[candidate.ID]
		if e == nil || s == nil && !e.done || s != nil && s != candidate {
			continue
		}
		if e.left = err; e.done {
			e.result.Verdict, e.result.Reason = e.verdict()
			e.result.Failure = nil
		}
		return
	}
}

// finish settles what is still open when the run of godog is over.
func (l *ledger) finish() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for _, e := range l.entries {
		if !e.done {
			l.close(e)
		}
	}
}

// close draws the verdict.
func (l *ledger) close(e *entry) {
	e.done = true
	e.result.DurationMillis = time.Since(e.result.Started).Milliseconds()
	e.result.Verdict, e.result.Reason = e.verdict()
	if e.result.Verdict != reports.Fail {
		e.result.Failure = nil
	}
	l.progress.told(e)
}

func (e *entry) verdict() (reports.Verdict, string) {
	if e.left != nil {
		return reports.HarnessError, e.left.Error()
	}
	if e.failed != nil {
		verdict := verdictOf(e.failed)
		return verdict, e.failed.Error()
	}
	for _, step := range e.result.Steps {
		if step.Verdict != reports.Pass {
			return reports.HarnessError, fmt.Sprintf("the step %q has not run, and nothing says why", step.Text)
		}
	}
	if e.result.Checks == 0 {
		return reports.HarnessError, "the scenario checked nothing"
	}
	return reports.Pass, ""
}

// evidence is what is kept of a check that did not hold.
func (e *entry) evidence(step *reports.Step, err error) *reports.Failure {
	f := &reports.Failure{Step: step.Keyword + " " + step.Text, Message: err.Error(), Exchanges: e.wire}
	f.AtMillis = time.Since(e.result.Started).Milliseconds()
	var broken *violation
	if errors.As(err, &broken) {
		f.Node = broken.Node
	}
	var seen *failure
	if errors.As(err, &seen) {
		f.Expected, f.Got, f.Node, f.Request = seen.Want, seen.Got, seen.Node, seen.Asked
		if !seen.At.IsZero() {
			f.AtMillis = seen.At.Sub(e.result.Started).Milliseconds()
		}
	}
	return f
}

// results lists the entries in the order of the features.
func (l *ledger) results() []reports.Result {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var all []reports.Result
	for _, s := range l.order {
		if e := l.entries[s.ID]; e != nil {
			all = append(all, e.result)
		}
	}
	return all
}
