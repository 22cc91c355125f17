//go:build unix

package server

import (
	"net"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// lockFile takes the lock of the whole file or fails at once; it ends when the file is closed.
func lockFile(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// controlSocket prepares a listening socket before it is bound.
func controlSocket(c syscall.RawConn, network string) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		if strings.HasSuffix(network, "6") {
			failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// setBacklog sets how many connections may wait to be accepted: a second listen on the same socket changes it.
func setBacklog(l net.Listener, backlog int) error {
	raw, err := l.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = unix.Listen(int(fd), backlog) }); err != nil {
		return err
	}
	return failed
}
