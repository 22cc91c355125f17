package command

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/ports"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// oracle is a redis-server in cluster mode that owns all slots.
type oracle struct{ addr string }

// startOracle runs the redis-server that has the last word in these tests. Redis takes two seconds until its cluster is up,
// so these tests run beside each other.
func startOracle(t *testing.T) *oracle {
	t.Helper()
	t.Parallel()
	port := ports.ForTest(t)
	dir := t.TempDir()
	server := exec.Command("redis-server", "--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir, "--save", "",
		"--cluster-enabled", "yes", "--enable-debug-command", "yes", "--logfile", filepath.Join(dir, "log"))
	if err := server.Start(); err != nil {
		t.Fatalf("this test asks a real redis-server, which has to be on PATH: %v", err)
	}
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	o := &oracle{addr: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	deadline := time.Now().Add(20 * time.Second)
	var conn *rawConn
	for conn == nil {
		c, err := net.Dial("tcp", o.addr)
		if err == nil {
			conn = newRawConn(t, c)
		} else if time.Now().After(deadline) {
			t.Fatalf("redis-server did not start: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	conn.do("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	for !bytes.Contains(conn.do("CLUSTER", "INFO"), []byte("cluster_state:ok")) {
		if time.Now().After(deadline) {
			t.Fatal("the redis-server's cluster did not come up")
		}
		time.Sleep(50 * time.Millisecond)
	}
	return o
}

// dial opens a connection to the oracle.
func (o *oracle) dial(t *testing.T) *rawConn {
	t.Helper()
	c, err := net.Dial("tcp", o.addr)
	if err != nil {
		t.Fatal(err)
	}
	return newRawConn(t, c)
}

// rawConn is a client that keeps the bytes of replies as they came.
type rawConn struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func newRawConn(t *testing.T, c net.Conn) *rawConn {
	t.Cleanup(func() { c.Close() })
	return &rawConn{t, c, bufio.NewReaderSize(c, 1<<20)}
}

// send sends a request without reading a reply.
func (c *rawConn) send(args ...string) {
	c.t.Helper()
	if _, err := c.conn.Write(resp.AppendCommandStrings(nil, args...)); err != nil {
		c.t.Fatal(err)
	}
}

// do sends a request and reads one reply.
func (c *rawConn) do(args ...string) []byte {
	c.t.Helper()
	c.send(args...)
	return c.read()
}

// read reads one reply or pushed message.
func (c *rawConn) read() []byte {
	c.t.Helper()
	c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b, err := readValue(c.r, nil)
	if err != nil {
		c.t.Fatalf("reading from redis-server: %v (after %q)", err, b)
	}
	return b
}

// readValue appends the bytes of one RESP value to dst.
func readValue(r *bufio.Reader, dst []byte) ([]byte, error) {
	line, err := r.ReadBytes('\n')
	dst = append(dst, line...)
	if err != nil {
		return dst, err
	}
	n := 0
	if bytes.IndexByte([]byte("$=*~>%"), line[0]) >= 0 {
		if n, err = strconv.Atoi(string(bytes.TrimSpace(line[1:]))); err != nil {
			return dst, err
		}
	}
	switch line[0] {
	case '$', '=':
		if n < 0 {
			return dst, nil
		}
		at := len(dst)
		dst = append(dst, make([]byte, n+2)...)
		_, err = io.ReadFull(r, dst[at:])
		return dst, err
	case '%':
		n *= 2
	}
	for range n {
		if dst, err = readValue(r, dst); err != nil {
			return dst, err
		}
	}
	return dst, nil
}
