package page

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
)

// deepest is the last percentile that is drawn, as log10(1/(1-p)): 99.999 %.
const deepest = 5

// percentileChart has a curve for each party, the base's twin among them: how far those two are apart is how much the curves tell.
func (v *view) percentileChart(s *result.Series, files map[string][]byte) chart {
	var lines []line
	t := table{Head: []string{"", "p50", "p90", "p99", "p99.9", "p99.99", "max"}}
	for i := range s.Parties {
		p := &s.Parties[i]
		l := line{target: v.target(p.Name), marked: knownPercentiles(&p.Latency)}
		if l.path = readPercentiles(files[p.PercentileFile]); len(l.path) == 0 {
			l.path = l.marked
		}
		if l.target.Twin {
			l.marked = nil
		}
		lines = append(lines, l)
		row := []string{p.Name}
		for _, nanos := range []int64{p.Latency.P50, p.Latency.P90, p.Latency.P99, p.Latency.P999, p.Latency.P9999, p.Latency.Max} {
			row = append(row, result.Format(float64(nanos), "ns"))
		}
		t.Rows = append(t.Rows, row)
	}
	x := axis{label: "% of the requests are faster", format: percentile}
	for _, at := range values(lines, xOf) {
		x.high = max(x.high, math.Ceil(at-0.01))
	}
	x.high = max(1, x.high)
	for i := 0.0; i <= x.high; i++ {
		x.ticks = append(x.ticks, i)
	}
	c := draw(loadOf(s), x, logAxis("latency", values(lines, yOf), inUnit("ns")), lines)
	c.Table = t
	return c
}

// loadOf is what was asked of the server.
func loadOf(s *result.Series) string {
	if s.Loop == result.LoopOpen {
		return fmt.Sprintf("%s at %s requests/s", s.Operation, count(math.Round(s.RatePerSecond)))
	}
	return fmt.Sprintf("%s, pipeline %d, as fast as it goes", s.Operation, s.Pipeline)
}

// percentile writes log10(1/(1-p)) as p in per cent: 3 is "99.9".
func percentile(at float64) string {
	return trim(fmt.Sprintf("%.*f", max(0, int(at)-1), 100*(1-math.Pow(10, -at))))
}

// knownPercentiles are those that are in the result itself, as far as there were enough requests for them.
func knownPercentiles(p *result.Percentiles) (points []result.Point) {
	for _, known := range []struct {
		at    float64
		nanos int64
	}{{math.Log10(2), p.P50}, {1, p.P90}, {2, p.P99}, {3, p.P999}, {4, p.P9999}} {
		if float64(p.Count) >= math.Pow(10, known.at) {
			points = append(points, result.Point{X: known.at, Y: float64(known.nanos)})
		}
	}
	return points
}

// readPercentiles reads an .hgrm file: lines of a value in milliseconds, a percentile as a fraction, how many requests were as fast, and 1/(1-p).
func readPercentiles(text []byte) (points []result.Point) {
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) != 4 { // the head, the notes at the end, and the maximum, which is at infinity
			continue
		}
		millis, err := strconv.ParseFloat(words[0], 64)
		inverse, err2 := strconv.ParseFloat(words[3], 64)
		if err != nil || err2 != nil || millis <= 0 || inverse < 1 || math.IsInf(inverse, 0) {
			continue
		}
		if at := math.Log10(inverse); at <= deepest {
			points = append(points, result.Point{X: at, Y: millis * float64(time.Millisecond)})
		}
	}
	return points
}
