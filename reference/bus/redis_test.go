package bus

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/ports"
)

// patience is how long a test waits for a real server; tests pass as soon as they can.
const patience = 20 * time.Second

// redis is a real server in cluster mode.
type redis struct {
	addr    string
	busPort uint16
	log     *bytes.Buffer
	cmd     *exec.Cmd
	exited  chan struct{}
}

func startRedis(t *testing.T, options ...string) *redis {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("this test talks to real servers: install redis-server 7.0 or later")
	}
	const attempts = 5 // another process may take a port between our choice and the server's bind
	for range attempts {
		r := launch(t, options)
		if r.ready() {
			t.Cleanup(r.stop)
			return r
		}
		r.stop()
		if said := r.log.String(); !strings.Contains(said, "Address already in use") {
			t.Fatalf("redis-server did not start: %s", said)
		}
	}
	t.Fatal("no free port found for redis-server")
	return nil
}

func launch(t *testing.T, options []string) *redis {
	t.Helper()
	port := uint16(ports.ForTest(t))
	busPort := port + ports.BusOffset
	r := &redis{
		addr: fmt.Sprintf("127.0.0.1:%d", port), busPort: busPort, log: new(bytes.Buffer), exited: make(chan struct{}),
	}
	r.cmd = exec.Command("redis-server", append([]string{
		"--port", strconv.Itoa(int(port)), "--cluster-port", strconv.Itoa(int(busPort)), "--bind", "127.0.0.1",
		"--dir", t.TempDir(), "--cluster-enabled", "yes", "--save", "",
	}, options...)...)
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = r.cmd.Wait() // it is killed in the end
		close(r.exited)
	}()
	return r
}

func (r *redis) ready() bool {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		select {
		case <-r.exited:
			return false
		case <-time.After(2 * time.Millisecond):
		}
		if _, err := r.do("PING"); err == nil {
			return true
		}
	}
	return false
}

func (r *redis) stop() {
	_ = r.cmd.Process.Kill() // it may have ended already
	<-r.exited
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

// must sends one inline command until it succeeds: right after a change nodes may not know enough of each other yet.
func (r *redis) must(t *testing.T, command string) string {
	t.Helper()
	var reply string
	eventually(t, command, func() bool {
		var err error
		reply, err = r.do(command)
		return err == nil && !strings.HasPrefix(reply, "-")
	})
	return reply
}

func (r *redis) id(t *testing.T) NodeID {
	t.Helper()
	return mustID(t, r.must(t, "CLUSTER MYID"))
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func mustID(t testing.TB, text string) NodeID {
	t.Helper()
	id, err := ParseNodeID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
