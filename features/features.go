// Package features holds the suite: scenarios in prose, one folder for each area, one file for each section of the specification.
package features

import "embed"

// FS holds the feature files: "redirection/moved.feature".
//
//go:embed */*.feature
var FS embed.FS
