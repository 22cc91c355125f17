package server

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/node"
)

// logger writes lines as redis-server does, so that whoever reads its logs can read ours:
//
//	1234:M 22 Nov 2026 10:00:00.123 * Ready to accept connections tcp
//
// M is the role: M for a primary, S for a replica.
type logger struct {
	mu      sync.Mutex
	out     io.Writer
	config  *config.Config
	replica atomic.Bool
}

// marks are the signs of the levels (Redis: serverLogRaw).
var marks = [...]byte{node.Debug: '.', node.Verbose: '-', node.Notice: '*', node.Warning: '#'}

// levels are the names of the option loglevel.
var levels = map[string]node.Level{"debug": node.Debug, "verbose": node.Verbose, "notice": node.Notice, "warning": node.Warning}

func newLogger(out io.Writer, c *config.Config) *logger { return &logger{out: out, config: c} }

// print writes one line if its level is asked for. A log that cannot be written to is no reason to stop.
func (l *logger) print(level node.Level, text string) {
	role := 'M'
	if l.replica.Load() {
		role = 'S'
	}
	l.printAs(role, level, text)
}

// printAs writes a line under another letter: C is a process that is no node yet.
func (l *logger) printAs(role rune, level node.Level, text string) {
	if l.out == nil || level < levels[l.config.String("loglevel")] {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, "%d:%c %s %c %s\n", os.Getpid(), role, time.Now().Format("02 Jan 2006 15:04:05.000"), marks[level], text)
}
