package reports

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

// The page is put together from parts: layout.html is the frame every page has, shapes.html the verdicts' shapes, run.html the body of a run's report,
// matrix.html and case.html what it consists of. style.css is written for any page in the same frame.
//
//go:embed web
var web embed.FS

var (
	styleText  = mustRead("web/style.css")
	scriptText = mustRead("web/report.js")
	runPage    = template.Must(template.New("layout.html").Funcs(template.FuncMap{
		"capital":   capital,
		"duration":  duration,
		"folded":    folded,
		"names":     sentenceList,
		"plural":    plural,
		"printable": printable,
		"seconds":   seconds,
	}).ParseFS(web, "web/*.html"))
)

func mustRead(name string) string {
	text, err := web.ReadFile(name)
	if err != nil {
		panic(err) // the file is embedded: the binary itself is broken
	}
	return string(text)
}

// frame is what layout.html needs of any page.
type frame struct {
	Title  string
	Style  template.CSS
	Script template.JS
	// ScriptHash lets the page's own script run and no other, whatever a server's reply contains.
	ScriptHash string
	// Icon is the look of the page's tab: a verdict.
	Icon Verdict
	Body any
}

// WriteHTML writes the report as one page that needs no network: style and script are inside.
func WriteHTML(w io.Writer, r *Report) error {
	hash := sha256.Sum256([]byte(scriptText))
	icon := Pass
	if r.Exit() != ExitExpected {
		icon = Fail
	}
	var page bytes.Buffer
	err := runPage.Execute(&page, frame{
		Title:      "clusterspec: " + r.Headline(),
		Style:      template.CSS(styleText),
		Script:     template.JS(scriptText),
		ScriptHash: "sha256-" + base64.StdEncoding.EncodeToString(hash[:]),
		Icon:       icon,
		Body:       newRunPage(r),
	})
	if err != nil {
		return fmt.Errorf("writing the report as HTML: %w", err)
	}
	if _, err := w.Write(page.Bytes()); err != nil {
		return fmt.Errorf("writing the report as HTML: %w", err)
	}
	return nil
}
