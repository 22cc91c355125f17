package server

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/ports"
)

// TestMain lets the tests start this program as a node, the way scripts start redis-server.
func TestMain(m *testing.M) {
	if os.Getenv("CLUSTERSPEC_TEST_NODE") != "1" {
		os.Exit(m.Run())
	}
	options, err := ParseArgs(os.Args[1:])
	if err == nil {
		err = Main(options, os.Stdout)
	}
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

// program is a node in a process of its own.
type program struct {
	*exec.Cmd
	out  bytes.Buffer
	addr string
	port string
}

func startProgram(t *testing.T, args ...string) *program {
	t.Helper()
	p := &program{port: strconv.Itoa(ports.ForTest(t))}
	p.addr = "127.0.0.1:" + p.port
	p.Cmd = exec.Command(os.Args[0], append(args, "--port", p.port, "--bind", "127.0.0.1")...)
	p.Env = append(os.Environ(), "CLUSTERSPEC_TEST_NODE=1")
	p.Stdout, p.Stderr = &p.out, &p.out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill() })
	return p
}

// ends waits for the end of the process and compares its exit code.
func (p *program) ends(t *testing.T, code int) {
	t.Helper()
	p.Wait()
	if got := p.ProcessState.ExitCode(); got != code {
		t.Fatalf("exit code %d, want %d; it said\n%s", got, code, p.out.String())
	}
}

func TestSignalsEndTheProcess(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		dir := t.TempDir()
		p := startProgram(t, "--dir", dir, "--pidfile", "node.pid")
		dialUntil(t, p.addr).do(t, "+OK", "SET", "key", "value")
		if pid, err := os.ReadFile(filepath.Join(dir, "node.pid")); err != nil || string(pid) != strconv.Itoa(p.Process.Pid)+"\n" {
			t.Fatalf("pidfile: %q, %v", pid, err)
		}
		p.Process.Signal(syscall.SIGHUP) // is not for nodes
		p.Process.Signal(sig)
		p.ends(t, 0)
		for _, line := range []string{":C ", "Running mode=standalone, port=" + p.port, "* Server initialized", "* Ready to accept connections tcp",
			"scheduling shutdown...", "* DB saved on disk", "# Redis is now ready to exit, bye bye..."} {
			if !strings.Contains(p.out.String(), line) {
				t.Errorf("the log does not say %q:\n%s", line, p.out.String())
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "node.pid")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the pidfile is left behind: %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "dump.rdb")); err != nil {
			t.Error(err)
		}
	}
}

// TestSecondInterrupt: who insists does not have to wait for replicas.
func TestSecondInterrupt(t *testing.T) {
	p := startProgram(t, "--dir", t.TempDir(), "--save", "")
	c, replica := dialUntil(t, p.addr), dialUntil(t, p.addr)
	replica.ask(t, "PSYNC", "?", "-1")
	c.do(t, "+OK", "SET", "key", "value") // never acknowledged
	p.Process.Signal(os.Interrupt)
	for {
		c.conn.Write([]byte("SET key other\r\n")) // has to wait as soon as the signal is there
		c.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		if _, err := c.reader.ReadString('\n'); err != nil {
			break
		}
	}
	p.Process.Signal(os.Interrupt)
	p.ends(t, 1)
	if !strings.Contains(p.out.String(), "You insist... exiting now.") {
		t.Fatal(p.out.String())
	}
}

func TestShutdownOnSigterm(t *testing.T) {
	dir := t.TempDir()
	p := startProgram(t, "--dir", dir, "--shutdown-on-sigterm", "nosave", "now")
	dialUntil(t, p.addr).do(t, "+OK", "SET", "key", "value")
	p.Process.Signal(syscall.SIGTERM)
	p.ends(t, 0)
	if _, err := os.Stat(filepath.Join(dir, "dump.rdb")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("saved all the same: %v", err)
	}
}

// TestDaemon: the command returns at once, and the node goes on.
func TestDaemon(t *testing.T) {
	dir := t.TempDir()
	p := startProgram(t, "--dir", dir, "--daemonize", "yes", "--pidfile", filepath.Join(dir, "node.pid"), "--logfile", "node.log")
	p.ends(t, 0)
	c := dialUntil(t, p.addr)
	pid, err := os.ReadFile(filepath.Join(dir, "node.pid"))
	if err != nil {
		t.Fatal(err)
	}
	if info := c.ask(t, "INFO", "server"); !strings.Contains(info, "process_id:"+strings.TrimSpace(string(pid))+"\r\n") {
		t.Fatalf("pidfile %q, %s", pid, info)
	}
	c.conn.Write([]byte("SHUTDOWN\r\n"))
	if _, err := c.reader.ReadByte(); err == nil {
		t.Fatal("SHUTDOWN was answered")
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		log, _ := os.ReadFile(filepath.Join(dir, "node.log"))
		_, err := os.Stat(filepath.Join(dir, "node.pid"))
		if strings.Contains(string(log), "bye bye") && errors.Is(err, fs.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it goes on, or leaves its pidfile (%v):\n%s", err, log)
		}
	}
}

