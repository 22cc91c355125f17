package target

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// What the kinds of target that start their own nodes have in common.

// NodesOf is a kind's own nodes as Cluster.Nodes returns them.
func NodesOf[N Node](own []N) []Node {
	nodes := make([]Node, len(own))
	for i, n := range own {
		nodes[i] = n
	}
	return nodes
}

// AtOnce does something with all nodes at the same time and returns when all are done.
func AtOnce[N Node](nodes []N, do func(N) error) error {
	errs := make([]error, len(nodes))
	var doing sync.WaitGroup
	for i, n := range nodes {
		doing.Go(func() { errs[i] = do(n) })
	}
	doing.Wait()
	return errors.Join(errs...)
}

// ScratchDir is the absolute path of a topology's scratch folder. If none is named, one is made.
func ScratchDir(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "clusterspec-")
	}
	return filepath.Abs(dir)
}

// Tail is the end of a log, as errors quote it.
func Tail(log string) string {
	const lines = 20
	all := strings.Split(strings.TrimRight(log, "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
