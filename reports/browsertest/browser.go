// Package browsertest looks at pages as a reader does: in a headless Chromium. It is for tests.
package browsertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

const browserTimeout = 90 * time.Second

// Browser is a headless Chromium with a profile of its own.
type Browser struct {
	t    *testing.T
	path string
}

// Find finds one; without, the test is skipped, or fails where the variable CI is set.
func Find(t *testing.T) Browser {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return Browser{t, path}
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no Chromium on PATH, and CI is set: install the package chromium, so that the report is looked at before it is shipped")
	}
	t.Skip("no Chromium on PATH: the report's page is not looked at (install the package chromium to do so)")
	return Browser{}
}

// Run starts the browser on a page and returns what it prints.
func (b Browser) Run(page string, options ...string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), browserTimeout)
	defer cancel()
	args := append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--allow-file-access-from-files",
		"--virtual-time-budget=5000", "--user-data-dir=" + b.t.TempDir()}, options...)
	cmd := exec.CommandContext(ctx, b.path, append(args, page)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		b.t.Fatalf("running %s: %v\n%s", b.path, err, stderr.String())
	}
	return string(out)
}

// Save writes a page to a temporary file and returns its address.
func (b Browser) Save(page string) string {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), "index.html")
	if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
		b.t.Fatal(err)
	}
	return "file://" + path
}

// PhoneFrame is a frame as wide as a phone, which is narrower than the browser's own window can be.
const PhoneFrame = `<iframe style="border:0;display:block;width:390px;height:%dpx" src="%s"></iframe>`

// InFrames opens each address in a frame as wide as a phone, calls the function body with (frame, doc) there, and returns what it returned.
// Options are the browser's.
func (b Browser) InFrames(addresses []string, body string, options ...string) []string {
	b.t.Helper()
	outer := `<!doctype html><body style="margin:0">`
	for _, address := range addresses {
		outer += fmt.Sprintf(PhoneFrame, 800, address)
	}
	outer += `<pre id="said"></pre><script>
const look = (frame, doc) => { ` + body + ` };
onload = () => setTimeout(() => {
	const said = [...document.querySelectorAll("iframe")].map((f) => String(look(f.contentWindow, f.contentDocument)));
	document.getElementById("said").textContent = JSON.stringify(said);
}, 200);</script></body>`
	return b.Said(b.Run(b.Save(outer), append([]string{"--dump-dom"}, options...)...))
}

// Said finds what a script left in the page as JSON.
func (b Browser) Said(dom string) []string {
	b.t.Helper()
	m := regexp.MustCompile(`<pre id="said">(.*?)</pre>`).FindStringSubmatch(dom)
	if m == nil {
		b.t.Fatal("the script left no trace in the page")
	}
	var said []string
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &said); err != nil {
		b.t.Fatalf("the script said %q: %v", m[1], err)
	}
	return said
}

// CornerIsDark looks at a screenshot: is the page's ground dark.
func CornerIsDark(t *testing.T, path string) bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	r, g, b, _ := picture.At(2, 2).RGBA()
	return r+g+b < 3*0x8000
}
