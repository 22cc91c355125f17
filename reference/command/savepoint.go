package command

import (
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/reference/clock"
)

// savePoint asks for a snapshot when there were so many changes, and the last one is older than so long.
type savePoint struct {
	millis  clock.Millis
	changes int
}

// savePoints reads the option save, which was checked.
func savePoints(text string) []savePoint {
	var points []savePoint
	words := strings.Fields(text)
	for i := 0; i+1 < len(words); i += 2 {
		seconds, _ := strconv.ParseInt(words[i], 10, 64)
		changes, _ := strconv.Atoi(words[i+1])
		points = append(points, savePoint{clock.Millis(seconds) * 1000, changes})
	}
	return points
}
