package command

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/replication"
)

// infoFields reads the fields of a reply to INFO.
func infoFields(t *testing.T, reply []byte) map[string]string {
	t.Helper()
	fields := make(map[string]string)
	for _, line := range strings.Split(parseReply(t, reply).(string), "\r\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			fields[name] = value
		}
	}
	return fields
}

// TestInfoNamesAreRedis checks that we have no fields of our own but those that say who we are.
func TestInfoNamesAreRedis(t *testing.T) {
	b := newBench(t, testSetup{})
	b.Process = Process{ID: 1, RunID: "x", OS: "y", ArchBits: 64, Executable: "z", ConfigFile: "c", Version: "v"}
	b.put("k", "v", 0)
	ours := infoFields(t, []byte(b.do(b.client(), "INFO")))
	conn := connect(t, startOracle(t))
	conn.do("SET", "k", "v")
	theirs := infoFields(t, conn.do("INFO"))
	for name := range ours {
		if _, known := theirs[name]; !known && !slices.Contains([]string{
			"clusterspec_version", "server_name", "total_blocking_keys", "acl_access_denied_auth", // these two came with 7.2
		}, name) {
			t.Errorf("redis-server has no field %s", name)
		}
	}
	for _, name := range []string{"redis_version", "redis_mode", "role", "cluster_enabled", "db0", "used_memory", "connected_clients", "run_id", "process_id"} {
		if ours[name] == "" {
			t.Errorf("%s is missing: tools read it", name)
		}
	}
}

// TestMemoryIsAccountedFor: what INFO says is used is the sum of what it is used for, and the peak never falls.
func TestMemoryIsAccountedFor(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.Source.Open(replication.ID{1})
	figure := func(name string) int {
		n, err := strconv.Atoi(infoFields(t, []byte(b.do(s, "INFO", "memory")))[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return n
	}
	empty := figure("used_memory")
	if backlog := figure("mem_replication_backlog"); backlog == 0 || empty < backlog {
		t.Errorf("%d bytes are used without a key, %d of them for the backlog", empty, backlog)
	}
	b.do(s, "SET", "key", strings.Repeat("x", 100_000))
	full := figure("used_memory")
	if full < empty+100_000 || full != figure("used_memory_dataset")+figure("used_memory_overhead") {
		t.Errorf("%d bytes are used with a key of 100000, %d of them for keys", full, figure("used_memory_dataset"))
	}
	b.do(s, "DEL", "key")
	if now, peak := figure("used_memory"), figure("used_memory_peak"); now >= full || peak < full {
		t.Errorf("%d bytes are used without the key, %d at the peak", now, peak)
	}
}

// TestCountersAgreeWithRedis compares what INFO counts of the same requests.
func TestCountersAgreeWithRedis(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"enable-debug-command": "yes"}})
	s, conn := b.client(), connect(t, startOracle(t))
	for _, request := range []string{
		"CONFIG RESETSTAT", "SET k v", "GET k", "GET nosuch", "GET", "NOSUCH", "INCR k", "MGET a b", "CLUSTER NOSUCH", "CLUSTER ADDSLOTS x",
		"CLUSTER KEYSLOT k", "MULTI", "SET k", "EXEC", "MULTI", "INCR k", "SET k 2", "EXEC", "AUTH x", "HELLO 9", "EXISTS k nosuch",
		"EXPIRE k x", "TTL k", "SELECT 1", "DEL k nosuch", "SUBSCRIBE ch", "GET k", "RESET", "DEBUG SLEEP 0 0", "PING a b",
	} {
		b.do(s, strings.Fields(request)...)
		conn.do(strings.Fields(request)...)
	}
	usec := regexp.MustCompile(`,usec=[0-9]+,usec_per_call=[0-9.]+`)
	for _, section := range []string{"commandstats", "errorstats"} {
		ours := infoFields(t, []byte(b.do(s, "INFO", section)))
		theirs := infoFields(t, conn.do("INFO", section))
		for name, value := range theirs {
			theirs[name] = usec.ReplaceAllString(value, "")
		}
		if fmt.Sprint(ours) != fmt.Sprint(theirs) {
			t.Errorf("INFO %s\n here  %v\n redis %v", section, ours, theirs)
		}
	}
	ours, theirs := infoFields(t, []byte(b.do(s, "INFO", "stats"))), infoFields(t, conn.do("INFO", "stats"))
	for _, name := range []string{"total_commands_processed", "keyspace_hits", "keyspace_misses", "total_error_replies", "expired_keys"} {
		if ours[name] != theirs[name] {
			t.Errorf("%s is %s here, %s in redis", name, ours[name], theirs[name])
		}
	}
}
