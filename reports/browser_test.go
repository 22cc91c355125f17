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

// samplePlaces are addresses of the sample's page that show all there is to see.
func samplePlaces(page string) (places []string) {
	for _, fragment := range []string{"#show=all", "#view=causes", "#view=declared", "#view=changes", "#view=ladder", "#view=waits", "#view=coverage", "#view=defects",
		"#case=redirect/moved/3", "#case=failover/automatic/1", "#case=topology/nodes/2", "#case=topology/shards/2"} {
		places = append(places, page+fragment)
	}
	return places
}

// TestPageFitsPhone: no page is wider than the screen, with all that can be opened open, so nobody scrolls sideways to read; what is wider scrolls in a
// place of its own, which keys reach.
func TestPageFitsPhone(t *testing.T) {
	b := browsertest.Find(t)
	places := samplePlaces(b.Save(htmlOf(t, sampleReport())))
	said := b.InFrames(places, `
		for (const d of doc.querySelectorAll("details")) d.open = true;
		const stuck = [...doc.querySelectorAll(".scroll")].filter((e) => e.scrollWidth > e.clientWidth && e.tabIndex !== 0).length;
		return doc.documentElement.clientWidth + " " + doc.documentElement.scrollWidth + " " + stuck;`)
	for i, text := range said {
		if text != "390 390 0" {
			t.Errorf("%s: width, needed width and places that keys don't reach: %s", places[i], text)
		}
	}
}

// TestPageContrast: every text that is shown stands out from its ground as WCAG asks of small text, in both schemes.
func TestPageContrast(t *testing.T) {
	b := browsertest.Find(t)
	places := samplePlaces(b.Save(htmlOf(t, sampleReport())))
	for scheme, option := range map[string]string{"light": "--blink-settings=preferredColorScheme=1", "dark": "--blink-settings=preferredColorScheme=0"} {
		for i, text := range b.InFrames(places, contrastScript, option) {
			if text != "" {
				t.Errorf("%s, %s: too faint: %s", scheme, places[i], text)
			}
		}
	}
}

// contrastScript lists texts whose contrast is below 4.5.
const contrastScript = `
	for (const d of doc.querySelectorAll("details")) d.open = true;
	const rgba = (text) => { const n = text.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
	const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
	const ground = (e) => { const own = e ? rgba(frame.getComputedStyle(e).backgroundColor) : [255, 255, 255, 1]; return own[3] === 1 ? own : over(own, ground(e.parentElement)); };
	const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const faint = new Set();
	const walker = doc.createTreeWalker(doc.body, 4);
	while (walker.nextNode()) {
		const e = walker.currentNode.parentElement;
		if (!walker.currentNode.data.trim() || !e.checkVisibility() || e.closest("svg, .sr, script, style, [aria-hidden]")) continue;
		const style = frame.getComputedStyle(e), under = ground(e);
		let opacity = 1;
		for (let p = e; p; p = p.parentElement) opacity *= frame.getComputedStyle(p).opacity;
		const colour = rgba(style.color);
		const [a, b] = [light(over([colour[0], colour[1], colour[2], colour[3] * opacity], under)), light(under.slice(0, 3))].sort((x, y) => y - x);
		const ratio = (a + 0.05) / (b + 0.05);
		if (ratio < 4.5) faint.add(e.localName + "." + e.className + " in " + e.parentElement.className + " " + ratio.toFixed(2));
	}
	return [...faint].slice(0, 6).join("; ");`

// TestPageCharts: arrows stay within the lanes of their chart, and the words beside them say the same.
func TestPageCharts(t *testing.T) {
	b := browsertest.Find(t)
	said := b.InFrames(samplePlaces(b.Save(htmlOf(t, sampleReport())))[8:10], `
		for (const d of doc.querySelectorAll("details")) d.open = true;
		let charts = 0, outside = 0, wordless = 0;
		for (const chart of doc.querySelectorAll("article.open .seq")) {
			charts++;
			for (const svg of chart.querySelectorAll("svg")) {
				const box = svg.querySelector("path").getBBox();
				if (box.x < 0 || box.x + box.width > svg.viewBox.baseVal.width || box.y < 0 || box.y + box.height > 20) outside++;
				if (!svg.nextElementSibling.textContent.trim()) wordless++;
			}
		}
		return charts + " charts, " + outside + " outside, " + wordless + " wordless";`)
	expectSaid(t, said, "3 charts, 0 outside, 0 wordless", "3 charts, 0 outside, 0 wordless")
}

// TestPageViews: the views by link, by key and by address, with the script and without.
func TestPageViews(t *testing.T) {
	b := browsertest.Find(t)
	text := htmlOf(t, sampleReport())
	shown := `[...document.querySelectorAll("section.view")].filter((v) => v.offsetParent).map((v) => v.id).join()`
	said := probe(b, text, "#view=ladder&area=redirect", `
		const shown = () => `+shown+`;
		say(shown(), document.querySelector("nav.views [aria-current]").textContent);
		document.querySelector('nav.views a[href="#view=causes"]').click(); await turn();
		say(shown(), location.hash);
		await press("j"); say("focus", document.activeElement.textContent);
		document.activeElement.click(); await turn(); say("open", location.hash);
		await press("u"); say("back", shown(), document.activeElement.textContent);
		await press("1"); say("key", shown(), rows());
	`)
	expectSaid(t, said,
		"view=ladder Ladder",
		"view=causes #view=causes&area=redirect",
		"focus MOVED names the owner after the slot has changed hands",
		"open #case=redirect/moved/3&view=causes&area=redirect",
		"back view=causes MOVED names the owner after the slot has changed hands",
		"key view=scenarios 4",
	)
	still := b.Save(strings.Replace(text, "<script>"+scriptText+"</script>", "", 1))
	said = b.InFrames([]string{still, still + "#view=waits", still + "#case=redirect/moved/3"},
		`return [...doc.querySelectorAll("section.view")].filter((v) => v.offsetParent).map((v) => v.id).join() || "none";`)
	expectSaid(t, said, "view=scenarios", "view=waits", "none")
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
		for _, at := range []string{"case=redirect/moved/3", "case=failover/automatic/1", "view=causes", "view=changes", "view=ladder", "view=waits", "view=coverage", "view=defects"} {
			name := strings.NewReplacer("/", "-", "case=", "", "=", "-").Replace(at)
			b.Run(page+"#"+at, scheme.option, "--window-size=1280,2600", "--screenshot="+filepath.Join(dir, name+"-1280-"+scheme.name+".png"))
			b.Run(b.Save(fmt.Sprintf(browsertest.PhoneFrame, 3600, page+"#"+at)), scheme.option, "--window-size=500,3600", "--screenshot="+filepath.Join(dir, name+"-390-"+scheme.name+".png"))
		}
		b.Run(b.Save(fmt.Sprintf(browsertest.PhoneFrame, 2400, page)), scheme.option, "--window-size=500,2400", "--screenshot="+filepath.Join(dir, "matrix-390-"+scheme.name+".png"))
	}
}
