//go:build !linux

package server

import "github.com/clusterspec/clusterspec/reference/command"

// usage is not known here.
var usage func() command.Usage

func systemBytes() int { return 0 }
