package reference

import "context"

// TB is what StartCluster needs of a test: *testing.T, *testing.B and *testing.F have it. (A program that starts clusters
// does not have to link package testing.)
type TB interface {
	Helper()
	Context() context.Context
	Cleanup(func())
	Failed() bool
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// StartCluster starts a cluster for a test. It serves when StartCluster returns and is gone, with its files, ports and
// goroutines, when the test has ended. If the test has failed by then, the nodes' logs are in its output.
func StartCluster(t TB, o Options) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			for _, n := range c.Nodes() {
				t.Logf("log of node %s:\n%s", n.Addr(), n.Log())
			}
		}
		if err := c.Close(); err != nil {
			t.Errorf("ending the cluster: %v", err)
		}
	})
	return c
}
