package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// lab starts servers, and stops them all in the end.
type lab struct {
	ctx     context.Context
	dir     string // holds a folder for each server
	servers []*server
}

// server is one process that is measured.
type server struct {
	name string // as the table calls it
	addr string
	port *target.Port
	cmd  *exec.Cmd
	cpu  func() (time.Duration, error)
}

// kind is a way to start a server: a program, and what is common to all servers of the kind.
type kind struct {
	name    string
	program []string
	cluster bool
}

func newLab(ctx context.Context) (*lab, error) {
	dir, err := os.MkdirTemp("", "speed-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the servers' files: %w", err)
	}
	return &lab{ctx: ctx, dir: dir}, nil
}

// close stops what still runs.
func (l *lab) close() error {
	for len(l.servers) > 0 {
		l.stop(l.servers[0])
	}
	return os.RemoveAll(l.dir)
}

// start starts a server. One in cluster mode knows no slots yet, unless nodesConf (the content of its nodes.conf) says so.
func (l *lab) start(k kind, nodesConf func(port *target.Port) string) (*server, error) {
	port, err := target.ReservePort()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(l.dir, strconv.Itoa(port.Number))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making a folder for a server's files: %w", err)
	}
	options := []string{"--port", strconv.Itoa(port.Number), "--dir", dir, "--save", ""}
	if k.cluster {
		options = append(options, "--cluster-enabled", "yes")
	}
	if nodesConf != nil {
		if err := os.WriteFile(filepath.Join(dir, "nodes.conf"), []byte(nodesConf(port)), 0o644); err != nil {
			return nil, fmt.Errorf("writing nodes.conf: %w", err)
		}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, fmt.Errorf("making a log file: %w", err)
	}
	defer log.Close()
	s := &server{name: k.name, addr: port.Addr(), port: port, cmd: exec.Command(k.program[0], append(k.program[1:], options...)...)}
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", k.name, err)
	}
	s.cpu = duet.ProcessCPU(s.cmd.Process.Pid)
	l.servers = append(l.servers, s)
	return s, l.await(s, filepath.Join(dir, "log"))
}

// await waits until a server answers.
func (l *lab) await(s *server, log string) error {
	const limit, interval = 10 * time.Second, 10 * time.Millisecond
	for deadline := time.Now().Add(limit); ; time.Sleep(interval) {
		c, err := net.DialTimeout("tcp", s.addr, limit)
		if err == nil {
			return c.Close()
		}
		if time.Now().After(deadline) || l.ctx.Err() != nil {
			text, _ := os.ReadFile(log)
			return fmt.Errorf("%s does not answer: %w; its log:\n%s", s.name, err, text)
		}
	}
}

// stop ends a server at once; nothing it has is needed.
func (l *lab) stop(s *server) {
	s.cmd.Process.Kill()
	s.cmd.Wait()
	s.port.Release()
	for i, other := range l.servers {
		if other == s {
			l.servers = append(l.servers[:i], l.servers[i+1:]...)
			break
		}
	}
}

// startAll starts one server of each kind; those in cluster mode serve all slots.
func (l *lab) startAll(kinds ...kind) ([]*server, error) {
	var servers []*server
	for _, k := range kinds {
		s, err := l.start(k, nil)
		if err != nil {
			return nil, err
		}
		servers = append(servers, s)
		if k.cluster {
			if err := l.serve(s, 0, wire.Slots-1); err != nil {
				return nil, err
			}
		}
	}
	return servers, nil
}

// serve gives a server slots; when it then has all, it waits until the cluster is up.
func (l *lab) serve(s *server, from, to int) error {
	if _, err := l.ask(s, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(from), strconv.Itoa(to)); err != nil {
		return err
	}
	if to-from+1 < wire.Slots {
		return nil
	}
	return l.awaitUp(s)
}

// awaitUp waits until a node says that its cluster is up.
func (l *lab) awaitUp(s *server) error {
	const limit, interval = 20 * time.Second, 20 * time.Millisecond
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(interval) {
		info, err := l.ask(s, "CLUSTER", "INFO")
		if err != nil {
			return err
		}
		if wire.ParseInfo(info.Text)["cluster_state"] == "ok" {
			return nil
		}
	}
	return fmt.Errorf("%s: the cluster is not up after %v", s.name, limit)
}

// ask sends one request; an error reply is an error.
func (l *lab) ask(s *server, args ...string) (wire.Value, error) {
	reply, err := target.Ask(l.ctx, s.addr, args...)
	if err == nil && reply.IsError() {
		err = errors.New(reply.Text)
	}
	if err != nil {
		return reply, fmt.Errorf("asking %s for %s: %w", s.name, strings.Join(args, " "), err)
	}
	return reply, nil
}

// residentBytes is how much memory a server has (Linux).
func (s *server) residentBytes() (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of %s: %w", s.name, err)
	}
	var total, resident int
	if _, err := fmt.Sscan(string(text), &total, &resident); err != nil {
		return 0, fmt.Errorf("reading the memory of %s: %w", s.name, err)
	}
	return float64(resident * os.Getpagesize()), nil
}
