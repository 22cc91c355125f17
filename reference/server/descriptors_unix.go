//go:build unix

package server

import "golang.org/x/sys/unix"

// descriptorsMax is how many files and sockets this process may have open. The Go runtime has raised it as far as it goes.
func descriptorsMax() int64 {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int64(min(uint64(limit.Cur), 1<<32))
}
