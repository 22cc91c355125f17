package reports

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unicode"
)

// Console tells a run on a terminal or in a log: a line for each result while it goes on, and a block at its end. It may be used by many goroutines.
type Console struct {
	mu       sync.Mutex
	out      io.Writer
	options  ConsoleOptions
	idWidth  int
	onColumn int
}

// ConsoleOptions say how a Console speaks.
type ConsoleOptions struct {
	// Color allows ANSI colours. They repeat what the words say, so nothing is lost without them.
	Color bool
	// Quiet leaves out the lines during the run; the block at the end stays.
	Quiet bool
}

// The end block names this many unexpected results in full, and offers a rerun command of at most this many ids; the pages of the report hold them all.
const (
	maxUnexpectedShown = 20
	maxRerunIDs        = 12
)

// maxReasonRunes bounds the reason on a live line, which must stay one line.
const maxReasonRunes = 100

// NewConsole returns a console that writes to out.
func NewConsole(out io.Writer, options ConsoleOptions) *Console {
	return &Console{out: out, options: options, idWidth: 24, onColumn: 12}
}

// ColorWanted tells whether to colour what is written to the file: only on a terminal that is not dumb, and only if NO_COLOR is unset or empty.
func ColorWanted(f *os.File, getenv func(string) string) bool {
	if getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Event writes one line for the event. Write errors are dropped: a closed terminal must not end a run.
func (c *Console) Event(e Event) {
	if c.options.Quiet {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case e.Result != nil:
		c.result(e)
	case e.Target != nil && e.Target.Joined:
		c.onColumn = max(c.onColumn, len(e.Target.Name))
		fmt.Fprintf(c.out, "joined   %s%s\n", oneLine(e.Target.Name, 0), after(" · ", oneLine(e.Target.identity(), 0)))
	case e.Target != nil:
		fmt.Fprintf(c.out, "%s   %s%s\n", c.paint(Unsupported, "absent"), oneLine(e.Target.Name, 0), after(" · ", oneLine(e.Target.Reason, 0)))
	}
}

func (c *Console) result(e Event) {
	x := e.Result
	c.idWidth = max(c.idWidth, len(x.Case))
	total := fmt.Sprint(e.Total)
	reason := x.Reason
	if reason == "" && x.Failure != nil {
		reason = x.Failure.Message
	}
	line := fmt.Sprintf("%*d/%s  %s  %-*s  %-*s  %8s", len(total), e.Done, total, c.mark(x.Verdict, 13), c.idWidth, oneLine(x.Case, 0),
		c.onColumn, oneLine(x.Target, 0), duration(x.DurationMillis))
	if x.Verdict != Pass {
		line += after("  ", oneLine(reason, maxReasonRunes))
	}
	fmt.Fprintln(c.out, line)
}

// End writes the block at the end of a run: what is unexpected first, then the counts, then who took part, then where the report lies and how to run
// what failed again. dir is the folder of the written report, or empty if none was written.
func (c *Console) End(r *Report, dir string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	c.unexpected(&b, r)
	c.counts(&b, r)
	c.targets(&b, r)
	c.ladder(&b, r)
	b.WriteString("\n")
	if dir != "" {
		fmt.Fprintf(&b, "report  %s\n", filepath.Join(dir, FileHTML))
	}
	c.rerun(&b, r, dir)
	fmt.Fprintf(&b, "exit %d  %s\n", r.Exit(), c.strong(oneLine(r.Headline(), 0)))
	io.WriteString(c.out, b.String())
}

// Say writes a line of its own, if it says anything.
func (c *Console) Say(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if line != "" {
		fmt.Fprintln(c.out, printable(line))
	}
}

func (c *Console) unexpected(b *strings.Builder, r *Report) {
	unexpected := r.having(func(x *Result) bool { return x.unexpected() && !x.isStale() })
	for _, group := range []struct {
		title   string
		results []Result
	}{{"unexpected", unexpected}, {"declared, and no longer so", r.having((*Result).isStale)}, {"broken in the harness", r.having((*Result).isBroken)}} {
		if len(group.results) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s (%d)\n", c.strong(group.title), len(group.results))
		for i, x := range group.results {
			if i == maxUnexpectedShown {
				fmt.Fprintf(b, "\n  and %d more in the report\n", len(group.results)-i)
				break
			}
			c.explain(b, r, x)
		}
	}
	if r.Declaration != nil {
		c.staleEntries(b, r.Declaration)
	}
	for _, t := range r.Missing() {
		fmt.Fprintf(b, "\n%s\n  %s · %s\n", c.strong("required, but did not join"), oneLine(t.Name, 0), oneLine(t.Reason, 0))
	}
}

// staleEntries names the lines of the declaration that have to go, or to be looked at.
func (c *Console) staleEntries(b *strings.Builder, d *Declaration) {
	if len(d.Stale) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", c.strong("stale in "+oneLine(d.File, 0)))
	for _, s := range d.Stale {
		fmt.Fprintf(b, "  line %d  %s: %s\n", s.Line, oneLine(s.Entry, 0), oneLine(s.Why, 0))
	}
}

// explain writes one result with the evidence a person wants first.
func (c *Console) explain(b *strings.Builder, r *Report, x Result) {
	title := ""
	if k := r.caseOf(x.Case); k != nil {
		title = k.Title
	}
	fmt.Fprintf(b, "\n  %s  %s%s\n", c.mark(x.Verdict, 0), oneLine(x.Case, 0), after(" · ", oneLine(title, 0)))
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "     %-9s %s\n", name, strings.ReplaceAll(printable(value), "\n", "\n               "))
		}
	}
	field("on", x.Target)
	if x.isStale() {
		field("declared", x.Declared.Reason+after(" · ", x.Declared.Link))
		field("stale", x.Declared.Stale)
	}
	f := x.Failure
	if f == nil {
		field("reason", x.Reason)
		return
	}
	field("step", f.Step)
	field("expected", strings.Join(f.Expected, "\nor "))
	if f.Got != "" {
		field("got", f.Got+after(" in answer to ", f.Request))
	} else {
		field("because", f.Message)
	}
	if f.Node != "" {
		field("node", fmt.Sprintf("%s, %s into the scenario", f.Node, duration(f.AtMillis)))
	}
}

