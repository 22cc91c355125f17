package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/ports"
)

// loops are the two shells; every test here is for both.
var loops = map[string]bool{"native": false, "portable": true}

func onEveryLoop(t *testing.T, test func(t *testing.T, portable bool)) {
	for name, portable := range loops {
		t.Run(name, func(t *testing.T) { test(t, portable) })
	}
}

func TestRequestsOfEverySize(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		c := dial(t, startServer(t, portable, t.TempDir(), "--cluster-enabled", "no"))
		for _, size := range []int{0, 1, 1000, 64 << 10, 64<<10 + 1, 8 << 20} {
			value := strings.Repeat("x", size)
			c.do(t, "+OK", "SET", "key", value)
			c.do(t, value, "GET", "key")
		}
	})
}

func TestPipelineThatIsReadLate(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		c := dial(t, startServer(t, portable, t.TempDir(), "--cluster-enabled", "no"))
		value := strings.Repeat("v", 10_000)
		c.do(t, "+OK", "SET", "key", value)
		// More replies than any socket buffer holds: the server has to wait for us, and to go on when we read.
		const requests = 3000
		go io.WriteString(c.conn, strings.Repeat("GET key\r\n", requests))
		time.Sleep(100 * time.Millisecond)
		for i := range requests {
			if got := c.reply(t); got != value {
				t.Fatalf("reply %d is %d bytes that begin %.20q", i, len(got), got)
			}
		}
		c.do(t, "+PONG", "PING")
	})
}

func TestManyClientsAtOnce(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		s := startServer(t, portable, t.TempDir(), "--cluster-enabled", "no")
		const clients, increments = 50, 100
		var wg sync.WaitGroup
		for range clients {
			c := dial(t, s)
			wg.Go(func() {
				for range increments {
					io.WriteString(c.conn, "INCR counter\r\n")
					c.reader.ReadString('\n')
				}
			})
		}
		wg.Wait()
		dial(t, s).do(t, strconv.Itoa(clients*increments), "GET", "counter")
	})
}

func TestProtocolErrorClosesAfterTheReply(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		c := dial(t, startServer(t, portable, t.TempDir(), "--cluster-enabled", "no"))
		io.WriteString(c.conn, "*1\r\n%4\r\n")
		rest, err := io.ReadAll(c.reader)
		if want := "-ERR Protocol error: expected '$', got '%'\r\n"; string(rest) != want || err != nil {
			t.Fatalf("got %q and %v, want %q and the end", rest, err, want)
		}
	})
}

func TestPauseAndResume(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		s := startServer(t, portable, t.TempDir(), "--cluster-enabled", "no")
		c := dial(t, s)
		c.do(t, "+PONG", "PING")
		resume := s.Pause()
		io.WriteString(c.conn, "PING\r\n")
		c.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err := c.reader.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("a paused node answered, or closed the connection: %v", err)
		}
		resume()
		if got := c.reply(t); got != "+PONG" {
			t.Fatalf("after the pause: %q", got)
		}
	})
}

func TestKillWhilePaused(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		s := startServer(t, portable, t.TempDir(), "--cluster-enabled", "no")
		c := dial(t, s)
		s.Pause()
		s.Kill()
		if _, err := c.reader.ReadByte(); err == nil {
			t.Fatal("a killed node answered")
		}
		if conn, err := net.Dial("tcp", s.Addr()); err == nil {
			conn.Close()
			t.Fatal("a killed node still listens")
		}
		if err := s.Wait(); err != nil {
			t.Fatalf("Wait: %v", err)
		}
		s.Kill() // again: nothing to do
	})
}

func TestStopKeepsTheNode(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		dir := t.TempDir()
		s := startServer(t, portable, dir, "--cluster-enabled", "yes")
		id := dial(t, s).ask(t, "CLUSTER", "MYID")
		if err := s.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		if again := dial(t, startServer(t, portable, dir, "--cluster-enabled", "yes")).ask(t, "CLUSTER", "MYID"); again != id {
			t.Fatalf("the id was %s and is now %s", id, again)
		}
		left, err := filepath.Glob(filepath.Join(dir, "*.tmp-*"))
		if err != nil || len(left) > 0 {
			t.Fatalf("temporary files are left: %v %v", left, err)
		}
	})
}

