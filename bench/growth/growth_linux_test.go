package growth

import (
	"context"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
)

// Every cost is found at every size of a real server, and a size that cannot be had ends the line with its reason.
func TestOnARealServer(t *testing.T) {
	o := Options{Targets: []string{"redis-server"}, Seed: 1, Nodes: []int{3}, Keys: []int{100_000}, Connections: []int{10, 200}}
	var growths []result.Growth
	err := Measure(t.Context(), o, func(string) {}, func(g []result.Growth) { growths = append(growths, g...) })
	if err != nil {
		t.Fatal(err)
	}
	const costs = 2 + 2 + 3
	if len(growths) != costs {
		t.Fatalf("%d costs", len(growths))
	}
	for _, g := range growths {
		if len(g.Lines) != 1 || g.Lines[0].Stopped != "" || !strings.HasPrefix(g.Lines[0].Name, "redis-server") || g.X == "" || g.Unit == "" {
			t.Errorf("%s: %+v", g.ID, g.Lines)
			continue
		}
		for _, p := range g.Lines[0].Points {
			if p.Y <= 0 {
				t.Errorf("%s at %v: %v", g.ID, p.X, p.Y)
			}
		}
		if key := g.Lines[0].Points[0].Y; g.ID == "keys/memory" && (key < 80 || key > 400) {
			t.Errorf("a key of 16 bytes with a value of 64 takes %v bytes", key)
		}
	}
}

// The kernel's counters are what was sent.
func TestBytesSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ports := map[uint16]bool{uint16(l.Addr().(*net.TCPAddr).Port): true}
	before, err := bytesSent(ports)
	if err != nil {
		t.Skipf("the kernel does not tell: %v", err)
	}
	const there, back = 100_000, 5_000
	go client.Write(make([]byte, there))
	for read, buf := 0, make([]byte, there); read < there; {
		n, err := server.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		read += n
	}
	server.Write(make([]byte, back))
	for read, buf := 0, make([]byte, back); read < back; {
		n, err := client.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		read += n
	}
	const handshake = 2 // the kernel counts each side's SYN
	after, err := bytesSent(ports)
	if sent := after - before; err != nil || sent < there || sent > there+back+handshake {
		t.Errorf("%d bytes were sent, %v; want %d to %d", sent, err, there, there+back)
	}
}

// The simulator's line lies beside those of real processes, in the same chart.
func TestSimulated(t *testing.T) {
	o := Options{SimulatedNodes: []int{10, 1000}, Simulate: func(nodes int, timeout, watched time.Duration, cpu func() time.Duration) (float64, time.Duration, error) {
		if timeout != nodesTimeout || watched != nodesWatched || cpu() <= 0 {
			t.Errorf("a node timeout of %v, watched for %v", timeout, watched)
		}
		return float64(100 * nodes), time.Duration(nodes), nil
	}}
	costs := byNodes(nil).costs
	if err := simulate(t.Context(), o, func(string) {}, costs); err != nil {
		t.Fatal(err)
	}
	for i, want := range []result.Point{{X: 1000, Y: 100_000}, {X: 1000, Y: 1000}} {
		if l := costs[i].Lines; len(l) != 1 || l[0].Name != simulatedName || len(l[0].Points) != 2 || l[0].Points[1] != want {
			t.Errorf("%s: %+v", costs[i].ID, l)
		}
	}
}

// The sizes that were measured before the run was ended are kept.
func TestEndedGrowthIsKept(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	w := sweep{x: "things", sizes: []int{1, 2, 20, 3}, costs: []result.Growth{{ID: "cost"}}, at: func(ctx context.Context, s *subject, size int) ([]float64, error) {
		if size == 3 {
			cancel()
		}
		if size == 1 {
			return []float64{math.NaN()}, nil // it cannot be told
		}
		return []float64{float64(size)}, ctx.Err()
	}}
	if w.isMeasured() {
		t.Error("nothing is something")
	}
	if err := w.measureAll(ctx, Options{Targets: []string{"it", "another"}}, func(string) {}); err != nil || !w.isMeasured() {
		t.Errorf("%v, %+v", err, w.costs)
	}
	if l := w.costs[0].Lines; len(l) != 1 || len(l[0].Points) != 2 || l[0].Stopped != "" {
		t.Errorf("%+v", l)
	}
}

func TestValidate(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	for _, o := range []Options{{Nodes: []int{10, 3}}, {Nodes: []int{0}}, {Connections: []int{100_000}}} {
		if o.Validate() == nil {
			t.Errorf("%+v passes", o)
		}
	}
}
