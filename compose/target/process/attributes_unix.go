//go:build unix && !linux

package process

import "syscall"

// childAttributes gives the child a group of its own.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