func TestKilledNodeKeepsWhatItSaid(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		dir := t.TempDir()
		s := startServer(t, portable, dir, "--cluster-enabled", "yes")
		dial(t, s).do(t, "+OK", "CLUSTER", "ADDSLOTS", "7")
		s.Kill() // right after the reply: the slot is on disk by then, or the reply was a lie
		if got := dial(t, startServer(t, portable, dir, "--cluster-enabled", "yes")).ask(t, "CLUSTER", "NODES"); !strings.HasSuffix(got, " 7\n") {
			t.Fatalf("after the restart: %q", got)
		}
	})
}

func TestNodesConfThatCannotBeSaved(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		dir := filepath.Join(t.TempDir(), "node")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		s := startServer(t, portable, dir, "--cluster-enabled", "yes")
		c := dial(t, s)
		if err := os.RemoveAll(dir); err != nil { // root, too, cannot write to a folder that is gone
			t.Fatal(err)
		}
		if got := c.ask(t, "CLUSTER", "SAVECONFIG"); !strings.HasPrefix(got, "-ERR error saving the cluster node config") {
			t.Fatalf("SAVECONFIG without a folder: %q", got)
		}
		c.do(t, "+PONG", "PING")
		io.WriteString(c.conn, "CLUSTER ADDSLOTS 7\r\n")
		if line, err := c.reader.ReadString('\n'); err == nil {
			t.Fatalf("ADDSLOTS that could not be saved was answered by %q", line)
		}
		if err := s.Wait(); err == nil || !strings.Contains(err.Error(), "nodes.conf") {
			t.Fatalf("the node ended with %v, want an error that names the file", err)
		}
	})
}

func TestReplaceFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "nodes.conf")
	file, err := openNodesFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.close()
	if err := file.replace([]byte("content"), true); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o755); err != nil { // a rename cannot replace a folder
		t.Fatal(err)
	}
	if err := file.replace([]byte("more"), true); err == nil || !strings.Contains(err.Error(), path) {
		t.Fatalf("error %v, want one that names %s", err, path)
	}
	if left, _ := filepath.Glob(path + ".tmp-*"); len(left) > 0 {
		t.Fatalf("temporary files are left: %v", left)
	}
}

// TestSaveOverwrites: what need not be on disk at once goes into the file there is, when it has the room.
func TestSaveOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nodes.conf")
	file, err := openNodesFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.close()
	long := strings.Repeat("x", pageBytes) + "\n"
	for _, step := range []struct {
		name, content, want string
		sync, removed, same bool
	}{
		{name: "into an empty file", content: "one\ntwo\n", want: "one\ntwo\n"},
		{name: "shorter", content: "one\n", want: "one\n\n\n\n\n", same: true},
		{name: "as long as before", content: "two\none\n", want: "two\none\n", same: true},
		{name: "longer", content: "one\ntwo\nthree\n", want: "one\ntwo\nthree\n"},
		{name: "to be on disk", content: "one\n", want: "one\n", sync: true},
		{name: "after somebody removed it", content: "two\n", want: "two\n", removed: true},
		{name: "more than a page", content: long, want: long},
		{name: "over more than a page", content: "one\n", want: "one\n"},
	} {
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if step.removed {
			os.Remove(path)
		}
		if err := file.save([]byte(step.content), step.sync); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != step.want {
			t.Fatalf("%s: the file is %q, want %q (%v)", step.name, got, step.want, err)
		}
		if after, _ := os.Stat(path); os.SameFile(before, after) != step.same {
			t.Errorf("%s: the same file: %t, want %t", step.name, !step.same, step.same)
		}
	}
}

func TestTwoNodesOnOneFile(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		dir := t.TempDir()
		first := startServer(t, portable, dir, "--cluster-enabled", "yes")
		dial(t, first).do(t, "+OK", "CLUSTER", "SAVECONFIG")
		options := parse(t, dir, "--cluster-enabled", "yes")
		if _, err := Start(Options{Config: options, Portable: portable}); err == nil || !strings.Contains(err.Error(), "already used") {
			t.Fatalf("a second node on the same file: %v", err)
		}
	})
}

