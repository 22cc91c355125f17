package reports

import (
	"fmt"
	"io"
	"strings"
)

// summaryUnexpected is how many unexpected results the summary names: with the lines around them it stays within 15 lines and its table.
const summaryUnexpected = 6

// WriteSummary writes the report as a short Markdown text: a table and some 15 lines, made for the summary page of a CI run.
func WriteSummary(w io.Writer, r *Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### clusterspec: %s\n\n", markdown(r.Headline()))
	table := r.tally()
	if len(table.rows) > 0 {
		b.WriteString("| target |")
		for _, v := range table.verdicts {
			fmt.Fprintf(&b, " %s |", v)
		}
		b.WriteString("\n| :-- |" + strings.Repeat(" --: |", len(table.verdicts)) + "\n")
		for _, row := range table.rows {
			fmt.Fprintf(&b, "| %s |", markdown(row.target.Name))
			for _, v := range table.verdicts {
				fmt.Fprintf(&b, " %d |", row.counts[v])
			}
			b.WriteString("\n")
		}
		b.WriteString("\n")
	}
	unexpected := r.Unexpected()
	for i, x := range unexpected {
		if i == summaryUnexpected {
			fmt.Fprintf(&b, "- and %d more\n", len(unexpected)-i)
			break
		}
		fmt.Fprintf(&b, "- **%s** %s on %s: %s\n", x.Verdict.Letter(), markdown(x.Case), markdown(x.Target), markdown(oneLine(x.why(), maxReasonRunes)))
	}
	for i, s := range r.stale() {
		if i == summaryUnexpected {
			fmt.Fprintf(&b, "- and %d more stale lines in %s\n", len(r.stale())-i, markdown(r.Declaration.File))
			break
		}
		fmt.Fprintf(&b, "- %s line %d, %s: %s\n", markdown(r.Declaration.File), s.Line, markdown(s.Entry), markdown(oneLine(s.Why, maxReasonRunes)))
	}
	if len(unexpected)+len(r.stale()) > 0 {
		b.WriteString("\n")
	}
	var absent []string
	for _, t := range r.Targets {
		if !t.Joined {
			absent = append(absent, markdown(t.Name)+" ("+markdown(oneLine(t.Reason, maxReasonRunes))+")")
		}
	}
	if len(absent) > 0 {
		fmt.Fprintf(&b, "Did not join: %s.\n\n", strings.Join(absent, "; "))
	}
	fmt.Fprintf(&b, "Exit %d · suite %s · seed %d · %s · `report.json` and `index.html` hold the rest.\n", r.Exit(), markdown(r.Suite), r.Seed,
		plural(len(r.Cases), "case"))
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

// why says what made the result unexpected.
func (x *Result) why() string {
	if x.isStale() {
		return "declared, and no longer so: " + x.Declared.Stale
	}
	return x.summary()
}

// markdown escapes what Markdown or the HTML inside it would take as markup.
func markdown(text string) string {
	var b strings.Builder
	for _, r := range printable(text) {
		switch r {
		case '\\', '`', '*', '_', '[', ']', '|', '#', '~', '!':
			b.WriteByte('\\')
			b.WriteRune(r)
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '&':
			b.WriteString("&amp;")
		case '\n':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
