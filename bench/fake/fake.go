// Package fake is a server for tests of the stopwatch: it speaks RESP, is nobody's cluster, and answers as a test says. It shares no code with the generator.
package fake

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// NoCluster is the answer to CLUSTER of a server without cluster mode.
const NoCluster = "-ERR This instance has cluster support disabled\r\n"

// Bulk is a value as a reply.
func Bulk(value string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(value), value) }

// Start starts a server that answers each request by what the function returns, in a goroutine for each connection. It ends with the test, when its clients
// have closed their connections.
func Start(t testing.TB, answer func(args []string) string) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				serve(conn, answer)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return listener.Addr().String()
}

func serve(conn net.Conn, answer func(args []string) string) {
	in, out := bufio.NewReader(conn), bufio.NewWriter(conn)
	for {
		args, err := ReadRequest(in)
		if err != nil {
			return
		}
		out.WriteString(answer(args))
		if in.Buffered() == 0 && out.Flush() != nil {
			return
		}
	}
}

// ReadRequest reads an array of bulk strings.
func ReadRequest(in *bufio.Reader) ([]string, error) {
	number := func(kind byte) (int, error) {
		line, err := in.ReadString('\n')
		if err != nil || line[0] != kind {
			return 0, fmt.Errorf("%q: %w", line, err)
		}
		return strconv.Atoi(strings.TrimRight(line[1:], "\r\n"))
	}
	count, err := number('*')
	if err != nil {
		return nil, err
	}
	args := make([]string, count)
	for i := range args {
		length, err := number('$')
		if err != nil {
			return nil, err
		}
		arg := make([]byte, length+len("\r\n"))
		if _, err := io.ReadFull(in, arg); err != nil {
			return nil, err
		}
		args[i] = string(arg[:length])
	}
	return args, nil
}
