package gate

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/clusterspec/clusterspec/bench/result"
)

// Write writes outcomes as text for a terminal or a log, with what came of all in the last line.
func Write(w io.Writer, outcomes []result.Gate) error {
	const padding = 2
	table := tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
	for _, o := range outcomes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", o.Name, o.Measurement, o.Target, o.Words)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, result.GatesInWords(outcomes))
	return err
}
