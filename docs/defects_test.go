package docs_test

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/defect"
)

// aboutDefects is the part of defects.md that people write.
//
//go:embed testdata/defects.md
var aboutDefects string

// TestDefects keeps defects.md in line with the table of defects.
func TestDefects(t *testing.T) {
	var b strings.Builder
	b.WriteString(aboutDefects)
	area := ""
	for _, d := range defect.All() {
		if d.Area != area {
			area = d.Area
			b.WriteString("\n### " + area + "\n\n" + head("defect", "what a node with it does"))
		}
		b.WriteString(row(code(d.Name), d.Does))
	}
	golden(t, "defects.md", b.String())
}
