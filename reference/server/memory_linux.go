package server

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// pages is the system's memory, in large pages where it has some to spare.
var pages keyspace.Memory = mappedMemory{}

type mappedMemory struct{}

func (mappedMemory) Map(n int) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		panic(fmt.Sprintf("out of memory: mapping %d bytes for keys: %v", n, err)) // as Go ends when its heap cannot grow
	}
	unix.Madvise(b, unix.MADV_HUGEPAGE) // refused by kernels without large pages
	return b
}

func (mappedMemory) Discard(b []byte) { unix.Madvise(b, unix.MADV_DONTNEED) }

func (mappedMemory) Unmap(b []byte) { unix.Munmap(b) }
