// Package histogram writes and reads the histograms that lie beside a result, in the forms of HdrHistogram's own tools: percentiles (.hgrm) and one
// histogram an interval (.hlog). All of them have the range and the precision of load.NewHistogram, so that they are merged without loss.
package histogram

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/clusterspec/clusterspec/bench/load"
)

// dir is the folder for them, beside the result.
const dir = "series"

// FileNames are the files of a party of a series: its place keeps them apart where names do not.
func FileNames(id string, place int, name string) (percentiles, intervals string) {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.':
			return r
		}
		return '-'
	}, name)
	const maxSlug = 40
	stem := fmt.Sprintf("%s/%s-%d-%s", dir, id, place, strings.Trim(slug[:min(len(slug), maxSlug)], "-"))
	return stem + ".hgrm", stem + ".hlog"
}

// Percentiles is the text of an .hgrm file: the percentile distribution in milliseconds, as HdrHistogram's plotters read it.
func Percentiles(h *hdrhistogram.Histogram) ([]byte, error) {
	const (
		ticksPerHalfDistance = 5
		millisecond          = float64(time.Millisecond)
	)
	var text bytes.Buffer
	if _, err := h.PercentilesPrint(&text, ticksPerHalfDistance, millisecond); err != nil {
		return nil, fmt.Errorf("writing percentiles: %w", err)
	}
	return text.Bytes(), nil
}

// Log is an .hlog file in the making: intervals of nanoseconds, one after the other.
type Log struct {
	body bytes.Buffer
	base int64 // the second in which the first interval starts, in milliseconds since 1970; the file can only name whole seconds
	err  error
}

// Add adds an interval, whose start and end the histogram itself knows, under a tag.
func (l *Log) Add(h *hdrhistogram.Histogram, tag string) {
	if l.base == 0 {
		l.base = h.StartTimeMs() / 1000 * 1000
	}
	h.SetTag(tag)
	w := hdrhistogram.NewHistogramLogWriter(&l.body)
	w.SetBaseTime(l.base)
	l.err = errors.Join(l.err, w.OutputIntervalHistogram(h))
}

// Text is the whole file, version 1.3, with times relative to its base time. The comment says what the intervals are of.
func (l *Log) Text(comment string) ([]byte, error) {
	var text bytes.Buffer
	w := hdrhistogram.NewHistogramLogWriter(&text)
	err := errors.Join(l.err,
		w.OutputLogFormatVersion(),
		w.OutputComment("["+comment+"]"),
		w.OutputBaseTime(l.base),
		w.OutputStartTime(l.base),
		w.OutputLegend())
	if err != nil {
		return nil, fmt.Errorf("writing intervals: %w", err)
	}
	text.Write(l.body.Bytes())
	return text.Bytes(), nil
}

// ReadLog reads the intervals of an .hlog file. One of another range or precision is an error: it could not be merged without loss.
func ReadLog(text []byte) (intervals []*hdrhistogram.Histogram, err error) {
	ours := load.NewHistogram()
	for r := hdrhistogram.NewHistogramLogReader(bytes.NewReader(text)); ; {
		h, err := r.NextIntervalHistogram()
		if err != nil {
			return nil, fmt.Errorf("reading interval %d: %w", len(intervals)+1, err)
		}
		if h == nil {
			return intervals, nil
		}
		if h.LowestTrackableValue() != ours.LowestTrackableValue() || h.HighestTrackableValue() != ours.HighestTrackableValue() || h.SignificantFigures() != ours.SignificantFigures() {
			return nil, fmt.Errorf("reading interval %d: it is a histogram of %d to %d with %d digits, and not of %d to %d with %d", len(intervals)+1,
				h.LowestTrackableValue(), h.HighestTrackableValue(), h.SignificantFigures(), ours.LowestTrackableValue(), ours.HighestTrackableValue(), ours.SignificantFigures())
		}
		intervals = append(intervals, h)
	}
}
