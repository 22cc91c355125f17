package process

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
)

// asHarness makes the test binary start a cluster, print its addresses and wait to be killed.
const asHarness = "CLUSTERSPEC_TEST_AS_HARNESS"

func TestMain(m *testing.M) {
	if dir := os.Getenv(asHarness); dir != "" {
		harness(dir)
	}
	os.Exit(m.Run())
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
