//go:build !unix

package server

// descriptorsMax is not known here.
func descriptorsMax() int64 { return 0 }
