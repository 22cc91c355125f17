package reports

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"

	"github.com/clusterspec/clusterspec/reports/frame"
)

// The page is put together from parts: package frame has what every page has, shapes.html the verdicts' shapes, run.html the body of a run's report,
// matrix.html and case.html what it consists of.
//
//go:embed web
var web embed.FS

var (
	styleText  = mustRead("web/case.css") + mustRead("web/views.css") + mustRead("web/style.css")
	scriptText = mustRead("web/report.js")
	runPage    = template.Must(template.New("run.html").Funcs(template.FuncMap{
		"bare":      bare,
		"capital":   capital,
		"duration":  duration,
		"firstLine": firstLine,
		"folded":    folded,
		"link":      caseLink,
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

// WriteHTML writes the report as one page that needs no network: style and script are inside. With a table of defects, which may be nil, it tells which
// scenarios catch which.
func WriteHTML(w io.Writer, r *Report, defects *DefectTable) error {
	var body bytes.Buffer
	if err := runPage.ExecuteTemplate(&body, "body", newRunPage(r, defects)); err != nil {
		return fmt.Errorf("writing the report as HTML: %w", err)
	}
	icon := frame.IconPass
	if r.Exit() != ExitExpected {
		icon = frame.IconFail
	}
	return frame.Write(w, frame.Page{
		Title: "clusterspec: " + r.Headline(), Icon: icon, Style: template.CSS(styleText), Script: template.JS(scriptText), Body: template.HTML(body.String()),
	})
}
