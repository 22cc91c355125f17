package duet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ProcessCPU tells the processor time that all threads of a process have used, to the nanosecond, from /proc/PID/task/*/schedstat (Linux).
// The time of threads that have ended is not in it.
func ProcessCPU(pid int) func() (time.Duration, error) {
	pattern := filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "schedstat")
	return func() (time.Duration, error) {
		files, _ := filepath.Glob(pattern) // the pattern is well formed
		var total time.Duration
		for _, file := range files {
			text, err := os.ReadFile(file)
			if errors.Is(err, os.ErrNotExist) {
				continue // a thread that has just ended
			}
			if err != nil {
				return 0, err
			}
			onCPU, _, _ := strings.Cut(string(text), " ") // nanoseconds on a processor, nanoseconds waiting for one, turns
			nanos, err := strconv.ParseInt(onCPU, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("reading %s: %w", file, err)
			}
			total += time.Duration(nanos)
		}
		if total == 0 {
			return 0, fmt.Errorf("process %d has no %s", pid, pattern)
		}
		return total, nil
	}
}
