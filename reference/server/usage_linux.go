package server

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/command"
)

// usage is what this process has used of the machine.
func usage() (u command.Usage) {
	var self, children unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &self) == nil && unix.Getrusage(unix.RUSAGE_CHILDREN, &children) == nil {
		u.User, u.System = micros(self.Utime), micros(self.Stime)
		u.ChildrenUser, u.ChildrenSystem = micros(children.Utime), micros(children.Stime)
	}
	statm, _ := os.ReadFile("/proc/self/statm") // size, resident, shared... in pages
	if fields := bytes.Fields(statm); len(fields) > 1 {
		pages, _ := strconv.Atoi(string(fields[1]))
		u.ResidentBytes = pages * os.Getpagesize()
	}
	return u
}

func micros(t unix.Timeval) clock.Micros { return clock.Micros(t.Nano() / 1000) }

// systemBytes is the memory of this machine.
func systemBytes() int {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int(info.Totalram) * int(info.Unit)
}
