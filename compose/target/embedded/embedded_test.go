package embedded

import (
	"net"
	"strconv"
	"testing"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/targettest"
)

func TestContract(t *testing.T) {
	targettest.Run(t, targettest.Kind{Target: New(), Leftovers: leftListeners})
}

// leftListeners lists the ports something listens on.
func leftListeners(_ *testing.T, c target.Cluster) (left []string) {
	for _, port := range c.(*Cluster).ports {
		for _, addr := range []string{port.Addr(), net.JoinHostPort("127.0.0.1", strconv.Itoa(port.Bus()))} {
			if conn, err := net.Dial("tcp", addr); err == nil {
				conn.Close()
				left = append(left, addr)
			}
		}
	}
	return left
}
