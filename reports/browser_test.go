package reports

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reports/browsertest"
)

// These tests look at the page as a reader does: in a browser. A desk without Chromium skips them and says so; CI, which sets the variable CI, must have it.

var screenshots = flag.String("screenshots", "", "folder to keep screenshots of the sample report in, for people to look at")

// probe runs a script in the page, after the page's own, and returns the strings it passed to say. The page's policy, which would refuse the script, is
// left out; TestPageScriptRuns covers it.
func probe(b browsertest.Browser, page, fragment, script string) []string {
	page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page, `<script>const said = []; const owned = () => said.push("owned");</script>`)
	page = strings.Replace(page, "</body>", `<pre id="said"></pre><script>
const say = (...words) => said.push(words.join(" "));
const turn = () => new Promise((done) => setTimeout(done, 50));
const press = async (key) => { (document.activeElement || document.body).dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })); await turn(); };
const rows = () => [...document.querySelectorAll("tr.row")].filter((r) => r.offsetParent).length;
(async () => { await turn(); try { `+script+` } catch (e) { say("error", e); } document.getElementById("said").textContent = JSON.stringify(said); })();
</script></body>`, 1)
	return b.Said(b.Run(b.Save(page)+fragment, "--dump-dom"))
}

func expectSaid(t *testing.T, got []string, want ...string) {
	t.Helper()
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("the page said\n%s\nwant\n%s", g, w)
	}
}

// TestPageScriptRuns takes the page untouched: its policy must admit its own script, which then hides what passed everywhere.
func TestPageScriptRuns(t *testing.T) {
	b := browsertest.Find(t)
	dom := b.Run(b.Save(htmlOf(t, sampleReport())), "--dump-dom")
	if got := len(regexp.MustCompile(`<tr class="row"[^>]* hidden=""`).FindAllString(dom, -1)); got != 60-13 {
		t.Errorf("%d rows are hidden, want %d: does the script run?", got, 60-13)
	}
}

func TestPageFilters(t *testing.T) {
	b := browsertest.Find(t)
	said := probe(b, htmlOf(t, sampleReport()), "", `
		const form = document.getElementById("filters");
		say("first", rows(), location.hash);
		form.querySelector("[value=all]").click(); await turn();
		say("all", rows(), location.hash);
		form.querySelector("[name=verdict][value=fail]").click(); await turn();
		say("fail", rows(), location.hash);
		form.elements.area.value = "redirect"; form.elements.area.dispatchEvent(new Event("input", { bubbles: true })); await turn();
		say("area", rows(), location.hash);
		location.hash = "#show=all&q=crossslot%20two"; await turn();
		say("search", rows(), form.elements.q.value, form.elements.area.value || "-", form.querySelectorAll("[name=verdict]:checked").length);
		location.hash = "#q=no+such+thing"; await turn();
		say("none", rows(), document.getElementById("nothing").textContent);
		location.hash = "#show=%E0%A4%A"; await turn();
		say("broken", rows());
	`)
	expectSaid(t, said,
		"first 13 ",
		"all 60 #show=all",
		"fail 6 #show=all&verdict=fail",
		"area 3 #show=all&area=redirect&verdict=fail",
		"search 1 crossslot two - 0",
		"none 0 No scenario matches these filters.",
		"broken 13",
	)
}

func TestPageKeys(t *testing.T) {
	b := browsertest.Find(t)
	said := probe(b, htmlOf(t, sampleReport()), "#area=redirect", `
		const open = () => { const page = document.querySelector("article.case.open"); return page ? page.dataset.id : "matrix"; };
		const at = () => open() + " " + (document.getElementById("run").offsetParent ? "and matrix" : "alone") + " " + location.hash;
		await press("j"); await press("j"); await press("k"); await press("j");
		say("focus", document.activeElement.textContent);
		document.activeElement.click(); await turn();
		say("open", at());
		await press("j"); say("next", at());
		await press("k"); await press("k"); say("previous", at());
		say("title", document.title);
		await press("u"); say("back", at());
		say("focus", document.activeElement.textContent);
		await press("a"); say("all", rows(), location.hash);
		await press("/"); say("search", document.activeElement.name);
		await press("j"); say("typing", document.activeElement.name);
	`)
	expectSaid(t, said,
		"focus MOVED comes before the command is queued in a transaction",
		"open redirect/moved/4 alone #case=redirect/moved/4&area=redirect",
		"next redirect/moved/5 alone #case=redirect/moved/5&area=redirect",
		"previous redirect/moved/3 alone #case=redirect/moved/3&area=redirect",
		"title redirect/moved/3 · clusterspec: 6 unexpected results on acme-kv 0.9.2",
		"back matrix and matrix #area=redirect",
		"focus MOVED names the owner after the slot has changed hands",
		"all 11 #show=all&area=redirect",
		"search q",
		"typing q",
	)
}

