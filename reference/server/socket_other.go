//go:build !unix

package server

import (
	"net"
	"os"
	"syscall"
)

// lockFile does nothing where there is no flock: there, two nodes in one folder are not kept apart.
func lockFile(*os.File) error { return nil }

func createFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
}

func renameFile(from, to string) error { return os.Rename(from, to) }

func controlSocket(syscall.RawConn, string) error { return nil }

func setBacklog(net.Listener, int) error { return nil }