func TestBind(t *testing.T) {
	for _, tt := range []struct{ bind, wrong string }{
		{bind: "127.0.0.1"},
		{bind: "* -::*"},
		{bind: "127.0.0.1 -::1"},
		{bind: "127.0.0.1 -192.0.2.1"}, // an address nobody has, but it may be missing
		{bind: "192.0.2.1", wrong: "192.0.2.1"},
		{bind: "-192.0.2.1", wrong: "no address of bind"},
	} {
		options := parse(t, t.TempDir(), "--bind", tt.bind)
		s, err := Start(Options{Config: options})
		if tt.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wrong) {
				t.Errorf("bind %q: %v, want an error that says %q", tt.bind, err, tt.wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("bind %q: %v", tt.bind, err)
			continue
		}
		dial(t, s).do(t, "+PONG", "PING")
		s.Kill()
	}
}

func TestPortIsTaken(t *testing.T) {
	s := startServer(t, false, t.TempDir(), "--cluster-enabled", "no")
	_, port, _ := net.SplitHostPort(s.Addr())
	options, err := config.Parse([]string{"--port", port, "--bind", "127.0.0.1"}, os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Start(Options{Config: options}); err == nil || !strings.Contains(err.Error(), port) {
		t.Fatalf("error %v, want one that names port %s", err, port)
	}
}

func TestLog(t *testing.T) {
	var log bytes.Buffer
	options := parse(t, t.TempDir(), "--cluster-enabled", "no")
	s, err := Start(Options{Config: options, Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	s.Kill()
	if want := fmt.Sprintf("%d:M ", os.Getpid()); !strings.HasPrefix(log.String(), want) || !strings.Contains(log.String(), "* Ready to accept connections tcp\n") {
		t.Fatalf("the log is %q", log.String())
	}
}

// TestLogOfReplica: a replica's lines say S, as redis-server's do.
func TestLogOfReplica(t *testing.T) {
	dir, own, primary := t.TempDir(), strings.Repeat("a", 40), strings.Repeat("b", 40)
	nodes := own + " 127.0.0.1:1@10001 myself,slave " + primary + " 0 0 1 connected\n" +
		primary + " 127.0.0.1:2@10002 master - 0 0 1 connected\nvars currentEpoch 1 lastVoteEpoch 0\n"
	if err := os.WriteFile(filepath.Join(dir, "nodes.conf"), []byte(nodes), 0o644); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s, err := Start(Options{Config: parse(t, dir, "--cluster-enabled", "yes"), Log: &log})
	if err != nil {
		t.Fatal(err)
	}
	s.Kill()
	if want := fmt.Sprintf("%d:S ", os.Getpid()); !strings.Contains(log.String(), want) || strings.Contains(log.String(), ":M ") {
		t.Fatalf("the log is %q", log.String())
	}
}

// client is one connection of a test.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(t *testing.T, s *Server) *client {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, conn)
}

func newClient(t *testing.T, conn net.Conn) *client {
	t.Cleanup(func() { conn.Close() })
	return &client{conn, bufio.NewReader(conn)}
}

// do sends a command and compares the reply: a bulk's content, anything else as its line.
func (c *client) do(t *testing.T, want string, args ...string) {
	t.Helper()
	if got := c.ask(t, args...); got != want {
		t.Fatalf("%.80q gave %.80q, want %.80q", args, got, want)
	}
}

func (c *client) ask(t *testing.T, args ...string) string {
	t.Helper()
	fmt.Fprintf(c.conn, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(c.conn, "$%d\r\n%s\r\n", len(a), a)
	}
	return c.reply(t)
}

func (c *client) reply(t *testing.T) string {
	t.Helper()
	c.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	line, err := c.reader.ReadString('\n')
	if err != nil {
		t.Fatalf("reading a reply: %v", err)
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line[0] != '$' {
		return line
	}
	length, _ := strconv.Atoi(line[1:])
	bulk := make([]byte, length+len("\r\n"))
	if _, err := io.ReadFull(c.reader, bulk); err != nil {
		t.Fatalf("reading a reply: %v", err)
	}
	return string(bulk[:length])
}

func startServer(t *testing.T, portable bool, dir string, args ...string) *Server {
	t.Helper()
	s, err := Start(Options{Config: parse(t, dir, args...), Portable: portable, Log: testLog{t}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	return s
}

// parse makes options for a node on a free port.
func parse(t *testing.T, dir string, args ...string) *config.Config {
	t.Helper()
	options, err := config.Parse(append([]string{"--dir", dir, "--bind", "127.0.0.1", "--port", strconv.Itoa(ports.ForTest(t))}, args...), os.ReadFile)
	if err != nil {
		t.Fatal(err)
	}
	return options
}

// testLog puts the node's log into the test's output.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(p)))
	return len(p), nil
}
