package nodesconf

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/oracle"
)

// TestRedisRefusesTheSame gives every damaged file to a real server: what we refuse, it refuses.
func TestRedisRefusesTheSame(t *testing.T) {
	for _, c := range damaged {
		if c.alone {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if r, err := startRedis(t, c.text); err == nil {
				t.Errorf("redis-server accepts this file:\n%s\nand makes of it:\n%s", c.text, r.Must("CLUSTER NODES"))
			}
		})
	}
}

// TestRedisReadsTheSame gives every sound file to a real server, once as it is and once as we write it, and compares what
// the server makes of it with what we do.
func TestRedisReadsTheSame(t *testing.T) {
	for _, c := range sound {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, err := Parse([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			for form, text := range map[string]string{"as it is": c.text, "as we write it": string(f.Append(nil))} {
				r, err := startRedis(t, text)
				if err != nil {
					t.Fatalf("%s: %v\n%s", form, err, text)
				}
				if got, want := seen(t, r.Must("CLUSTER NODES")), facts(f); got != want {
					t.Errorf("%s: redis-server has read\n%s\nwant\n%s", form, got, want)
				}
				saved, err := Parse([]byte(savedConf(t, r)))
				if err != nil {
					t.Fatal(err)
				}
				if got, want := facts(saved), facts(f); got != want {
					t.Errorf("%s: redis-server has saved\n%s\nwant\n%s", form, got, want)
				}
				if saved.CurrentEpoch != f.CurrentEpoch || saved.LastVoteEpoch != f.LastVoteEpoch {
					t.Errorf("%s: epochs %d and %d, want %d and %d", form,
						saved.CurrentEpoch, saved.LastVoteEpoch, f.CurrentEpoch, f.LastVoteEpoch)
				}
			}
		})
	}
}

// TestRedisWritesTheSame lets a real server write its files and compares our lines with its lines, byte by byte.
func TestRedisWritesTheSame(t *testing.T) {
	a, err := startRedis(t, "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := startRedis(t, "", "--cluster-announce-hostname", "b.example.com")
	if err != nil {
		t.Fatal(err)
	}
	checkWritten(t, a)
	a.Must("CLUSTER ADDSLOTSRANGE 0 100 200 200 16383 16383")
	b.Must("CLUSTER ADDSLOTS 300")
	self, err := Parse([]byte(savedConf(t, b)))
	if err != nil {
		t.Fatal(err)
	}
	me := self.Myself()
	a.Must("CLUSTER MEET 127.0.0.1 %d %d", b.Port, me.BusPort)
	wait(t, "a to hear of slot 300", func() bool { return strings.Contains(a.Must("CLUSTER NODES"), " 300\n") })
	a.Must("CLUSTER SETSLOT 93 MIGRATING %s", me.ID)
	a.Must("CLUSTER SETSLOT 300 IMPORTING %s", me.ID)
	checkWritten(t, a)
	checkWritten(t, b)
	b.Must("CLUSTER DELSLOTS 300")
	replicate := "CLUSTER REPLICATE " + a.Must("CLUSTER MYID")
	wait(t, "b to become a replica", func() bool {
		reply, err := b.Do(replicate)
		return err == nil && strings.HasPrefix(reply, "+")
	})
	wait(t, "a to hear of its replica", func() bool { return strings.Contains(a.Must("CLUSTER NODES"), " slave ") })
	checkWritten(t, a)
	checkWritten(t, b)
}

// checkWritten compares the file that r saves with what we make of what we read in it.
func checkWritten(t *testing.T, r *oracle.Server) {
	t.Helper()
	text := savedConf(t, r)
	text = strings.TrimRight(text, "\n") + "\n" // 7.0 pads a file that has become shorter
	f, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var lines []byte
	for i := range f.Nodes {
		lines = AppendLine(lines, &f.Nodes[i])
	}
	lines = fmt.Appendf(lines, "vars currentEpoch %d lastVoteEpoch %d\n", f.CurrentEpoch, f.LastVoteEpoch)
	if strings.Contains(text, "shard-id=") {
		lines = f.Append(nil)
	}
	// A server may write a replica whose shard id is not yet its primary's; we never do.
	if hideShards(string(lines)) != hideShards(text) {
		t.Errorf("redis-server wrote\n%s\nwhich comes back as\n%s", text, lines)
	}
}

func hideShards(text string) string {
	return regexp.MustCompile("shard-id=[0-9a-f]+").ReplaceAllString(text, "shard-id=")
}

// seen is what a server says of its nodes.
func seen(t *testing.T, clusterNodes string) string {
	t.Helper()
	f, err := Parse([]byte(clusterNodes))
	if err != nil {
		t.Fatalf("%v in\n%s", err, clusterNodes)
	}
	return facts(f)
}

// facts are the lines of a file without what a server changes on its own: its own address, times, links, names.
func facts(f *File) string {
	var lines []string
	for i := range f.Nodes {
		n := f.Nodes[i]
		if n.Flags.Has(bus.FlagHandshake) {
			continue
		}
		n.PingSent, n.PongReceived, n.Connected, n.Hostname = 0, 0, false, ""
		if n.Flags.Has(bus.FlagMyself) {
			n.IP, n.Port, n.BusPort = "", 0, 0
		}
		if !n.Primary.IsZero() {
			n.ConfigEpoch = 0
		}
		lines = append(lines, string(AppendLine(nil, &n)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
