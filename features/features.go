// Package features holds the suite: scenarios in prose, one folder for each area, one file for each section of the specification; the ladder
// they stand on, and the profiles that say what holds for which server.
package features

import "embed"

// FS holds the feature files ("redirection/moved.feature"), ladder.yaml and profiles.yaml.
//
//go:embed */*.feature ladder.yaml profiles.yaml
var FS embed.FS
