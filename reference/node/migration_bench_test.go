package node

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// BenchmarkMigrate moves 1000 keys from a node to another and back, both in this process: what both sides do together, but for their sockets.
func BenchmarkMigrate(b *testing.B) {
	const keys, valueBytes, readBytes = 1000, 64, 64 << 10
	request := []string{"MIGRATE", "10.0.0.1", "7001", "", "0", "5000", "KEYS"}
	fill := []string{"MSET"}
	for i := range keys {
		name := fmt.Sprintf("{tag}:%010d", i)
		request = append(request, name)
		fill = append(fill, name, strings.Repeat("v", valueBytes))
	}
	migrate := string(resp.AppendCommandStrings(nil, request...))
	var sides [2]migrant
	for i := range sides {
		sides[i].lone = newLone(b, nil)
		sides[i].client, sides[i].in = sides[i].accept(), sides[i].accept()
	}
	sides[0].send(sides[0].client, string(resp.AppendCommandStrings(nil, fill...)))
	sides[0].take(sides[0].client)
	b.ReportAllocs()
	for b.Loop() {
		from, to := &sides[0], &sides[1]
		from.send(from.client, migrate)
		if len(from.last.Dial) > 0 {
			from.out = from.last.Dial[0]
			from.node.Connected(from.now, from.out, clientAddr(), addrPort("10.0.0.1:7001"))
			from.turn()
		}
		for len(from.client.Out()) == 0 {
			from.pour(from.out, to, to.in, readBytes)
			to.pour(to.in, from, from.out, readBytes)
		}
		if got := from.take(from.client); got != "+OK\r\n" {
			b.Fatalf("MIGRATE: %q", got)
		}
		sides[0], sides[1] = sides[1], sides[0]
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*keys), "ns/key")
}

// migrant is one side of a migration.
type migrant struct {
	*lone
	client, in, out *Conn
}

// pour gives another node what a connection has to be written.
func (m *migrant) pour(c *Conn, to *migrant, at *Conn, most int) {
	for len(c.Out()) > 0 {
		piece := c.Out()
		piece = piece[:min(most, len(piece))]
		to.node.Receive(to.now, at, piece)
		m.node.Wrote(m.now, c, len(piece))
	}
	m.turn()
	to.turn()
}
