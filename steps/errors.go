package steps

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/reports"
)

// What ends a scenario early is one of these errors. Any other error is trouble of the harness.

// failure is a check that did not hold.
type failure struct {
	Node string   // who showed it; "" if it is about several
	Want []string // what would have been accepted
	Got  string
	At   time.Time
	// Asked is the request that Got answers, where the step made several.
	Asked string
	// Waited says how long was waited for it, "38ms of 2s"; "" if nothing was.
	Waited string
}

func (f *failure) Error() string {
	text := fmt.Sprintf("expected %s, got %s", strings.Join(f.Want, " or "), f.Got)
	if f.Node != "" {
		text = "node " + f.Node + ": " + text
	}
	if f.Asked != "" {
		text += " in answer to " + f.Asked
	}
	if f.Waited != "" {
		text += " (after " + f.Waited + ")"
	}
	return text
}

// unsupported says that the target or the machine cannot do what the scenario needs.
type unsupported struct{ Reason string }

func (u *unsupported) Error() string { return u.Reason }

// notRun says why a scenario was not begun.
type notRun struct{ Reason string }

func (n *notRun) Error() string { return n.Reason }

// errInterrupted ends what was under way when the run was ended from outside.
var errInterrupted = &notRun{"the run was interrupted"}

// startError says that the target did not start.
type startError struct{ err error }

func (e *startError) Error() string { return "starting nodes: " + e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// formError says that nodes started and did not become a cluster.
type formError struct {
	err  error
	logs string
}

func (e *formError) Error() string { return e.err.Error() + e.logs }
func (e *formError) Unwrap() error { return e.err }

// verdictOf sorts an error that ended a scenario.
func verdictOf(err error) reports.Verdict {
	var (
		failed  *failure
		cannot  *unsupported
		missing *target.Unavailable
		skipped *notRun
		forming *formError
		broken  *violation
	)
	switch {
	case err == nil:
		return reports.Pass
	case errors.As(err, &cannot), errors.As(err, &missing):
		return reports.Unsupported
	case errors.As(err, &skipped):
		return reports.NotRun
	case errors.As(err, &failed), errors.As(err, &forming), errors.As(err, &broken):
		return reports.Fail
	}
	return reports.HarnessError
}
