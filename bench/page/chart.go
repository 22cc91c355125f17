package page

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/bench/result"
)

// chart is a small picture of lines over two axes, ready for the template. Colours, dashes and markers are the stylesheet's, so that it follows the
// reader's scheme; the same figures stand in the table below it.
type chart struct {
	Title, Note, XLabel, YLabel string
	XTicks, YTicks              []tick
	Curves                      []curve
	Table                       table
}

type tick struct {
	At    px
	Label string
}

// curve is one target's line and its marked points.
type curve struct {
	*target
	Path   string
	Points []point
}

type point struct {
	X, Y  px
	Label string // what the pointer finds
}

// table is the text of a chart.
type table struct {
	Head []string
	Rows [][]string
}

// px is a place in a picture.
type px float64

func (p px) String() string { return fmt.Sprintf("%.1f", float64(p)) }

// The size of a chart: a third of the page, or a phone's width.
const (
	chartWidth   = 340
	chartHeight  = 220
	chartLeft    = 52
	chartRight   = chartWidth - 8
	chartTop     = 8
	chartBottom  = chartHeight - 36
	maxAxisTicks = 6
)

// axis maps values to places.
type axis struct {
	label  string
	low    float64
	high   float64
	log    bool
	ticks  []float64
	format func(float64) string
}

// at is where a value lies, from 0 to 1; beyond the ends it is at the end.
func (a axis) at(v float64) float64 {
	low, high := a.low, a.high
	if a.log {
		low, high, v = math.Log(low), math.Log(high), math.Log(v)
	}
	return min(1, max(0, (v-low)/(high-low)))
}

// ticksBetween are the ends mapped to pixels.
func (a axis) ticksBetween(from, to float64) (ticks []tick) {
	for _, v := range a.ticks {
		ticks = append(ticks, tick{px(from + a.at(v)*(to-from)), a.format(v)})
	}
	return ticks
}

// linearAxis goes from 0 to the largest value, with round ticks; bytes are round in KiB.
func linearAxis(label string, values []float64, format func(float64) string) axis {
	high := 0.0
	for _, v := range values {
		high = max(high, v)
	}
	if high == 0 {
		high = 1
	}
	scale := 1.0
	for label == bytesUnit && high >= scale*1024 {
		scale *= 1024
	}
	step := math.Pow(10, math.Floor(math.Log10(high/scale))) * scale
	for _, finer := range []float64{0.2, 0.5, 1, 2, 5} {
		if high/(step*finer) < maxAxisTicks-1 {
			step *= finer
			break
		}
	}
	a := axis{label: label, format: format}
	for i := 0; ; i++ {
		a.high = float64(i) * step
		a.ticks = append(a.ticks, a.high)
		if a.high >= high {
			return a
		}
	}
}

// logAxis goes from the smallest value above 0 to the largest, both ends at a 1, 2 or 5.
func logAxis(label string, values []float64, format func(float64) string) axis {
	low, high := math.Inf(1), 0.0
	for _, v := range values {
		if v > 0 {
			low, high = min(low, v), max(high, v)
		}
	}
	if high == 0 {
		low, high = 1, 10
	}
	a := axis{label: label, log: true, format: format}
	for _, steps := range [][]float64{{1, 2, 5}, {1}} {
		a.ticks = a.ticks[:0]
		for decade := math.Floor(math.Log10(low)); ; decade++ {
			for _, s := range steps {
				a.ticks = append(a.ticks, s*math.Pow(10, decade))
			}
			if a.ticks[len(a.ticks)-1] >= high {
				break
			}
		}
		for len(a.ticks) > 2 && a.ticks[1] <= low {
			a.ticks = a.ticks[1:]
		}
		for len(a.ticks) > 2 && a.ticks[len(a.ticks)-2] >= high {
			a.ticks = a.ticks[:len(a.ticks)-1]
		}
		if len(a.ticks) <= maxAxisTicks {
			break
		}
	}
	if len(a.ticks) < 2 {
		a.ticks = append(a.ticks, a.ticks[0]*10)
	}
	a.low, a.high = a.ticks[0], a.ticks[len(a.ticks)-1]
	return a
}

// sizeAxis has a tick at each of the sizes that were measured.
func sizeAxis(label string, sizes []float64) axis {
	sizes = slices.Compact(slices.Sorted(slices.Values(sizes)))
	a := axis{label: label, log: true, ticks: sizes, format: count}
	if len(sizes) == 0 {
		return axis{label: label, high: 1}
	}
	a.low, a.high = sizes[0], sizes[len(sizes)-1]
	if a.low <= 0 || a.low == a.high {
		a.log, a.low, a.high = false, 0, max(1, 2*a.high)
	}
	return a
}

// line is what is drawn for a target: a path, and points on it that are marked.
type line struct {
	target *target
	path   []result.Point
	marked []result.Point
}

// draw makes a chart of lines.
func draw(title string, x, y axis, lines []line) chart {
	c := chart{
		Title: title, XLabel: x.label, YLabel: y.label,
		XTicks: x.ticksBetween(chartLeft, chartRight), YTicks: y.ticksBetween(chartBottom, chartTop),
	}
	place := func(p result.Point) (px, px) {
		return px(chartLeft + x.at(p.X)*(chartRight-chartLeft)), px(chartBottom - y.at(p.Y)*(chartBottom-chartTop))
	}
	for _, l := range lines {
		drawn := curve{target: l.target}
		var path strings.Builder
		for _, p := range l.path {
			at, height := place(p)
			fmt.Fprintf(&path, "%c%v %v", "ML"[min(1, path.Len())], at, height)
		}
		for _, p := range l.marked {
			at, height := place(p)
			drawn.Points = append(drawn.Points, point{at, height, fmt.Sprintf("%s: %s at %s", l.target.Name, y.format(p.Y), x.format(p.X))})
		}
		drawn.Path = path.String()
		c.Curves = append(c.Curves, drawn)
	}
	return c
}

// values collects coordinates for an axis.
func values(lines []line, of func(result.Point) float64) (all []float64) {
	for _, l := range lines {
		for _, p := range l.path {
			all = append(all, of(p))
		}
	}
	return all
}

func yOf(p result.Point) float64 { return p.Y }
func xOf(p result.Point) float64 { return p.X }

// count is a number in three digits or so: "250", "12.3k", "1.33M".
func count(v float64) string {
	for _, scale := range []struct {
		of   float64
		name string
	}{{1e6, "M"}, {1e3, "k"}} {
		if v >= scale.of {
			return number(v/scale.of) + scale.name
		}
	}
	return number(v)
}

func number(v float64) string {
	return trim(fmt.Sprintf("%.*f", max(0, 2-int(math.Log10(max(1, v)))), v))
}

const bytesUnit = "bytes"

// inUnit formats values of a unit for an axis: "50 us", "200k", "5 KiB", without needless zeros.
func inUnit(unit string) func(float64) string {
	switch unit {
	case "ns":
		return func(v float64) string {
			text, name, _ := strings.Cut(result.Format(v, unit), " ")
			if v == 0 {
				return "0"
			}
			return trim(text) + " " + name
		}
	case bytesUnit:
		return func(v float64) string {
			names := []string{"B", "KiB", "MiB", "GiB"}
			for v >= 1024 && len(names) > 1 {
				v, names = v/1024, names[1:]
			}
			return number(v) + " " + names[0]
		}
	}
	return count
}

// trim takes away zeros behind a point.
func trim(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
