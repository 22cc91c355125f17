package reports

// Event is one thing that happened during a run, told as it happens. A runner may send events from many goroutines.
type Event struct {
	// Target is set when a target joined the run or turned out not to.
	Target *Target
	// Case and Result are set when a case came to its end on a target.
	Case   *Case
	Result *Result
	// Done and Total count the results so far and those to come in the whole run.
	Done, Total int
}
