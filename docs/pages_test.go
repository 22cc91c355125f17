package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/bench"
	"github.com/clusterspec/clusterspec/bench/figures"
	"github.com/clusterspec/clusterspec/bench/gate"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
)

// TestLinks follows the links of all pages that lead to files of the project.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	followed := 0
	for _, page := range append(pages, "../README.md", "../ARCHITECTURE.md") {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			followed++
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
	if followed < 10 {
		t.Errorf("%d links were followed: the pages were not read", followed)
	}
}

// TestTargetsAreListed looks for every text form of a target in the tables of README.md and running.md.
func TestTargetsAreListed(t *testing.T) {
	for _, file := range []string{"running.md", "../README.md"} {
		page := read(t, file)
		for _, form := range catalog.Forms() {
			if !strings.Contains(page, "`"+form.Text+"`") {
				t.Errorf("%s does not name the target %s: %s", file, form.Text, form.Means)
			}
		}
	}
}

// TestMeasurementsAreListed looks in benchmarks.md for everything that can be measured by name.
func TestMeasurementsAreListed(t *testing.T) {
	page := read(t, "benchmarks.md")
	for _, name := range append(bench.Parts(), figures.Groups()...) {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("benchmarks.md does not say what %s is", name)
		}
	}
}

// TestGatesOfThePage reads the file of gates that benchmarks.md shows.
func TestGatesOfThePage(t *testing.T) {
	_, text, found := strings.Cut(read(t, "benchmarks.md"), "```yaml\ngates:")
	text, _, _ = strings.Cut(text, "```")
	if gates, err := gate.Parse("benchmarks.md", []byte("gates:"+text)); !found || err != nil || len(gates) != 2 {
		t.Errorf("%+v, %v", gates, err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
