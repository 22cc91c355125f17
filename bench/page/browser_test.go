package page

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reports/browsertest"
)

var screenshots = flag.String("screenshots", "", "folder to keep screenshots of the sample in, for people to look at")

// TestFitsPhone: the page is no wider than the screen, with all that can be opened open; what is wider scrolls in a place of its own, which keys reach.
func TestFitsPhone(t *testing.T) {
	b := browsertest.Find(t)
	text := pageOf(t, sample())
	said := b.InFrames([]string{b.Save(text), b.Save(strings.ReplaceAll(text, "<details", "<details open"))}, `
		const stuck = [...doc.querySelectorAll(".scroll")].filter((e) => e.scrollWidth > e.clientWidth && e.tabIndex !== 0).length;
		return doc.documentElement.clientWidth + " " + doc.documentElement.scrollWidth + " " + stuck;`)
	if got := strings.Join(said, "\n"); got != "390 390 0\n390 390 0" {
		t.Errorf("width, needed width and places that keys don't reach:\n%s", got)
	}
}

// TestRunsNothingHostile: no script runs, and no text of a target becomes an element.
func TestRunsNothingHostile(t *testing.T) {
	b := browsertest.Find(t)
	text := pageOf(t, hostile())
	if !strings.Contains(text, "script-src 'none'") {
		t.Error("the page's policy lets scripts run")
	}
	said := b.InFrames([]string{b.Save(text)}, `return doc.querySelectorAll("script, img, iframe, object").length + " strangers, " + doc.querySelectorAll("figure.chart").length + " charts";`)
	if got := strings.Join(said, "\n"); got != "0 strangers, 9 charts" {
		t.Error(got)
	}
}

// TestPicturesAreDrawn: every line and marker has its target's colour, and targets have different ones, in both schemes.
func TestPicturesAreDrawn(t *testing.T) {
	b := browsertest.Find(t)
	said := b.InFrames([]string{b.Save(pageOf(t, sample()))}, `
		const colour = (e, what) => frame.getComputedStyle(e)[what];
		const lines = new Set([...doc.querySelectorAll("#growth .legend .line")].map((e) => colour(e, "stroke") + colour(e, "strokeDasharray")));
		const nameless = [...doc.querySelectorAll("svg[role=img]")].filter((e) => !e.getAttribute("aria-label")).length;
		const uncoloured = [...doc.querySelectorAll("svg .line")].filter((e) => colour(e, "stroke") === "none").length;
		return lines.size + " looks, " + nameless + " nameless, " + uncoloured + " uncoloured";`)
	if got := strings.Join(said, "\n"); got != "3 looks, 0 nameless, 0 uncoloured" {
		t.Error(got)
	}
}

// TestColours looks at the pixels: the page follows the reader's scheme. With -screenshots the pictures are kept, on a phone as well.
func TestColours(t *testing.T) {
	b := browsertest.Find(t)
	page := b.Save(pageOf(t, sample()))
	dir := *screenshots
	if dir == "" {
		dir = t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []struct {
		name, option string
		dark         bool
	}{{"light", "--blink-settings=preferredColorScheme=1", false}, {"dark", "--blink-settings=preferredColorScheme=0", true}} {
		shot := filepath.Join(dir, "bench-1280-"+scheme.name+".png")
		b.Run(page, scheme.option, "--window-size=1280,5600", "--screenshot="+shot)
		if dark := browsertest.CornerIsDark(t, shot); dark != scheme.dark {
			t.Errorf("%s scheme: the page is dark: %v", scheme.name, dark)
		}
		if *screenshots != "" {
			b.Run(b.Save(fmt.Sprintf(browsertest.PhoneFrame, 9000, page)), scheme.option, "--window-size=500,9000", "--screenshot="+filepath.Join(dir, "bench-390-"+scheme.name+".png"))
		}
	}
}
