package nodesconf

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/ports"
)

// redis is a redis-server that was started on a nodes.conf of the test's making.
type redis struct {
	dir    string
	addr   string
	log    *bytes.Buffer
	cmd    *exec.Cmd
	exited chan error
}

// startRedis starts a redis-server whose nodes.conf has the given text. It returns an error when the server refuses the
// file, with what it said.
func startRedis(t *testing.T, nodesConf string, options ...string) (*redis, error) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("this test asks a real server what it accepts: install redis-server 7.0 or later")
	}
	const attempts = 5 // another process may take a port between our choice and the server's bind
	for range attempts {
		r := launch(t, nodesConf, options)
		if err := r.waitReady(); err == nil {
			t.Cleanup(r.stop)
			return r, nil
		}
		r.stop()
		if said := r.log.String(); !strings.Contains(said, "Address already in use") {
			return nil, fmt.Errorf("redis-server did not start: %s", said)
		}
	}
	t.Fatal("no free port found for redis-server")
	return nil, nil
}

func launch(t *testing.T, nodesConf string, options []string) *redis {
	t.Helper()
	r := &redis{dir: t.TempDir(), log: new(bytes.Buffer), exited: make(chan error, 1)}
	if err := os.WriteFile(filepath.Join(r.dir, "nodes.conf"), []byte(nodesConf), 0o644); err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(ports.ForTest(t))
	r.addr = "127.0.0.1:" + port
	r.cmd = exec.Command("redis-server", append([]string{
		"--port", port, "--bind", "127.0.0.1", "--dir", r.dir,
		"--cluster-enabled", "yes", "--cluster-node-timeout", "60000", "--save", "",
		"--crash-log-enabled", "no", "--crash-memcheck-enabled", "no",
	}, options...)...)
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { r.exited <- r.cmd.Wait() }()
	return r
}

func (r *redis) waitReady() error {
	const patience = 20 * time.Second
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		select {
		case err := <-r.exited:
			r.exited <- err
			return fmt.Errorf("redis-server exited: %w", err)
		case <-time.After(2 * time.Millisecond):
		}
		if _, err := r.do("PING"); err == nil {
			return nil
		}
	}
	return fmt.Errorf("redis-server is not ready after %v", patience)
}

func (r *redis) stop() {
	_ = r.cmd.Process.Kill() // it may have ended already
	<-r.exited
	r.exited <- nil
}

// do sends one inline command and returns the reply's text.
func (r *redis) do(command string) (string, error) {
	conn, err := net.Dial("tcp", r.addr)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, command+"\r\n"); err != nil {
		return "", err
	}
	reader := bufio.NewReader(conn)
	head, err := reader.ReadString('\n')
	if err != nil {
		return "", err
	}
	var n int
	if _, err := fmt.Sscanf(head, "$%d", &n); err != nil {
		return head, nil
	}
	text := make([]byte, n)
	_, err = io.ReadFull(reader, text)
	return string(text), err
}

// must sends one inline command that has to succeed.
func (r *redis) must(t *testing.T, command string) string {
	t.Helper()
	reply, err := r.do(command)
	if err != nil || strings.HasPrefix(reply, "-") {
		t.Fatalf("%s: %s %v", command, reply, err)
	}
	return reply
}

// savedConf makes the server save its nodes.conf and reads it.
func (r *redis) savedConf(t *testing.T) string {
	t.Helper()
	r.must(t, "CLUSTER SAVECONFIG")
	text, err := os.ReadFile(filepath.Join(r.dir, "nodes.conf"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
