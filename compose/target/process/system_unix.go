//go:build unix && !linux

package process

import "syscall"

// childAttributes gives the child a group of its own.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// paused reports whether every thread of the group stands still, which the BSD kernels see to before kill returns.
func (c *child) paused() bool { return true }
