package wire

import "strings"

// ParseInfo reads the `name:value` lines of INFO and CLUSTER INFO. Headings (`# Server`) and blank lines are left out; a value keeps
// its own colons; a line without a colon is left out as well, since INFO may carry free text (INFO MODULES of third parties).
func ParseInfo(text string) map[string]string {
	fields := make(map[string]string)
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if name, value, found := strings.Cut(line, ":"); found && !strings.HasPrefix(line, "#") {
			fields[name] = value
		}
	}
	return fields
}
