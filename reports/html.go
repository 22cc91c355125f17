package reports

import "io"

// WriteHTML writes the report as one page.
func WriteHTML(w io.Writer, r *Report) error { return nil }
