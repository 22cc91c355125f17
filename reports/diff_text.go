package reports

import (
	"fmt"
	"io"
	"strings"
)

// WriteChanges writes what changed between two runs as text, or as Markdown for the summary page of a CI run. Unchanged is the good news, and one line.
func WriteChanges(w io.Writer, c Changes, markdownWanted bool) error {
	escape, item, head := printable, "  ", "\n%s (%d)\n"
	if markdownWanted {
		escape, item, head = markdown, "- ", "\n#### %s (%d)\n\n"
	}
	var b strings.Builder
	if c.Empty() {
		b.WriteString("No verdict has changed.\n")
	}
	for _, g := range c.Groups() {
		if len(g.Changes) > 0 {
			fmt.Fprintf(&b, head, g.Title, len(g.Changes))
		}
		for _, change := range g.Changes {
			b.WriteString(item + escape(change.words()) + "\n")
		}
	}
	if len(c.TargetsGone) > 0 {
		fmt.Fprintf(&b, "\nOnly in the earlier run: %s\n", escape(strings.Join(c.TargetsGone, ", ")))
	}
	if len(c.TargetsAdded) > 0 {
		fmt.Fprintf(&b, "\nOnly in the later run: %s\n", escape(strings.Join(c.TargetsAdded, ", ")))
	}
	for _, d := range c.Drift {
		if d.Cases == 0 {
			continue
		}
		fmt.Fprintf(&b, "\nTime on %s: %.2f times the earlier one (median of %s)\n", escape(d.Target), d.Ratio, plural(d.Cases, "case"))
		for _, change := range append(append([]Change(nil), d.Slower...), d.Faster...) {
			b.WriteString(item + escape(fmt.Sprintf("%s: %s, was %s", change.Case.ID, duration(change.Now.DurationMillis), duration(change.Before.DurationMillis))) + "\n")
		}
	}
	_, err := io.WriteString(w, strings.TrimPrefix(b.String(), "\n"))
	return err
}

// words are a change in one line.
func (c Change) words() string {
	was, is, why := "not there", "not there", ""
	if c.Before != nil {
		was = c.Before.Verdict.Word()
	}
	if c.Now != nil {
		is = c.Now.Verdict.Word()
		if c.Now.Verdict != Pass {
			why = after(": ", oneLine(c.Now.summary(), maxReasonRunes))
		}
	}
	return fmt.Sprintf("%s on %s: %s, was %s%s", c.Case.ID, c.Target, is, was, why)
}
