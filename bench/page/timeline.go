package page

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/bench/result"
)

// timelineView is what clients of one target saw, drawn on the scales of all: three panels over one clock, with phases behind them, marks across
// them and a row of bars for each range of slots that accepted no write for a while.
type timelineView struct {
	*target
	Setting string
	Height  px
	Axis    px // where the clock is
	Phases  []phaseBand
	Marks   []markLine
	Panels  []panel
	Outages []outageRow
	XTicks  []tick
	Table   table
	Notes   []string
}

type phaseBand struct {
	X, Width, Middle, Y px
	Name                string
	Odd                 bool
}

// markLine is a moment; its number stands at Label, beside the line where there are many at once.
type markLine struct {
	X     px
	Label px
	N     int
	At    string
	What  string
	Fault bool
}

type panel struct {
	Name        string
	Top, Bottom px
	Ticks       []tick
	// Path is a line; Bars is a shape to fill.
	Path, Bars string
}

type outageRow struct {
	Slots string
	Y     px
	Bars  []outageBar
}

type outageBar struct {
	X, Width px
	Label    string
}

// The size of a time line.
const (
	timelineWidth  = 840
	timelineLeft   = 76
	timelineRight  = timelineWidth - 10
	phasesHeight   = 36 // names of neighbours stand at different heights
	marksHeight    = 34
	markGap        = 16 // between numbers
	panelGap       = 26
	outageHeight   = 16
	answeredHeight = 100
	latencyHeight  = 100
	failedHeight   = 56
	clockHeight    = 24
)

// clock is what all time lines share.
type clock struct {
	time, answered, p99, failed axis
	slots                       []string
}

func newClock(timelines []result.Timeline) clock {
	var ends, answered, p99, failed []float64
	var c clock
	for i := range timelines {
		t := &timelines[i]
		perSecond := 1000 / float64(max(1, t.IntervalMillis))
		ends = append(ends, float64(t.IntervalMillis)*float64(len(t.Intervals))/1e3)
		for _, in := range t.Intervals {
			answered = append(answered, float64(in.Answered)*perSecond)
			failed = append(failed, float64(in.Failed)*perSecond)
			p99 = append(p99, float64(in.P99))
		}
		for _, o := range t.Outages {
			if !slices.Contains(c.slots, o.Slots) {
				c.slots = append(c.slots, o.Slots)
			}
		}
	}
	slices.SortFunc(c.slots, func(a, b string) int { return firstSlot(a) - firstSlot(b) })
	seconds := func(v float64) string { return count(v) + " s" }
	c.time = linearAxis("seconds", ends, seconds)
	c.time.high = max(1, slices.Max(append(ends, 0))) // no empty stretch at the end
	c.time.ticks = slices.DeleteFunc(c.time.ticks, func(v float64) bool { return v > c.time.high })
	c.answered, c.failed = linearAxis("", answered, count), linearAxis("", failed, count)
	c.p99 = logAxis("", p99, inUnit("ns"))
	return c
}

func firstSlot(slots string) (first int) {
	fmt.Sscan(strings.ReplaceAll(slots, "-", " "), &first)
	return first
}

func (c clock) x(seconds float64) px {
	return px(timelineLeft + c.time.at(seconds)*(timelineRight-timelineLeft))
}

func (c clock) xMillis(millis int64) px { return c.x(float64(millis) / 1e3) }