func (c *Console) counts(b *strings.Builder, r *Report) {
	table := r.tally()
	if len(table.rows) == 0 {
		return
	}
	width := 0
	for _, row := range table.rows {
		width = max(width, len(row.target.Name))
	}
	fmt.Fprintf(b, "\n%s\n  %-*s", c.strong("verdicts"), width, "")
	for _, v := range table.verdicts {
		fmt.Fprintf(b, "  %s", c.paint(v, string(v)))
	}
	b.WriteString("\n")
	for _, row := range table.rows {
		fmt.Fprintf(b, "  %-*s", width, oneLine(row.target.Name, 0))
		for _, v := range table.verdicts {
			count := fmt.Sprint(row.counts[v])
			if row.counts[v] == 0 {
				count = "·"
			}
			fmt.Fprintf(b, "  %*s", len(v), count)
		}
		b.WriteString("\n")
	}
}

func (c *Console) targets(b *strings.Builder, r *Report) {
	if len(r.Targets) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", c.strong("targets"))
	for _, t := range r.Targets {
		if t.Joined {
			fmt.Fprintf(b, "  joined  %s%s\n", oneLine(t.Name, 0), after(" · ", oneLine(t.identity(), 0)))
		}
	}
	for _, t := range r.Targets {
		if !t.Joined {
			fmt.Fprintf(b, "  absent  %s%s\n", oneLine(t.Name, 0), after(" · ", oneLine(t.Reason, 0)))
		}
	}
}

// rerun writes a command for each target with unexpected results, or one for all where they are many and the report was written.
func (c *Console) rerun(b *strings.Builder, r *Report, dir string) {
	ids := map[string][]string{}
	for _, x := range r.having(func(x *Result) bool { return x.Verdict == Fail && x.unexpected() }) {
		ids[x.Target] = append(ids[x.Target], x.Case)
	}
	for _, t := range r.Targets {
		switch list := ids[t.Name]; {
		case len(list) > maxRerunIDs && dir != "":
			fmt.Fprintf(b, "rerun   clusterspec run --rerun-failed %s\n", shellQuote(filepath.Join(dir, FileJSON)))
			return
		case len(list) > maxRerunIDs:
			fmt.Fprintf(b, "rerun   %d cases on %s: with a report there is a command for it\n", len(list), oneLine(t.Name, 0))
		case len(list) > 0:
			fmt.Fprintf(b, "rerun   %s\n", printable(r.RerunCommand(t.Spec, list...)))
		}
	}
}

// mark is the verdict's letter and, if width is not 0, its word, padded to that many columns.
func (c *Console) mark(v Verdict, width int) string {
	text := v.Letter()
	if width > 0 {
		text = fmt.Sprintf("%s %-*s", text, width, string(v))
	}
	return c.paint(v, text)
}

// ANSI colours of the verdicts: hues only, so that they work on light and dark terminals.
var ansi = map[Verdict]string{
	Pass: "32", Fail: "1;31", HarnessError: "1;35", Inconclusive: "33", Flaky: "33", Deviation: "36", Unsupported: "2", NotRun: "2",
}

func (c *Console) paint(v Verdict, text string) string {
	if !c.options.Color {
		return text
	}
	return "\x1b[" + ansi[v] + "m" + text + "\x1b[0m"
}

func (c *Console) strong(text string) string {
	if !c.options.Color {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// printable keeps a server's bytes from steering the terminal: control characters but line breaks are written as escapes.
func printable(text string) string {
	clean := func(r rune) bool { return r == '\n' || unicode.IsPrint(r) }
	if strings.IndexFunc(text, func(r rune) bool { return !clean(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if clean(r) {
			b.WriteRune(r)
		} else {
			quoted := fmt.Sprintf("%+q", r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// oneLine returns the text as one printable line, cut after limit runes if limit is not 0.
func oneLine(text string, limit int) string {
	line := []rune(strings.Join(strings.Fields(printable(text)), " "))
	if limit > 0 && len(line) > limit {
		return string(line[:limit-1]) + "…"
	}
	return string(line)
}

// after returns separator and text, or nothing if there is no text.
func after(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}
