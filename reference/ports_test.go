package reference

import (
	"net"
	"os"
	"slices"
	"testing"

	"github.com/clusterspec/clusterspec/reference/ports"
)

func TestPortsThatAreTakenAreReplaced(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port - BusPortOffset // it is the bus port that somebody has
	draws := 0
	drawPorts = func(count int) ([]int, error) {
		draws++
		drawn, err := ports.Free(count)
		if draws == 1 {
			drawn[count-1] = port
		}
		return drawn, err
	}
	defer func() { drawPorts = ports.Free }()

	dir := t.TempDir()
	c, err := Start(t.Context(), Options{Primaries: 3, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if draws != 2 || slices.ContainsFunc(c.Nodes(), func(n *Node) bool { return n.port == port }) {
		t.Errorf("after %d draws the nodes are at %v", draws, c.Addrs())
	}
	if folders, err := os.ReadDir(dir); err != nil || len(folders) != 3 {
		t.Errorf("%d folders are there, %v: the first try left some", len(folders), err)
	}

	if _, err := Start(t.Context(), Options{Nodes: 1, Ports: []int{port}}); err == nil {
		t.Error("a port that was demanded was replaced by another one")
	}
}
