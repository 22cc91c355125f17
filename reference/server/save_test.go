package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/oracle"
)

// everyKind is requests that make keys of every kind, small and large, with and without expiry.
func everyKind() [][]string {
	long := strings.Repeat("long ", 100)
	requests := [][]string{
		{"SET", "text", "hello"}, {"SET", "number", "-12345"}, {"SET", "long", long}, {"SET", "empty", ""}, {"SET", "", "the empty key"},
		{"SET", "binary", "\x00\xff\r\n"}, {"SET", "expiring", "v", "PXAT", "9999999999999"},
		{"RPUSH", "list", "a", "2", long}, {"SADD", "set", "a", "b"}, {"SADD", "numbers", "1", "2", "3"},
		{"HSET", "hash", "f", "v", "g", long}, {"ZADD", "zset", "1.5", "a", "-inf", "b", "3", "c"},
		{"EXPIREAT", "hash", "9999999999"},
	}
	for i := range 600 { // more than any compact encoding holds
		n := strconv.Itoa(i)
		requests = append(requests, []string{"RPUSH", "longlist", n + long}, []string{"SADD", "longset", "m" + n},
			[]string{"HSET", "longhash", n, long}, []string{"ZADD", "longzset", n, "m" + n})
	}
	return requests
}

// digests are the values and expiries of all keys everyKind makes, as DEBUG DIGEST-VALUE sees them.
func digests(t *testing.T, c *client) string {
	t.Helper()
	var all []string
	for _, key := range []string{"text", "number", "long", "empty", "", "binary", "expiring", "list", "set", "numbers", "hash", "zset",
		"longlist", "longset", "longhash", "longzset"} {
		c.do(t, "*1", "DEBUG", "DIGEST-VALUE", key)
		all = append(all, key+" "+c.reply(t)+" "+c.ask(t, "PEXPIRETIME", key))
	}
	return strings.Join(all, "\n")
}

// startRedis runs a real redis-server in dir.
func startRedis(t *testing.T, dir string) *client {
	t.Helper()
	redis, err := oracle.Try(t, dir, "--enable-debug-command", "yes")
	if err != nil {
		t.Fatal(err)
	}
	return newClient(t, redis.Dial())
}

// dialUntil connects to a server that is about to start, and waits until it has loaded its keys.
func dialUntil(t *testing.T, addr string) *client {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			c := newClient(t, conn)
			if c.ask(t, "PING") == "+PONG" {
				return c
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody serves at %s", addr)
		}
	}
}

// TestSnapshotsAreRedisSnapshots has a real server load what a node has saved, and a node what a real server has saved.
func TestSnapshotsAreRedisSnapshots(t *testing.T) {
	for _, compression := range []string{"yes", "no"} {
		dir := t.TempDir()
		args := []string{"--cluster-enabled", "no", "--enable-debug-command", "yes", "--rdbcompression", compression}
		s := startServer(t, false, dir, args...)
		c := dial(t, s)
		for _, request := range everyKind() {
			c.ask(t, request...)
		}
		c.ask(t, "FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('seven', function() return 7 end)")
		want := digests(t, c)
		c.do(t, "+OK", "SAVE")
		s.Kill()
		if out, err := exec.Command("redis-check-rdb", filepath.Join(dir, "dump.rdb")).CombinedOutput(); err != nil {
			t.Fatalf("redis-check-rdb: %v\n%s", err, out)
		}
		redis := startRedis(t, dir)
		if got := digests(t, redis); got != want {
			t.Fatalf("redis-server has loaded\n%s\nwant\n%s", got, want)
		}
		redis.do(t, ":7", "FCALL", "seven", "0")
		redis.do(t, "+OK", "SAVE")
		again := startServer(t, false, dir, args...)
		c = dialUntil(t, again.Addr())
		if got := digests(t, c); got != want {
			t.Fatalf("after redis-server has saved it:\n%s\nwant\n%s", got, want)
		}
		c.do(t, ":7", "FCALL", "seven", "0")
	}
}

// TestBgsaveIsOfOneMoment changes every key while a snapshot is being saved.
func TestBgsaveIsOfOneMoment(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		const keys = 20_000
		dir := t.TempDir()
		s := startServer(t, portable, dir, "--cluster-enabled", "no", "--save", "")
		c := dial(t, s)
		fill := func(value string) {
			t.Helper()
			var b bytes.Buffer
			for i := range keys {
				fmt.Fprintf(&b, "SET key%d %s\r\n", i, value)
			}
			go c.conn.Write(b.Bytes())
			for range keys {
				if got := c.reply(t); got != "+OK" {
					t.Fatalf("SET gave %s", got)
				}
			}
		}
		fill("before")
		c.do(t, "+Background saving started", "BGSAVE")
		c.do(t, "-ERR Background save already in progress", "SAVE")
		fill("behind")
		for strings.Contains(c.ask(t, "INFO", "persistence"), "rdb_bgsave_in_progress:1") {
		}
		s.Kill()
		c = dialUntil(t, startServer(t, portable, dir, "--cluster-enabled", "no").Addr())
		c.do(t, ":"+strconv.Itoa(keys), "DBSIZE")
		for i := range keys {
			if got := c.ask(t, "GET", "key"+strconv.Itoa(i)); got != "before" {
				t.Fatalf("key%d is %q: the snapshot was not of one moment", i, got)
			}
		}
	})
}