// TestPageDeepLink opens the page at a fragment, with its script and without: links lead to a case by :target alone.
func TestPageDeepLink(t *testing.T) {
	b := browsertest.Find(t)
	text := htmlOf(t, sampleReport())
	page, still := b.Save(text), b.Save(strings.Replace(text, "<script>"+scriptText+"</script>", "", 1))
	said := b.InFrames([]string{page + "#case=failover/automatic/1", page + "#case=no/such/1", still + "#case=failover/automatic/1", still}, `
		const seen = (e) => e.getClientRects().length > 0;
		const pages = [...doc.querySelectorAll("article.case")].filter(seen).map((a) => a.dataset.id);
		return [pages.join() || "no case", seen(doc.getElementById("run")) ? "matrix" : "no matrix", [...doc.querySelectorAll("tr.row")].filter(seen).length, frame.scrollY].join(", ");`)
	expectSaid(t, said, "failover/automatic/1, no matrix, 0, 0", "no case, matrix, 13, 0", "failover/automatic/1, no matrix, 0, 0", "no case, matrix, 60, 0")
}

// TestPageRunsNothingHostile is about escaping alone: the probe takes the policy away, which is the second fence.
func TestPageRunsNothingHostile(t *testing.T) {
	b := browsertest.Find(t)
	r := hostileReport()
	said := probe(b, htmlOf(t, r), "#show=all", `
		say(document.querySelectorAll("img, iframe, object, embed, link[rel=stylesheet]").length, "strangers,", rows(), "row");
		document.querySelector("tr.row a").click(); await turn();
		say(document.querySelectorAll("article.case.open").length, "open");`)
	expectSaid(t, said, "0 strangers, 1 row", "1 open")
}

// TestPageFitsPhone: no page is wider than the screen, so nobody scrolls sideways to read.
func TestPageFitsPhone(t *testing.T) {
	b := browsertest.Find(t)
	page := b.Save(htmlOf(t, sampleReport()))
	said := b.InFrames([]string{page + "#show=all", page + "#case=redirect/moved/3", page + "#case=failover/automatic/1", page + "#case=topology/nodes/2"},
		`return doc.documentElement.clientWidth + " " + doc.documentElement.scrollWidth;`)
	expectSaid(t, said, "390 390", "390 390", "390 390", "390 390")
}

// TestPageColours looks at the pixels: the page follows the reader's scheme. With -screenshots the pictures are kept, on a phone as well.
func TestPageColours(t *testing.T) {
	b := browsertest.Find(t)
	page := b.Save(htmlOf(t, sampleReport()))
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
		shot := filepath.Join(dir, "matrix-1280-"+scheme.name+".png")
		b.Run(page, scheme.option, "--window-size=1280,1600", "--screenshot="+shot)
		if dark := browsertest.CornerIsDark(t, shot); dark != scheme.dark {
			t.Errorf("%s scheme: the page is dark: %v", scheme.name, dark)
		}
		if *screenshots == "" {
			continue
		}
		for _, id := range []string{"redirect/moved/3", "failover/automatic/1"} {
			name := strings.ReplaceAll(id, "/", "-")
			b.Run(page+"#case="+id, scheme.option, "--window-size=1280,2600", "--screenshot="+filepath.Join(dir, name+"-1280-"+scheme.name+".png"))
			b.Run(b.Save(fmt.Sprintf(browsertest.PhoneFrame, 3600, page+"#case="+id)), scheme.option, "--window-size=500,3600", "--screenshot="+filepath.Join(dir, name+"-390-"+scheme.name+".png"))
		}
		b.Run(b.Save(fmt.Sprintf(browsertest.PhoneFrame, 2400, page)), scheme.option, "--window-size=500,2400", "--screenshot="+filepath.Join(dir, "matrix-390-"+scheme.name+".png"))
	}
}
