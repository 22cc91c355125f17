package nodesconf

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/clusterspec/clusterspec/reference/oracle"
)

// startRedis starts a redis-server whose nodes.conf has the given text. It returns an error when the server refuses the
// file, with what it said.
func startRedis(t *testing.T, nodesConf string, options ...string) (*oracle.Server, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "nodes.conf"), []byte(nodesConf), 0o644); err != nil {
		t.Fatal(err)
	}
	return oracle.Try(t, dir, append([]string{"--cluster-enabled", "yes", "--cluster-node-timeout", "60000"}, options...)...)
}

// savedConf makes the server save its nodes.conf and reads it.
func savedConf(t *testing.T, r *oracle.Server) string {
	t.Helper()
	r.Must("CLUSTER SAVECONFIG")
	text, err := os.ReadFile(filepath.Join(r.Dir, "nodes.conf"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
