package bus

import (
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/oracle"
)

// patience is how long a test waits for a real server; tests pass as soon as they can.
const patience = 20 * time.Second

// redis is a real server in cluster mode.
type redis struct{ *oracle.Server }

func startRedis(t *testing.T, options ...string) *redis {
	t.Helper()
	return &redis{oracle.Start(t, append([]string{"--cluster-enabled", "yes"}, options...)...)}
}

// must sends one inline command until it succeeds: right after a change nodes may not know enough of each other yet.
func (r *redis) must(t *testing.T, command string) string {
	t.Helper()
	var reply string
	eventually(t, command, func() bool {
		var err error
		reply, err = r.Do(command)
		return err == nil && !strings.HasPrefix(reply, "-")
	})
	return reply
}

func (r *redis) id(t *testing.T) NodeID {
	t.Helper()
	return mustID(t, r.must(t, "CLUSTER MYID"))
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func mustID(t testing.TB, text string) NodeID {
	t.Helper()
	id, err := ParseNodeID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
