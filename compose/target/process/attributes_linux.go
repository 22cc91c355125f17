package process

import "syscall"

// childAttributes gives the child a group of its own and lets it die with us, however we die.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
