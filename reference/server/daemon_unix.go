//go:build unix

package server

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/clusterspec/clusterspec/reference/config"
)

// daemonMark is in the environment of the process that daemonize yes has started.
const daemonMark = "CLUSTERSPEC_NODE_DAEMON"

// isDaemon reports whether this process is that one.
func isDaemon() bool { return os.Getenv(daemonMark) == "1" }

// becomeDaemon starts this program again with the same command line, in a session of its own and without a terminal. A
// program in Go cannot fork.
func becomeDaemon(options *config.Config) error {
	if options.FromStdin {
		return errors.New("daemonize yes: the configuration cannot come from standard input")
	}
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("going on in the background: %w", err)
	}
	daemon := exec.Cmd{
		Path: executable, Args: os.Args, Env: append(os.Environ(), daemonMark+"=1"), SysProcAttr: &syscall.SysProcAttr{Setsid: true},
	}
	if err := daemon.Start(); err != nil {
		return fmt.Errorf("going on in the background: %w", err)
	}
	return daemon.Process.Release()
}
