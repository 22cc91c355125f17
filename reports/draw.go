package reports

import (
	"fmt"
	"strings"
)

// The size of a lane in a row's picture; the stylesheet scales it.
const (
	laneWidth = 40
	rowHeight = 20
)

// drawn is what happened as a path: an arrow, an arrow to several, one that ends in a cross, a mark on a lane, a line between lanes.
func drawn(r *sequenceRow) string {
	var b strings.Builder
	if r.From == noLane {
		return ""
	}
	const middle = rowHeight / 2
	at := func(lane int) int { return lane*laneWidth + laneWidth/2 }
	cross := func(x int) { fmt.Fprintf(&b, "M%d %dl8 8m0-8l-8 8", x-4, middle-4) }
	from := at(r.From)
	if len(r.To) == 0 && r.Kind == "fault" {
		switch r.Fault {
		case "kill", "stop", "wipe":
			cross(from)
		case "pause":
			fmt.Fprintf(&b, "M%d %dv8m5-8v8", from-2, middle-4)
		default:
			fmt.Fprintf(&b, "M%d %da4 4 0 1 0 8 0a4 4 0 1 0-8 0", from-4, middle)
		}
		return b.String()
	}
	for _, lane := range r.To {
		to := at(lane)
		toward := 1
		if to < from {
			toward = -1
		}
		switch {
		case r.Kind == "lost" || r.Kind == "fault" && r.Fault != "heal" && r.Fault != "delay":
			half := (from + to) / 2
			if r.Kind == "fault" {
				fmt.Fprintf(&b, "M%d %dH%dM%d %dH%d", from, middle, half-6*toward, half+6*toward, middle, to)
			} else {
				fmt.Fprintf(&b, "M%d %dH%d", from, middle, half)
			}
			cross(half)
		case r.Kind == "fault":
			fmt.Fprintf(&b, "M%d %dH%d", from, middle, to)
		case to == from:
			fmt.Fprintf(&b, "M%d %dh12v6h-8m3-3l-3 3 3 3", from, middle-3)
		default:
			fmt.Fprintf(&b, "M%d %dH%dm%d-4l%d 4 %d 4", from, middle, to, -5*toward, 5*toward, -5*toward)
		}
	}
	return b.String()
}
