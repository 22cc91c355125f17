// Package frame is what all pages of clusterspec share: one file that needs no network, with a title, an icon and a stylesheet that follows the reader's
// colour scheme and fits a phone. What stands in it is the business of those who write pages.
package frame

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

var (
	//go:embed layout.html
	layoutText string
	//go:embed style.css
	styleText string

	layout = template.Must(template.New("layout").Parse(layoutText))
)

// Icon is the look of a page's tab.
type Icon string

// The icons.
const (
	IconPass    Icon = "pass"
	IconFail    Icon = "fail"
	IconMeasure Icon = "measure"
)

// Page is what one page puts into the frame.
type Page struct {
	Title string
	Icon  Icon
	// Style follows the frame's own. Script may be empty; no other script runs, whatever the body contains.
	Style  template.CSS
	Script template.JS
	Body   template.HTML
}

// Styles are the frame's and the page's.
func (p Page) Styles() template.CSS { return template.CSS(styleText) + p.Style }

// ScriptSource is what the page's policy lets run: its own script, known by its hash, or nothing.
func (p Page) ScriptSource() string {
	if p.Script == "" {
		return "none"
	}
	hash := sha256.Sum256([]byte(p.Script))
	return "sha256-" + base64.StdEncoding.EncodeToString(hash[:])
}

// Write writes the page, whole or not at all.
func Write(w io.Writer, p Page) error {
	var page bytes.Buffer
	err := layout.Execute(&page, p)
	if err == nil {
		_, err = w.Write(page.Bytes())
	}
	if err != nil {
		return fmt.Errorf("writing the page %q: %w", p.Title, err)
	}
	return nil
}
