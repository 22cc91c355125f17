package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/clusterspec/clusterspec/bench/page"
	"github.com/clusterspec/clusterspec/bench/result"
)

// The files of a written result. The histograms lie in folders beside them.
const (
	FileJSON    = "bench.json"
	FileHTML    = "index.html"
	FileSummary = "summary.md"
)

// Write writes a result and the files that belong to it into dir, which it makes if need be. Each file appears whole or not at all.
func Write(dir string, r *result.Result, files map[string][]byte) error {
	var json, html bytes.Buffer
	if err := result.WriteJSON(&json, r); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	// The page is made of the rest: what is wrong with it is no reason to lose the figures.
	errs := []error{writeFile(dir, FileJSON, json.Bytes()), writeFile(dir, FileSummary, []byte(Summary(r))), page.Write(&html, r, files)}
	if html.Len() > 0 {
		errs = append(errs, writeFile(dir, FileHTML, html.Bytes()))
	}
	for name, text := range files {
		errs = append(errs, writeFile(dir, name, text))
	}
	return errors.Join(errs...)
}

// writeAndSay writes a result, and says where to.
func writeAndSay(text io.Writer, dir string, r *result.Result, files map[string][]byte) error {
	if err := Write(dir, r, files); err != nil {
		return err
	}
	_, err := fmt.Fprintf(text, "\nwritten to %s: %s, %s, %s\n", dir, FileHTML, FileJSON, FileSummary)
	return err
}

// writeFile writes beside the file and renames, so that nobody reads half of it.
func writeFile(dir, name string, text []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	beside := path + ".new"
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(beside, text, 0o644)
	}
	if err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing %s: %w", path, err), os.Remove(beside))
	}
	return nil
}
