package process

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// What the test binary does instead of running tests.
const (
	asHarness = "CLUSTERSPEC_TEST_AS_HARNESS" // start a cluster in this folder, print its addresses, wait to be killed
	asServer  = "CLUSTERSPEC_TEST_AS_SERVER"  // answer everything by PONG, on many threads
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(asHarness); dir != "" {
		harness(dir)
	}
	if os.Getenv(asServer) != "" {
		serve(os.Args[len(os.Args)-1])
	}
	os.Exit(m.Run())
}

func serve(port string) {
	listener, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		panic(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go func() {
			request := make([]byte, 1024)
			for {
				if _, err := conn.Read(request); err != nil {
					return
				}
				conn.Write([]byte("+PONG\r\n"))
			}
		}()
	}
}

// A signal to stop is noticed by each thread in its own time; a paused server must be silent from the moment Pause returns.
func TestPausedMeansEveryThread(t *testing.T) {
	t.Setenv(asServer, "1")
	line := os.Args[0] + " {port}"
	server, err := New("exec:"+line, line)
	if err != nil {
		t.Fatal(err)
	}
	c, err := server.Start(t.Context(), target.Topology{Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := c.Nodes()[0].(*Node)
	const rounds, clients = 30, 4
	for range rounds {
		var conns []*wire.Conn
		for range clients {
			conn, err := wire.Dial(t.Context(), n.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.Do(t.Context(), "PING"); err != nil {
				t.Fatal(err)
			}
			conns = append(conns, conn)
		}
		if err := n.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, conn := range conns {
			if err := conn.Send("PING"); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Millisecond)
			if v, err := conn.Receive(ctx); err == nil {
				t.Errorf("a paused server answered %s", v)
			}
			cancel()
		}
		if err := n.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func harness(dir string) {
	server, err := New("redis-server", "redis-server")
	if err != nil {
		panic(err)
	}
	c, err := server.Start(context.Background(), target.Topology{Nodes: 2, Dir: dir})
	if err != nil {
		panic(err)
	}
	fmt.Println(c.Nodes()[0].Addr(), c.Nodes()[1].Addr())
	select {}
}

func TestNodesDieWithTheHarness(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asHarness+"="+t.TempDir())
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	addresses := strings.Fields(line)
	for _, addr := range addresses {
		if _, err := target.Ask(t.Context(), addr, "PING"); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	for _, addr := range addresses {
		const limit = 10 * time.Second
		for deadline := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
			if _, err := target.Ask(t.Context(), addr, "PING"); err != nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s still answers %v after the harness was killed", addr, limit)
			}
		}
	}
}