func TestStopSavesIfThereAreSavePoints(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		dir := t.TempDir()
		s := startServer(t, portable, dir, "--cluster-enabled", "no", "--save", "3600", "1")
		dial(t, s).do(t, "+OK", "SET", "key", "value")
		if err := s.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		s = startServer(t, portable, dir, "--cluster-enabled", "no", "--save", "")
		c := dialUntil(t, s.Addr())
		c.do(t, "value", "GET", "key")
		c.do(t, "+OK", "SET", "key", "lost")
		if err := s.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		dialUntil(t, startServer(t, portable, dir, "--cluster-enabled", "no").Addr()).do(t, "value", "GET", "key")
	})
}

func TestSavePoint(t *testing.T) {
	dir := t.TempDir()
	c := dial(t, startServer(t, false, dir, "--cluster-enabled", "no", "--save", "1 2"))
	c.do(t, "+OK", "SET", "key", "value")
	c.do(t, "+OK", "SET", "key", "other")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if info := c.ask(t, "INFO", "persistence"); strings.Contains(info, "rdb_changes_since_last_save:0") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("two changes and two seconds have not led to a snapshot")
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "dump.rdb")); err != nil {
		t.Fatal(err)
	}
}

// TestDumpThatCannotBeRead: the node does not start, says why, and leaves the file alone.
func TestDumpThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	s := startServer(t, false, dir, "--cluster-enabled", "no")
	c := dial(t, s)
	for _, request := range everyKind() {
		c.ask(t, request...)
	}
	c.do(t, "+OK", "SAVE")
	s.Kill()
	path := filepath.Join(dir, "dump.rdb")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 1
	unchecked := append(bytes.Clone(whole[:len(whole)-20]), make([]byte, 8)...)
	for name, content := range map[string][]byte{"damaged": damaged, "cut off": whole[:len(whole)/2], "empty": {}, "something else": []byte("hello, world"), "without checksum": unchecked} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		s, err := Start(Options{Config: parse(t, dir, "--cluster-enabled", "no"), Log: &log})
		if err == nil { // what is wrong deep inside is found while it serves
			err = s.Wait()
		}
		if err == nil || !strings.Contains(err.Error()+log.String(), "offset") {
			t.Errorf("%s: %v\n%s", name, err, log.String())
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, content) {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

// TestDiskThatFails: what cannot be saved is said, writes are refused, and the last snapshot stays.
func TestDiskThatFails(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		dir := filepath.Join(t.TempDir(), "node")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		s := startServer(t, portable, dir, "--cluster-enabled", "no", "--save", "3600 1")
		c := dial(t, s)
		c.do(t, "+OK", "SET", "key", "value")
		if err := os.RemoveAll(dir); err != nil { // root, too, cannot write to a folder that is gone
			t.Fatal(err)
		}
		c.do(t, "-ERR", "SAVE")
		if got := c.ask(t, "SET", "key", "other"); !strings.HasPrefix(got, "-MISCONF") {
			t.Fatalf("SET gave %s", got)
		}
		c.do(t, "value", "GET", "key")
		c.do(t, "-ERR Errors trying to SHUTDOWN. Check logs.", "SHUTDOWN")
		c.do(t, "+OK", "CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
		c.do(t, "+OK", "SET", "key", "other")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		c.do(t, "+OK", "SAVE")
		io.WriteString(c.conn, "SHUTDOWN\r\n")
		if err := s.Wait(); err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "temp-*")); len(left) > 0 {
			t.Fatalf("temporary files are left: %v", left)
		}
	})
}

// TestPrimaryComesBackWithItsKeys kills a cluster node after SAVE; its slots and its keys are there again.
func TestPrimaryComesBackWithItsKeys(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		dir := t.TempDir()
		args := []string{"--cluster-enabled", "yes", "--cluster-startup-delay", "0", "--save", ""}
		s := startServer(t, portable, dir, args...)
		c := dial(t, s)
		c.do(t, "+OK", "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
		for c.ask(t, "SET", "key", "value") != "+OK" {
		}
		c.do(t, "+OK", "SET", "gone", "soon", "PX", "1")
		c.do(t, "+OK", "SAVE")
		s.Kill()
		c = dialUntil(t, startServer(t, portable, dir, args...).Addr())
		for c.ask(t, "GET", "key") != "value" {
			if !strings.Contains(c.ask(t, "CLUSTER", "INFO"), "cluster_slots_assigned:16384") {
				t.Fatal("the slots are gone")
			}
		}
		c.do(t, ":1", "DBSIZE")
	})
}
