package reports

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteExplanation writes a case of the report as a page of text: what was asked and why, and of each target what came of it. Targets that passed are one
// line, unless the case passed everywhere or whole is set.
func WriteExplanation(w io.Writer, r *Report, id string, whole bool) error {
	c := r.caseOf(id)
	if c == nil {
		return fmt.Errorf("explaining %q: the report has no such case; it has %s%s", id, plural(len(r.Cases), "case"), r.nearly(id))
	}
	p := &page{}
	p.line("%s · %s · %s", c.ID, strings.ToUpper(string(c.Level)), c.Title)
	p.field("requires", c.Rule)
	p.field("source", c.Source)
	p.field("feature", fmt.Sprintf("%s:%d", c.Feature, c.Line))
	passed := true
	grid := r.grid()
	for _, t := range r.Targets {
		x, ok := grid[cell{id, t.Name}]
		passed = passed && (!ok || x.Verdict == Pass)
	}
	for _, t := range r.Targets {
		x, ok := grid[cell{id, t.Name}]
		switch {
		case !ok:
			p.line("\n%s did not join: %s", t.Name, t.Reason)
		case x.Verdict == Pass && !passed && !whole && !x.isStale():
			p.line("\n%s  %s %s, %s", t.Name, x.Verdict.Letter(), x.Verdict.Word(), duration(x.DurationMillis))
		default:
			p.result(r, t, x)
		}
	}
	_, err := io.WriteString(w, p.text.String())
	return err
}

// nearly names cases below the id that was asked for.
func (r *Report) nearly(id string) string {
	var below []string
	for _, c := range r.Cases {
		if strings.HasPrefix(c.ID, strings.TrimSuffix(id, "/")+"/") {
			below = append(below, c.ID)
		}
	}
	if len(below) == 0 {
		return ""
	}
	return ", such as " + strings.Join(below[:min(3, len(below))], ", ")
}

// page is a text in the making.
type page struct{ text strings.Builder }

func (p *page) line(format string, args ...any) {
	p.text.WriteString(printable(fmt.Sprintf(format, args...)) + "\n")
}

// field is a name and a text, which may have several lines; nothing if the text is empty.
func (p *page) field(name, text string) {
	if text != "" {
		p.line("  %-10s %s", name, strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n             "))
	}
}

// result is what one target did.
func (p *page) result(r *Report, t Target, x Result) {
	p.line("\n%s  %s %s, %s%s", t.Name, x.Verdict.Letter(), x.Verdict.Word(), duration(x.DurationMillis), after(" · ", t.identity()))
	if x.Runs > 1 {
		p.field("runs", fmt.Sprintf("passed %d of %d", x.Passed, x.Runs))
	}
	p.field("before", string(x.Before))
	if d := x.Declared; d != nil {
		p.field("declared", d.Reason+after(" · ", d.Link)+after(" · until ", d.Expires))
		p.field("stale", d.Stale)
	}
	if f := x.Failure; f != nil {
		p.field("step", f.Step)
		p.field("expected", strings.Join(f.Expected, "\nor "))
		if f.Got != "" {
			p.field("got", f.Got)
		} else {
			p.field("because", f.Message)
		}
		p.field("seen", strings.TrimSpace(after("on node ", f.Node)+" "+duration(f.AtMillis)+" into the scenario"))
	} else {
		p.field("reason", x.Reason)
	}
	p.steps(x.Steps)
	p.waits(x.Waits)
	if wr := x.Writes; wr != nil {
		p.field("writes", fmt.Sprintf("%d acknowledged to %d keys; %d lost, %d unread at the end", wr.Acknowledged, wr.Keys, wr.Lost, wr.Unread))
	}
	p.timeline(x.Timeline)
	p.beliefs(readBeliefs(x.Nodes))
	p.line("")
	p.field("reproduce", r.RerunCommand(t.Spec, x.Case))
}

func (p *page) steps(steps []Step) {
	if len(steps) > 0 {
		p.line("\n  steps")
	}
	for _, s := range steps {
		p.line("    %s %8s  %s", s.Verdict.Letter(), duration(s.DurationMillis), s.Keyword+" "+strings.ReplaceAll(s.Text, "\n", "\n                  "))
	}
}

func (p *page) waits(waits []Wait) {
	if len(waits) > 0 {
		p.line("\n  waits")
	}
	for _, w := range waits {
		p.line("    %8s of %-8s  %s", duration(w.UsedMillis), duration(w.AllowedMillis), w.What)
	}
}

// moment is something of a timeline in words.
type moment struct {
	at   int64
	text string
}

// timeline tells exchanges, frames and faults in the order of time.
func (p *page) timeline(line Timeline) {
	var all []moment
	for _, e := range line.Exchanges {
		all = append(all, moment{e.AtMillis, fmt.Sprintf("client → %-4s %s: %s", e.Node, e.Request, e.Reply)})
	}
	for _, f := range line.Frames {
		lost := ""
		if f.Lost {
			lost = " (lost)"
		}
		all = append(all, moment{f.AtMillis, fmt.Sprintf("bus  %3s → %-4s %s%s%s", f.From, f.To, f.Type, after(": ", f.Text), lost)})
	}
	for _, f := range line.Faults {
		all = append(all, moment{f.AtMillis, fmt.Sprintf("*** %s %s: %s", f.Kind, sentenceList(f.Nodes), f.Text)})
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	p.line("\n  timeline (seconds)")
	for _, m := range all {
		p.line("    %8s  %s", seconds(m.at), m.text)
	}
	if line.Dropped > 0 {
		p.line("              and %d more that were not kept", line.Dropped)
	}
}

// beliefs says of each node what the others believe, once for all who believe the same.
func (p *page) beliefs(grid beliefs) {
	if len(grid.Rows) == 0 {
		return
	}
	p.line("\n  beliefs")
	for _, row := range grid.Rows {
		if !row.Node.Alive {
			p.line("    %s did not answer", row.Node.Name)
		}
	}
	for i, s := range grid.Subjects {
		who := map[string][]string{}
		var said []string
		for _, row := range grid.Rows {
			if !row.Node.Alive {
				continue
			}
			text := row.Cells[i].words()
			if who[text] == nil {
				said = append(said, text)
			}
			who[text] = append(who[text], row.Node.Name)
		}
		for _, text := range said {
			p.line("    %-4s %s, say %s", s.Name, text, sentenceList(who[text]))
		}
	}
}

// words are a belief for people.
func (b belief) words() string {
	if !b.Known {
		return "is unknown"
	}
	text := "is " + b.Role + " with config epoch " + b.Epoch
	if len(b.Slots) > 0 {
		text += ", slots " + strings.Join(b.Slots, " ")
	}
	return text + after(", ", strings.Join(b.Trouble, ", "))
}
