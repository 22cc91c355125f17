package reports

import "fmt"

// The exit codes of `clusterspec run`. `clusterspec bench gate` uses those that have a meaning there.
const (
	ExitExpected     = 0 // the results are what was declared
	ExitUnexpected   = 1 // a failure, or a required target that did not join
	ExitInconclusive = 2 // nothing failed, but not all was decided: inconclusive, flaky or not-run results
	ExitHarness      = 3 // nothing failed, but the suite or a target broke
	ExitUsage        = 4 // the command line is wrong
	ExitNothing      = 5 // no case ran
)

// ExitError carries the exit code of a command that has said all there is to say.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return fmt.Sprintf("exit code %d", e.Code) }
