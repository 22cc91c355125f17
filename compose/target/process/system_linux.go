package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// childAttributes gives the child a group of its own and lets it die with us, however we die.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// paused reports whether every thread of the group stands still. SIGSTOP only asks for that: each thread stops when it notices, and may
// answer a client before.
func (c *child) paused() bool {
	group := strconv.Itoa(c.pid())
	processes, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range processes {
		if _, of := threadState(file); of != group {
			continue
		}
		threads, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "task/*/stat"))
		for _, thread := range threads {
			if state, of := threadState(thread); of == group && !strings.Contains("TtZX", state) {
				return false
			}
		}
	}
	return true
}

// threadState reads state and process group from a stat file (proc(5)): "pid (name) state ppid pgrp ...". Both are empty if it is gone.
func threadState(file string) (state, group string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", ""
	}
	const stateField, groupField = 0, 2 // behind the name, which may hold anything
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) <= groupField {
		return "", ""
	}
	return string(fields[stateField]), string(fields[groupField])
}
