//go:build !unix

package server

import (
	"net"
	"os"
	"syscall"
)

// lockFile does nothing where there is no flock: there, two nodes in one folder are not kept apart.
func lockFile(*os.File) error { return nil }

func controlSocket(syscall.RawConn, string) error { return nil }

func setBacklog(net.Listener, int) error { return nil }
