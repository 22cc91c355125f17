//go:build unix

package target

import (
	"os"
	"syscall"
)

// tryLock locks the file for this process, or reports that another has it.
func tryLock(file *os.File) bool {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
