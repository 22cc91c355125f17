package reference

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// drawPorts is freePorts, unless a test wants to know what happens when they are taken after all.
var drawPorts = freePorts

// freePorts finds client ports that are free together with their bus ports.
func freePorts(count int) ([]int, error) {
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
		if port := first + (from+i)%(last-first); hold(port) && hold(port+BusPortOffset) {
			ports = append(ports, port)
		}
	}
	if len(ports) < count {
		return nil, fmt.Errorf("starting a cluster: only %d of %d ports are free from %d to %d, each with the port %d above it", len(ports), count, first, last, BusPortOffset)
	}
	return ports, nil
}
