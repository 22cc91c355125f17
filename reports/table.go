package reports

import (
	"strings"
	"unicode/utf8"
)

// tableAligned puts the columns of a step's table below each other. A text that is no table stays as it is.
func tableAligned(text string) string {
	lines := strings.Split(text, "\n")
	var rows [][]string
	var widths []int
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if len(line) < 2 || line[0] != '|' || line[len(line)-1] != '|' || strings.Contains(line, `\|`) {
			return text
		}
		cells := strings.Split(line[1:len(line)-1], "|")
		for i, c := range cells {
			cells[i] = strings.TrimSpace(c)
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cells[i]))
		}
		rows = append(rows, cells)
	}
	for n, cells := range rows {
		var b strings.Builder
		for i, c := range cells {
			b.WriteString("| " + c + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c)+1))
		}
		lines[n] = b.String() + "|"
	}
	return strings.Join(lines, "\n")
}
