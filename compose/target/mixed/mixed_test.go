package mixed

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/embedded"
	"github.com/clusterspec/clusterspec/compose/target/process"
	"github.com/clusterspec/clusterspec/compose/target/targettest"
)

// kinds are the reference and redis-server.
func kinds(t *testing.T) (reference, redis target.Target) {
	t.Helper()
	server, err := process.New("redis-server", "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Probe(t.Context()); err != nil {
		t.Fatal("this test needs redis-server on PATH: ", err)
	}
	return embedded.New(), server
}

func TestContract(t *testing.T) {
	reference, redis := kinds(t)
	mix := New("mix:reference+redis-server", []target.Target{reference, redis})
	targettest.Run(t, targettest.Kind{Target: mix, Leftovers: leftListeners})
}

// leftListeners lists the ports something listens on.
func leftListeners(_ *testing.T, c target.Cluster) (left []string) {
	for _, n := range c.Nodes() {
		host, _, _ := net.SplitHostPort(n.Addr())
		for _, addr := range []string{n.Addr(), net.JoinHostPort(host, strconv.Itoa(n.BusPort()))} {
			if conn, err := net.Dial("tcp", addr); err == nil {
				conn.Close()
				left = append(left, addr)
			}
		}
	}
	return left
}

func TestKindsTakeTurns(t *testing.T) {
	reference, redis := kinds(t)
	for _, test := range []struct {
		kinds []target.Target
		nodes int
		want  string // r for the reference, s for redis-server
	}{
		{[]target.Target{reference, redis}, 5, "A:r B:s C:r D:s E:r"},
		{[]target.Target{redis, reference}, 2, "A:s B:r"},
		{[]target.Target{redis, redis, reference}, 4, "A:s B:s C:r D:s"},
		{[]target.Target{redis, reference}, 1, "A:s"},
	} {
		c, err := New("mix:", test.kinds).Start(t.Context(), target.Topology{Nodes: test.nodes})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range c.Nodes() {
			kind := "r"
			if _, isProcess := n.(*process.Node); isProcess {
				kind = "s"
			}
			got = append(got, n.Name()+":"+kind)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("nodes are %v, want %s", got, test.want)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// If one kind cannot be started nothing of the others stays.
func TestStartOfOneFails(t *testing.T) {
	reference, _ := kinds(t)
	broken, err := process.New("exec:false", "false")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "scratch")
	_, err = New("mix:", []target.Target{reference, broken}).Start(t.Context(), target.Topology{Nodes: 3, Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "node B") {
		t.Errorf("error is %v; node B expected in it", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("scratch folder after a failed start: %v", err)
	}
}

func TestTogether(t *testing.T) {
	redis := target.Description{Server: "redis", Version: "7.0.15", Level: "7.0.15"}
	reference := target.Description{Server: "clusterspec", Version: "1.2.0", Level: "7.2.0"}
	valkey := target.Description{Server: "valkey", Version: "8.0.1", Level: "7.2.4"}
	for _, test := range []struct {
		all  []target.Description
		want target.Description
	}{
		{[]target.Description{reference, redis}, target.Description{Server: "clusterspec+redis", Version: "1.2.0+7.0.15", Level: "7.0.15"}},
		{[]target.Description{redis, valkey, reference}, target.Description{Server: "redis+valkey+clusterspec", Version: "7.0.15+8.0.1+1.2.0", Level: "7.0.15"}},
	} {
		if got := together(test.all); got != test.want {
			t.Errorf("%v together are %v, want %v", test.all, got, test.want)
		}
	}
}

func TestCompareVersions(t *testing.T) {
	for _, ascending := range [][2]string{{"7.0.9", "7.0.15"}, {"7.0", "7.0.1"}, {"6.2.14", "7.0.0"}, {"", "1"}, {"x", "0.1"}} {
		if compareVersions(ascending[0], ascending[1]) != -1 || compareVersions(ascending[1], ascending[0]) != 1 {
			t.Errorf("%q is not below %q", ascending[0], ascending[1])
		}
	}
	if compareVersions("7.0", "7.0.0") != 0 {
		t.Error("7.0 is not 7.0.0")
	}
}
