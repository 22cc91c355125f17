package process

import (
	"syscall"

	"github.com/clusterspec/clusterspec/compose/target"
)

func childAttributes() *syscall.SysProcAttr { return nil }

func (c *child) kill() error { return c.cmd.Process.Kill() }

// killLeftover does nothing: there are no process groups.
func (c *child) killLeftover() {}

// Windows has no signal to ask a console program to end, and none to freeze it.
func (c *child) terminate() error { return c.kill() }
func (c *child) pause() error     { return errNoPause }
func (c *child) resume() error    { return errNoPause }
func (c *child) paused() bool     { return false }

var errNoPause = &target.Unavailable{Reason: "processes cannot be paused on Windows"}
