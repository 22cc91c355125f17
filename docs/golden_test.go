// Package docs_test keeps the tables of the documentation in line with the code they are about.
package docs_test

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated pages anew")

// golden holds a generated page against the file, or writes it when -update is given.
func golden(t *testing.T, file, page string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run go test ./docs -update", err)
	}
	if string(kept) != page {
		t.Errorf("%s is no longer what the code says: run go test ./docs -update\n%s", file, firstDifference(string(kept), page))
	}
}

// firstDifference shows the first line on which the file and the code differ.
func firstDifference(file, code string) string {
	kept, now := strings.Split(file, "\n"), strings.Split(code, "\n")
	for i := range max(len(kept), len(now)) {
		if line(kept, i) != line(now, i) {
			return "file: " + line(kept, i) + "\ncode: " + line(now, i)
		}
	}
	return ""
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}

// row writes a row of a Markdown table.
func row(cells ...string) string {
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(cell, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |\n"
}

// head writes the first two rows of a table.
func head(columns ...string) string {
	return row(columns...) + "|" + strings.Repeat("---|", len(columns)) + "\n"
}

// code marks text as it is typed.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
