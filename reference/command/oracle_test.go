package command

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/oracle"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// startOracle runs the redis-server that has the last word in these tests: it is in cluster mode and owns all slots. Redis takes two seconds
// until its cluster is up, so these tests run beside each other.
func startOracle(t *testing.T) *oracle.Server {
	t.Helper()
	t.Parallel()
	redis := oracle.Start(t, "--cluster-enabled", "yes", "--enable-debug-command", "yes")
	redis.Must("CLUSTER ADDSLOTSRANGE 0 16383")
	for !strings.Contains(redis.Must("CLUSTER INFO"), "cluster_state:ok") {
		time.Sleep(50 * time.Millisecond)
	}
	return redis
}

// rawConn is a client that keeps the bytes of replies as they came.
type rawConn struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func connect(t *testing.T, redis *oracle.Server) *rawConn {
	t.Helper()
	conn := redis.Dial()
	t.Cleanup(func() { conn.Close() }) // a subtest ends before its server does
	return &rawConn{t, conn, bufio.NewReaderSize(conn, 1<<20)}
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
