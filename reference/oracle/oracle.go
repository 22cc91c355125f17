// Package oracle runs real redis-servers, for tests that hold the reference against them. What they answer is right.
package oracle

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/ports"
)

// patience is how long a server may take to start and to answer; tests go on as soon as it has.
const patience = 20 * time.Second

// Server is a redis-server that lives no longer than its test.
type Server struct {
	// Port is where clients reach it on 127.0.0.1, and BusPort where nodes do when it is in cluster mode.
	Port, BusPort int
	// Dir is the folder it works in.
	Dir string

	t       testing.TB
	options []string
	log     log
	cmd     *exec.Cmd
	exited  chan struct{}
}

// Start runs the redis-server on PATH with these options, as on its command line, and waits until it serves. Unless they begin with a configuration file, it
// saves nothing, and is for this machine alone. A test that fails shows the end of its log.
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	s, err := Try(t, t.TempDir(), options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Try is Start in a folder that may hold files to begin with. The error has what the server said when it ended instead of serving.
func Try(t testing.TB, dir string, options ...string) (*Server, error) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("this test compares with a real server: install redis-server 7.0 or later, so that it is on PATH")
	}
	const attempts = 5 // another process may take a port between our choice and the server's bind
	var err error
	for range attempts {
		s := &Server{t: t, Dir: dir, Port: ports.ForTest(t), options: options}
		s.BusPort = s.Port + ports.BusOffset
		if err = s.Restart(); err == nil {
			t.Cleanup(s.finish)
			return s, nil
		}
		s.Kill()
		if !strings.Contains(s.Log(), "Address already in use") {
			break
		}
	}
	return nil, err
}

// Restart runs a server that was killed again, with its ports, options and files.
func (s *Server) Restart() error {
	args := append([]string{"--save", "", "--bind", "127.0.0.1", "--crash-log-enabled", "no", "--crash-memcheck-enabled", "no"}, s.options...)
	if len(s.options) > 0 && !strings.HasPrefix(s.options[0], "-") {
		args = slices.Clone(s.options) // a configuration file comes first, and says the rest
	}
	args = append(args, "--port", strconv.Itoa(s.Port), "--dir", s.Dir)
	s.cmd = exec.Command("redis-server", args...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("starting redis-server: %w", err)
	}
	exited := make(chan struct{})
	s.exited = exited
	go func(cmd *exec.Cmd) {
		_ = cmd.Wait() // it is killed in the end
		close(exited)
	}(s.cmd)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if reply, err := s.Do("PING"); err == nil && !strings.HasPrefix(reply, "-LOADING") {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("redis-server %s ended at once: %s", strings.Join(args, " "), s.Log())
		case <-time.After(2 * time.Millisecond):
		}
	}
	return fmt.Errorf("redis-server %s does not serve after %v: %s", strings.Join(args, " "), patience, s.Log())
}

// Kill ends the server without a word to it. It may have ended already.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// Signal sends it a signal, such as the one that stops it for a while.
func (s *Server) Signal(signal os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

// finish ends the server after its test, and tells what it saw if that failed.
func (s *Server) finish() {
	s.Kill()
	if s.t.Failed() {
		lines := strings.Split(s.Log(), "\n")
		s.t.Logf("redis-server on port %d:\n%s", s.Port, strings.Join(lines[max(0, len(lines)-60):], "\n"))
	}
}

// Addr is the address of clients, host:port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// Log is what it has said so far, all its lives together.
func (s *Server) Log() string { return s.log.String() }

// Dial connects to it, for as long as the test lasts.
func (s *Server) Dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	return conn
}

// Do sends one command, written as at a terminal, on a connection of its own, and returns the text of the reply (ReadReply).
func (s *Server) Do(command string) (string, error) {
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", err
	}
	return ReadReply(bufio.NewReader(conn))
}

// Must is Do for a command that has to succeed, in the form of fmt.Sprintf.
func (s *Server) Must(format string, args ...any) string {
	s.t.Helper()
	command := fmt.Sprintf(format, args...)
	reply, err := s.Do(command)
	if err != nil || strings.HasPrefix(reply, "-") {
		s.t.Fatalf("%s at redis-server: %s %v", command, reply, err)
	}
	return reply
}

// ReadReply reads a reply and returns its text: a bulk as it is, of an array the elements, a line each, and of anything else the line as it came, the
// character of its type in front.
func ReadReply(r *bufio.Reader) (string, error) {
	head, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	head = strings.TrimRight(head, "\r\n")
	n, _ := strconv.Atoi(head[1:])
	switch head[0] {
	case '$':
		text := make([]byte, max(0, n+len("\r\n")))
		_, err := io.ReadFull(r, text)
		return strings.TrimSuffix(string(text), "\r\n"), err
	case '*':
		var items []string
		for range n {
			item, err := ReadReply(r)
			if err != nil {
				return "", err
			}
			items = append(items, item)
		}
		return strings.Join(items, "\n"), nil
	}
	return head, nil
}

// log is what a server writes while a test reads it.
type log struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}
