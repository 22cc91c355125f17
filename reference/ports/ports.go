// Package ports finds ports that nobody listens on, for clusters that are started in this process and for tests.
package ports

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// BusOffset is how far the port of the cluster bus is above the client port, unless a node is told otherwise.
const BusOffset = 10000

// Free finds client ports that are free together with their bus ports.
func Free(count int) ([]int, error) {
	// All are held until all are found, so that none is found twice; below the ports that systems give to outgoing
	// connections, and from a place of chance on, so that hardly ever one is taken between this and the start of its node.
	const first, last = 12000, 22000
	var held []net.Listener
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	hold := func(port int) bool {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			held = append(held, l)
		}
		return err == nil
	}
	var ports []int
	from := rand.IntN(last - first)
	for i := 0; i < last-first && len(ports) < count; i++ {
		if port := first + (from+i)%(last-first); hold(port) && hold(port+BusOffset) {
			ports = append(ports, port)
		}
	}
	if len(ports) < count {
		return nil, fmt.Errorf("only %d of %d ports are free from %d to %d, each with the port %d above it", len(ports), count, first, last, BusOffset)
	}
	return ports, nil
}

// ForTest finds one port, or ends the test.
func ForTest(t interface {
	Helper()
	Fatal(args ...any)
}) int {
	t.Helper()
	ports, err := Free(1)
	if err != nil {
		t.Fatal(err)
	}
	return ports[0]
}
