package docs_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/config"
)

// TestOptions keeps options.md in line with the option table.
func TestOptions(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Options of a reference node\n\nWritten from the option table by `go test ./docs -update`. " +
		"Names, values and defaults are redis-server's; `cluster-startup-delay` and `defect` are the reference's own. " +
		"They can be given on the command line (`--port 7000`), in a redis.conf, or to `clusterspec cluster start` as `--option name=value`; " +
		"those with yes in the last column can be changed by CONFIG SET as well.\n\n")
	b.WriteString(head("option", "value", "default", "meaning", "CONFIG SET"))
	for _, p := range config.Params() {
		settable := "no"
		if p.Settable {
			settable = "yes"
		}
		fallback := p.Default
		if fallback == "" {
			fallback = `""`
		}
		b.WriteString(row(code(p.Name), values(p), code(fallback), p.Doc, settable))
	}
	golden(t, "options.md", b.String())
}

// values says what an option takes.
func values(p config.Param) string {
	switch p.Kind {
	case config.Bool:
		return "yes, no"
	case config.Enum:
		return strings.Join(p.Choices, ", ")
	case config.Int:
		return "number, " + limits(p)
	case config.Memory:
		return "bytes, " + limits(p) + "; `1kb`, `1mb`, `1gb` are understood"
	}
	return "text"
}

func limits(p config.Param) string {
	if p.Max == math.MaxInt64 {
		return fmt.Sprintf("from %d", p.Min)
	}
	return fmt.Sprintf("%d to %d", p.Min, p.Max)
}
