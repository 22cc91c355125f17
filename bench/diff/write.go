package diff

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/clusterspec/clusterspec/bench/stats"
)

var head = []string{"", "target", "ratio to the base before", "now", "now / before", ""}

// headline counts what changed.
func (d *Diff) headline() string {
	counts := make(map[stats.Verdict]int)
	for _, c := range d.Changes {
		counts[c.Verdict]++
	}
	return fmt.Sprintf("Against %s, of %d ratios: %d faster, %d slower, %d equal, %d inconclusive.", d.Base, len(d.Changes),
		counts[stats.Faster], counts[stats.Slower], counts[stats.Equal], counts[stats.Inconclusive])
}

func (d *Diff) notes() []string { return append(append([]string(nil), d.Warnings...), d.Missing...) }

// WriteText writes the difference for a terminal.
func (d *Diff) WriteText(w io.Writer) error {
	const padding = 2
	table := tabwriter.NewWriter(w, 0, 0, padding, ' ', 0)
	fmt.Fprintln(table, strings.Join(head, "\t"))
	for _, c := range d.Changes {
		fmt.Fprintln(table, strings.Join(c.Cells(), "\t"))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, note := range d.notes() {
		fmt.Fprintln(w, note)
	}
	_, err := fmt.Fprintln(w, d.headline())
	return err
}

// WriteMarkdown writes the difference for a page.
func (d *Diff) WriteMarkdown(w io.Writer) error {
	fmt.Fprintf(w, "# What changed\n\n%s\n\n| %s |\n|%s\n", d.headline(), strings.Join(head, " | "), "---|---|---|---|---:|---|")
	for _, c := range d.Changes {
		fmt.Fprintf(w, "| %s |\n", strings.Join(c.Cells(), " | "))
	}
	for _, note := range d.notes() {
		fmt.Fprintf(w, "\n- %s\n", note)
	}
	_, err := fmt.Fprintln(w)
	return err
}
