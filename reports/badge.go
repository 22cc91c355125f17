package reports

import (
	"fmt"
	"html"
	"io"
	"strings"
	"unicode/utf8"
)

// Badge is a label and what there is to say, for a README.
type Badge struct {
	// Area is what it is about; "" is everything.
	Area string
	// Message counts: "212 pass, 3 known". It is no score: what does not pass is named.
	Message string
	colour  string
}

// The colours of badges, dark enough for white letters (a contrast of 4.5 and more).
const (
	badgeGood    = "#2b7a2b"
	badgeKnown   = "#8a6100"
	badgeBad     = "#b3261e"
	badgeNothing = "#5f6368"
)

// Badges are those of a target: one over all, and one for each area in the order of the report.
func (r *Report) Badges(target string) []Badge {
	areas := []string{""}
	counts := map[string]map[Verdict]int{"": {}}
	bad := map[string]int{}
	grid := r.grid()
	for _, c := range r.Cases {
		x, ok := grid[cell{c.ID, target}]
		if !ok {
			continue
		}
		if counts[c.Area] == nil {
			counts[c.Area], areas = map[Verdict]int{}, append(areas, c.Area)
		}
		for _, area := range []string{"", c.Area} {
			counts[area][x.Verdict]++
			if x.unexpected() || x.undecided() || x.Verdict == HarnessError {
				bad[area]++
			}
		}
	}
	var all []Badge
	for _, area := range areas {
		all = append(all, newBadge(area, counts[area], bad[area]))
	}
	return all
}

func newBadge(area string, counts map[Verdict]int, bad int) Badge {
	b := Badge{Area: area, colour: badgeGood}
	known := counts[Deviation] + counts[Fail] + counts[Flaky] + counts[Inconclusive] + counts[NotRun] + counts[HarnessError] - bad
	var parts []string
	for _, part := range []struct {
		n    int
		word string
	}{{counts[Pass], "pass"}, {bad, "unexpected"}, {max(0, known), "known"}, {counts[Unsupported], "unsupported"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.word))
		}
	}
	b.Message = strings.Join(parts, ", ")
	switch {
	case bad > 0:
		b.colour = badgeBad
	case counts[Pass] == 0:
		b.colour = badgeNothing
	case known > 0:
		b.colour = badgeKnown
	}
	if b.Message == "" {
		b.Message = "nothing ran"
	}
	return b
}

// WriteSVG writes the badge as an image that needs no font and no network, with its text for those who cannot see it.
func (b Badge) WriteSVG(w io.Writer) error {
	const height, perRune, padding = 20, 7, 10
	label := strings.TrimSpace("cluster " + b.Area)
	left, right := utf8.RuneCountInString(label)*perRune+padding, utf8.RuneCountInString(b.Message)*perRune+padding
	label, message := html.EscapeString(label), html.EscapeString(b.Message)
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" role="img" aria-label="%[3]s: %[4]s"><title>%[3]s: %[4]s</title>
<clipPath id="c"><rect width="%[1]d" height="%[2]d" rx="3"/></clipPath>
<g clip-path="url(#c)"><rect width="%[5]d" height="%[2]d" fill="#3c4043"/><rect x="%[5]d" width="%[6]d" height="%[2]d" fill="%[7]s"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="%[8]d" y="14" textLength="%[9]d">%[3]s</text><text x="%[10]d" y="14" textLength="%[11]d">%[4]s</text></g>
</svg>
`, left+right, height, label, message, left, right, b.colour, left/2, left-padding, left+right/2, right-padding)
	if err != nil {
		return fmt.Errorf("writing a badge: %w", err)
	}
	return nil
}
