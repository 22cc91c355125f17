// Package compose brings clusters to life. The folder holds the compose files for people who want a cluster to play with; its sub-packages
// hold the targets of the harness and the judge's client.
package compose

import _ "embed"

// PackedDockerfile builds the image `docker:packed`.
//
//go:embed Dockerfile.packed
var PackedDockerfile []byte
