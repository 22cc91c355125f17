package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The files of a written report.
const (
	FileHTML    = "index.html"
	FileJSON    = "report.json"
	FileJUnit   = "junit.xml"
	FileSummary = "summary.md"
)

// WriteAll writes index.html, report.json, junit.xml and summary.md into dir, which it makes if need be. Each file appears whole or not at all, and one
// that cannot be written does not keep the others from being written. A report that contradicts itself is written all the same (it is evidence), and
// the contradiction is returned. A table of defects, which may be nil, is shown by index.html alone.
func WriteAll(dir string, r *Report, defects *DefectTable) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the report's folder: %w", err)
	}
	errs := []error{r.Validate()}
	for _, file := range []struct {
		name  string
		write func(io.Writer, *Report) error
	}{
		{FileJSON, WriteJSON},
		{FileHTML, func(w io.Writer, r *Report) error { return WriteHTML(w, r, defects) }},
		{FileJUnit, WriteJUnit},
		{FileSummary, WriteSummary},
	} {
		var buf bytes.Buffer
		err := file.write(&buf, r)
		if err == nil {
			err = replaceFile(filepath.Join(dir, file.name), buf.Bytes())
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// replaceFile writes beside the file and renames, so that a reader sees the old text or the new one and never half of one.
func replaceFile(path string, text []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	_, err = f.Write(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