func (v *view) timeline(t *result.Timeline, c clock) timelineView {
	view := timelineView{target: v.target(t.Target), Setting: t.Setting(), Notes: t.Notes(), Table: phaseTable(t)}
	for i, p := range t.Phases {
		from, to := c.xMillis(p.FromMillis), c.xMillis(p.ToMillis)
		view.Phases = append(view.Phases, phaseBand{from, to - from, (from + to) / 2, px(14 + i%2*14), p.Name, i%2 == 1})
	}
	view.Marks = c.marks(t.Marks)
	perSecond := 1000 / float64(max(1, t.IntervalMillis))
	width := float64(t.IntervalMillis) / 1e3
	y := px(phasesHeight + marksHeight)
	for _, p := range []struct {
		name   string
		height px
		axis   axis
		bars   bool
		of     func(result.Interval) float64
	}{
		{"answered a second", answeredHeight, c.answered, false, func(in result.Interval) float64 { return float64(in.Answered) * perSecond }},
		{"latency, p99", latencyHeight, c.p99, false, func(in result.Interval) float64 {
			if in.Answered == 0 {
				return math.NaN()
			}
			return float64(in.P99)
		}},
		{"failed a second", failedHeight, c.failed, true, func(in result.Interval) float64 { return float64(in.Failed) * perSecond }},
	} {
		y += panelGap - 6
		made := panel{Name: p.name, Top: y, Bottom: y + p.height}
		made.Ticks = p.axis.ticksBetween(float64(made.Bottom), float64(made.Top))
		if p.bars {
			made.Ticks = []tick{made.Ticks[0], made.Ticks[len(made.Ticks)-1]}
		}
		var path, bars strings.Builder
		pen := 'M'
		for i, in := range t.Intervals {
			value := p.of(in)
			if math.IsNaN(value) {
				pen = 'M'
				continue
			}
			height := made.Bottom - px(p.axis.at(value))*p.height
			if from, to := c.x(float64(i)*width), c.x(float64(i+1)*width); p.bars && value > 0 {
				fmt.Fprintf(&bars, "M%v %vV%vH%vV%vZ", from, made.Bottom, min(height, made.Bottom-1), to, made.Bottom)
			}
			if !p.bars {
				fmt.Fprintf(&path, "%c%v %v", pen, c.x((float64(i)+0.5)*width), height)
				pen = 'L'
			}
		}
		made.Path, made.Bars = path.String(), bars.String()
		view.Panels = append(view.Panels, made)
		y = made.Bottom + 6
	}
	y += 10
	for _, slots := range c.slots {
		row := outageRow{Slots: slots, Y: y}
		for _, o := range t.Outages {
			if o.Slots == slots {
				from, to := c.xMillis(o.FromMillis), c.xMillis(o.ToMillis)
				row.Bars = append(row.Bars, outageBar{from, max(2, to-from), fmt.Sprintf("slots %s: no write for %d ms: %s", slots, o.ToMillis-o.FromMillis, o.Because)})
			}
		}
		view.Outages = append(view.Outages, row)
		y += outageHeight
	}
	view.Axis = y + 4
	view.Height = view.Axis + clockHeight
	view.XTicks = c.time.ticksBetween(timelineLeft, timelineRight)
	return view
}

// marks places the numbers of moments near them, in order and none over another.
func (c clock) marks(marks []result.Mark) (lines []markLine) {
	for i, m := range marks {
		l := markLine{X: c.xMillis(m.AtMillis), N: i + 1, At: fmt.Sprintf("%.1f s", float64(m.AtMillis)/1e3), What: m.What, Fault: m.Fault}
		l.Label = l.X
		if i > 0 {
			l.Label = max(l.Label, lines[i-1].Label+markGap)
		}
		lines = append(lines, l)
	}
	room := px(timelineRight)
	for i := len(lines) - 1; i >= 0; i-- {
		lines[i].Label = min(lines[i].Label, room)
		room = lines[i].Label - markGap
	}
	return lines
}

// phaseTable is the time line in figures, phase by phase.
func phaseTable(t *result.Timeline) table {
	all := table{Head: []string{"phase", "took", "requests", "failed", "redirects a request", "p50", "p99", "worst second", "max", "besides"}}
	nanos := func(v int64) string { return result.Format(float64(v), "ns") }
	for i := range t.Phases {
		p := &t.Phases[i]
		var facts []string
		for _, f := range p.Facts {
			facts = append(facts, f.Name+": "+result.Format(f.Value, f.Unit))
		}
		all.Rows = append(all.Rows, []string{
			p.Name, fmt.Sprintf("%.1f s", float64(p.ToMillis-p.FromMillis)/1e3), fmt.Sprint(p.Counts.Sent), fmt.Sprint(p.Counts.Failed()), fmt.Sprintf("%.3f", p.RedirectsPerRequest),
			nanos(p.Latency.P50), nanos(p.Latency.P99), nanos(p.WorstSecond), nanos(p.Latency.Max), strings.Join(facts, "; "),
		})
	}
	return all
}
