package sim

import (
	"fmt"
	"testing"
)

// BenchmarkForm says what it costs to form a cluster of which half the nodes are replicas, and then to keep it together, per
// node. Both grow with the square of the number of nodes for all of them: everybody pings everybody.
//
//	go test ./reference/sim -run '^$' -bench Form -benchtime 1x
func BenchmarkForm(b *testing.B) {
	for _, nodes := range []int{10, 30, 100, 300} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			perNode := func() float64 { return float64(b.Elapsed().Microseconds()) / 1000 / float64(b.N) / float64(nodes) }
			for b.Loop() {
				w := New(Options{Seed: 1, Nodes: nodes, CompareOneIn: 100, Diskless: true})
				if err := w.Form(nodes / 2); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(perNode(), "ms/node")
		})
	}
}

// BenchmarkKeep is a second in the life of a formed cluster.
func BenchmarkKeep(b *testing.B) {
	for _, nodes := range []int{10, 30, 100, 300} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			w := New(Options{Seed: 1, Nodes: nodes, CompareOneIn: 100, Diskless: true})
			if err := w.Form(nodes / 2); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := w.Run(1000); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(nodes), "us/node/s")
		})
	}
}
