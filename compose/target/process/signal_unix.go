//go:build unix

package process

import (
	"errors"
	"syscall"
)

// Signals go to the whole group, so that a wrapper script and the server behind it share their fate.

func (c *child) kill() error   { return c.signal(syscall.SIGKILL) }
func (c *child) pause() error  { return c.signal(syscall.SIGSTOP) }
func (c *child) resume() error { return c.signal(syscall.SIGCONT) }

// killLeftover ends what is left of the group. It is called once, the moment the process is gone, when its number cannot be another's yet.
func (c *child) killLeftover() { c.kill() }

// terminate also wakes a paused process, which could not act on the signal otherwise.
func (c *child) terminate() error {
	return errors.Join(c.signal(syscall.SIGTERM), c.signal(syscall.SIGCONT))
}

func (c *child) signal(s syscall.Signal) error {
	err := syscall.Kill(-c.pid(), s)
	if errors.Is(err, syscall.ESRCH) {
		return nil // ended a moment ago
	}
	return err
}