func TestConfigurationFromStandardInput(t *testing.T) {
	p := &program{port: strconv.Itoa(ports.ForTest(t))}
	p.Cmd = exec.Command(os.Args[0], "-", "--maxclients", "77")
	p.Env = append(os.Environ(), "CLUSTERSPEC_TEST_NODE=1")
	p.Stdin = strings.NewReader("port " + p.port + "\ntimeout 5\nsave \"\"\ndir " + t.TempDir() + "\n")
	p.Stdout, p.Stderr = &p.out, &p.out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill() })
	c := dialUntil(t, "127.0.0.1:"+p.port)
	for name, want := range map[string]string{"timeout": "5", "maxclients": "77"} {
		c.do(t, "*2", "CONFIG", "GET", name)
		if got := c.reply(t) + " " + c.reply(t); got != name+" "+want {
			t.Errorf("%s", got)
		}
	}
	c.do(t, "-ERR The server is running without a config file", "CONFIG", "REWRITE")
	p.Process.Signal(syscall.SIGTERM)
	p.ends(t, 0)
}

func TestStartThatFails(t *testing.T) {
	for line, want := range map[string]string{
		"--dir /no/such/folder":        "/no/such/folder",
		"--logfile /no/such/folder/x":  "opening the log file",
		"--unixsocket /no/such/folder": "opening the unix socket",
		"no-such.conf":                 "no-such.conf",
		"--maxmemory 1gb":              "no limit on memory",
	} {
		p := startProgram(t, append(strings.Fields(line), "--dir", t.TempDir())[:len(strings.Fields(line))]...)
		p.ends(t, 1)
		if !strings.Contains(p.out.String(), want) {
			t.Errorf("%s: %s", line, p.out.String())
		}
	}
}

func TestConfigRewrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "redis.conf")
	if err := os.WriteFile(path, []byte("# mine\nsave \"\"\nmaxclients 50\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startProgram(t, path, "--dir", dir)
	c := dialUntil(t, p.addr)
	c.do(t, "+OK", "CONFIG", "SET", "maxclients", "60", "masterauth", "secret")
	c.do(t, "+OK", "CONFIG", "REWRITE")
	got, err := os.ReadFile(path)
	for _, line := range []string{"# mine\nsave \"\"\nmaxclients 60\n", "# Generated by CONFIG REWRITE\n", "\nport " + p.port + "\n", "\nmasterauth \"secret\"\n", "\ndir \"" + dir + "\"\n"} {
		if err != nil || !strings.Contains(string(got), line) {
			t.Errorf("%q is not in the file (%v):\n%s", line, err, got)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its permissions are %v, %v", info.Mode(), err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if got := c.ask(t, "CONFIG", "REWRITE"); !strings.HasPrefix(got, "-ERR Rewriting config file: ") {
		t.Errorf("without a folder: %s", got)
	}
}

func TestUnixSocket(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		dir := t.TempDir()
		path := filepath.Join(dir, "socket")
		s := startServer(t, portable, dir, "--cluster-enabled", "no", "--port", "0", "--unixsocket", path, "--unixsocketperm", "700")
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Fatalf("%v, %v", info, err)
		}
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		c := newClient(t, conn)
		c.do(t, "+OK", "SET", "key", "value")
		if list := c.ask(t, "CLIENT", "LIST"); !strings.Contains(list, " addr="+path+":0 ") || !strings.Contains(list, " flags=U ") {
			t.Fatal(list)
		}
		if err := s.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("the socket is left behind: %v", err)
		}
	})
}

// TestSystemdIsTold: Type=notify units wait for this.
func TestSystemdIsTold(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	startProgram(t, "--dir", dir, "--supervised", "auto")
	l.SetReadDeadline(time.Now().Add(20 * time.Second))
	var message [256]byte
	n, err := l.Read(message[:])
	if err != nil || !strings.Contains(string(message[:n]), "READY=1\n") {
		t.Fatalf("%q, %v", message[:n], err)
	}
}
