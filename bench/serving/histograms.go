package serving

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The files of histograms that lie beside a result, in a folder of their own.
const filesDir = "series"

// fileNames are the files of a party: its place keeps them apart where names do not.
func fileNames(id string, place int, name string) (percentiles, intervals string) {
	slug := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.':
			return r
		}
		return '-'
	}, name)
	const maxSlug = 40
	stem := fmt.Sprintf("%s/%s-%d-%s", filesDir, id, place, strings.Trim(slug[:min(len(slug), maxSlug)], "-"))
	return stem + ".hgrm", stem + ".hlog"
}

// percentileText is the percentile distribution in milliseconds, in the form that HdrHistogram's plotters read.
func percentileText(h *hdrhistogram.Histogram) ([]byte, error) {
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

// intervalLog is an .hlog file in the making.
type intervalLog struct {
	body bytes.Buffer
	base int64 // the second in which the first interval starts, in milliseconds since 1970; the file can only name whole seconds
	err  error
}

func (l *intervalLog) add(h *hdrhistogram.Histogram, tag string) {
	if l.base == 0 {
		l.base = h.StartTimeMs() / 1000 * 1000
	}
	h.SetTag(tag)
	w := hdrhistogram.NewHistogramLogWriter(&l.body)
	w.SetBaseTime(l.base)
	l.err = errors.Join(l.err, w.OutputIntervalHistogram(h))
}

// text is the whole .hlog file, version 1.3: intervals in nanoseconds, times relative to its base time.
func (l *intervalLog) text() ([]byte, error) {
	var text bytes.Buffer
	w := hdrhistogram.NewHistogramLogWriter(&text)
	err := errors.Join(l.err,
		w.OutputLogFormatVersion(),
		w.OutputComment("[Latencies in nanoseconds; only the slices of one party of a duet]"),
		w.OutputBaseTime(l.base),
		w.OutputStartTime(l.base),
		w.OutputLegend())
	if err != nil {
		return nil, fmt.Errorf("writing intervals: %w", err)
	}
	text.Write(l.body.Bytes())
	return text.Bytes(), nil
}
