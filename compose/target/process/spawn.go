package process

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// spawner starts children from one thread that lives until close. On Linux a child is told to die with the *thread* that started it
// (prctl PR_SET_PDEATHSIG), and Go ends threads as it likes; this one it cannot.
type spawner struct {
	jobs chan func()
}

func newSpawner() *spawner {
	s := &spawner{make(chan func())}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for job := range s.jobs {
			job()
		}
	}()
	return s
}

// close ends the thread; the children must have ended.
func (s *spawner) close() { close(s.jobs) }

// spawn starts a program whose output is appended to a file.
func (s *spawner) spawn(args []string, logFile string) (*child, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = childAttributes()
	started := make(chan error)
	s.jobs <- func() { started <- cmd.Start() }
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", args[0], err)
	}
	c := &child{cmd: cmd, done: make(chan struct{})}
	go func() {
		cmd.Wait()       // how it ended is in cmd.ProcessState
		c.killLeftover() // a server behind a wrapper script that died first
		close(c.done)
	}()
	return c, nil
}

// child is one started process and its group.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
}

func (c *child) pid() int { return c.cmd.Process.Pid }

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// state says how the process ended; call it after that.
func (c *child) state() string { return c.cmd.ProcessState.String() }
