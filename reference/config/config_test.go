package config

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/oracle"
)

func noFiles(path string) ([]byte, error) { return nil, fmt.Errorf("open %s: no such file", path) }

func TestParseCommandLine(t *testing.T) {
	files := map[string]string{
		"redis.conf": "# a comment\n\nport 7001\ncluster-enabled yes\nbind \"127.0.0.1\" -::1\ninclude more.conf\n",
		"more.conf":  "cluster-node-timeout 500\nclient-query-buffer-limit 1gb\n",
	}
	c, err := Parse([]string{"redis.conf", "--port", "7002", "--save", "", "--cluster-slave-no-failover", "yes"}, func(path string) ([]byte, error) {
		return []byte(files[path]), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"port": "7002", "cluster-enabled": "yes", "bind": "127.0.0.1 -::1", "cluster-node-timeout": "500",
		"client-query-buffer-limit": "1073741824", "cluster-replica-no-failover": "yes", "save": "", "timeout": "0",
	} {
		if got := c.String(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"--prot 7000", `did you mean "port"?`},
		{"--port 70000", "between 0 and 65535"},
		{"--port seven", "couldn't be parsed into an integer"},
		{"--port", "has no value"},
		{"7000 --port 7000", "no such file"},
		{"--port 7000 --", "not an option"},
		{"--cluster-enabled maybe", "'yes' or 'no'"},
		{"--appendonly yes", "only no is supported"},
		{"--cluster-preferred-endpoint-type name", "one of the following: ip, hostname, unknown-endpoint"},
		{"--cluster-announce-hostname a_b", "alphanumeric"},
		{"--client-query-buffer-limit 1tb", "memory value"},
		{"--module-nonsense x", "implements a part"},
	} {
		_, err := Parse(strings.Fields(tt.args), noFiles)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want one that says %q", tt.args, err, tt.want)
		}
	}
}

func TestParseNamesTheLine(t *testing.T) {
	for text, want := range map[string]string{
		"port 7000\nbogus-option 1\n": `line 2 "bogus-option 1"`,
		"port \"7000\n":               "unbalanced quotes",
		"port\n":                      "has no value",
		"include redis.conf\n":        "include one another",
	} {
		_, err := Parse([]string{"redis.conf"}, func(string) ([]byte, error) { return []byte(text), nil })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that says %q", text, err, want)
		}
	}
}

func TestSetIsAllOrNothing(t *testing.T) {
	c := New()
	var changed []string
	c.Subscribe(func(name string) { changed = append(changed, name) })
	err := c.Set([][2]string{{"cluster-node-timeout", "700"}, {"timeout", "x"}}, false)
	if err == nil || c.Int("cluster-node-timeout") != 15000 || changed != nil {
		t.Fatalf("error %v, timeout %d, changed %v: want an error and nothing changed", err, c.Int("cluster-node-timeout"), changed)
	}
	if err := c.Set([][2]string{{"CLUSTER-node-timeout", "700"}, {"masterauth", "a b"}}, false); err != nil {
		t.Fatal(err)
	}
	if c.Millis("cluster-node-timeout") != 700 || len(changed) != 2 {
		t.Fatalf("timeout %d, changed %v: want 700 and two notices", c.Millis("cluster-node-timeout"), changed)
	}
}

// TestTableAgreesWithRedis holds names, defaults and CONFIG SET errors against a running redis-server.
func TestTableAgreesWithRedis(t *testing.T) {
	ask := startRedis(t)
	own := map[string]bool{"set-max-listpack-entries": true, "set-max-listpack-value": true, "locale-collate": true, /* 7.2 */
		"cluster-startup-delay": true, "defect": true, "cluster-announce-human-nodename": true, /* 7.2 */
		"cluster-ping-interval": true /* 7.2 */, "cluster-slot-stats-enabled": true /* 8.2 */, "cluster-blacklist-ttl": true /* Valkey 8 */}
	started := map[string]bool{"port": true, "dir": true, "logfile": true, "save": true} // given on the command line, or kept by nobody here
	for _, p := range Params() {
		if own[p.Name] {
			continue
		}
		got := ask("CONFIG", "GET", p.Name)
		if len(got) != 2 {
			t.Errorf("redis-server does not know %s", p.Name)
			continue
		}
		if !started[p.Name] && got[1] != p.Default {
			t.Errorf("%s: default is %q in redis-server, %q here", p.Name, got[1], p.Default)
		}
	}
	c := New()
	for _, pair := range [][2]string{
		{"port", "x"}, {"cluster-enabled", "yes"}, {"timeout", "-1"}, {"timeout", "x"}, {"cluster-require-full-coverage", "x"},
		{"loglevel", "loud"}, {"proto-max-bulk-len", "1"}, {"proto-max-bulk-len", "1q"}, {"cluster-announce-hostname", "a_b"},
		{"cluster-announce-hostname", strings.Repeat("a", 256)}, {"no-such-option", "1"}, {"cluster-announce-port", "65536"},
	} {
		if pair[0] == "port" || pair[0] == "cluster-enabled" && c.Bool("cluster-enabled") {
			continue
		}
		want := ask("CONFIG", "SET", pair[0], pair[1])[0]
		got := "OK"
		if err := c.Set([][2]string{pair}, false); err != nil {
			got = "ERR " + err.Error()
		}
		if got != want {
			t.Errorf("CONFIG SET %s %s\n here  %s\n redis %s", pair[0], pair[1], got, want)
		}
	}
}

// startRedis runs a redis-server for the test and returns a function that sends it a command and gives the reply's texts.
func startRedis(t *testing.T) func(args ...string) []string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "redis.conf") // with one, there are no other options than it says
	if err := os.WriteFile(file, []byte("save \"\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return startRedisOn(t, dir, file)
}

// startRedisOn runs it in dir on a configuration file.
func startRedisOn(t *testing.T, dir, file string) func(args ...string) []string {
	t.Helper()
	redis, err := oracle.Try(t, dir, file)
	if err != nil {
		t.Fatal(err)
	}
	conn := redis.Dial()
	r := bufio.NewReader(conn)
	line := func() string {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		text, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("reading from redis-server: %v", err)
		}
		return strings.TrimRight(text, "\r\n")
	}
	return func(args ...string) []string {
		fmt.Fprintf(conn, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(conn, "$%d\r\n%s\r\n", len(a), a)
		}
		head := line()
		if head[0] != '*' {
			return []string{head[1:]}
		}
		n, _ := strconv.Atoi(head[1:])
		texts := make([]string, n)
		for i := range texts {
			line()
			texts[i] = line()
		}
		return texts
	}
}
