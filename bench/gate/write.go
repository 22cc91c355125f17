package gate

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// Write writes outcomes as text for a terminal or a log, with what came of all in the last line.
func Write(w io.Writer, outcomes []Outcome) error {
	const padding = 2
	table := tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
	counts := make(map[Verdict]int)
	for _, o := range outcomes {
		counts[o.Verdict]++
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", o.Gate.Name, o.Gate.Measurement(), o.Target, o.Words)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%d passed, %d failed, %d inconclusive\n", counts[Passed], counts[Failed], counts[Inconclusive])
	return err
}
