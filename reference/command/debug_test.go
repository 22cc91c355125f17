package command

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestReload: what a snapshot keeps is there after DEBUG RELOAD, the file is on disk, and only then is there an answer.
func TestReload(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"enable-debug-command": "yes"}})
	s, watching, other := b.client(), b.client(), b.client()
	for _, request := range []string{
		"SET string value", "SET number 12", "SETEX ends 1000 x", "PSETEX over 5 x", "RPUSH list a b c", "SADD set a b", "SADD ints 3 1 2", "HSET hash f v g w", "ZADD zset 1.5 a -inf b",
	} {
		b.do(s, strings.Fields(request)...)
	}
	b.do(watching, "WATCH", "string")
	b.do(s, "DEBUG", "SET-ACTIVE-EXPIRE", "0")
	digest := func() string {
		return b.do(s, "DEBUG", "DIGEST-VALUE", "string", "number", "ends", "list", "set", "ints", "hash", "zset")
	}
	ttl := b.do(s, "PEXPIRETIME", "ends")
	before := digest()

	if got := b.do(s, "DEBUG", "RELOAD"); got != "" {
		t.Fatalf("answered before anything is on disk: %q", got)
	}
	b.want(other, "+OK\r\n", "SET", "meanwhile", "written")
	b.Now.Wall += 6
	if d := b.written(func() {}); len(d.keys) != 9 {
		t.Errorf("%d keys on disk", len(d.keys))
	}
	if got := string(s.Reply.Buf); got != "+OK\r\n" {
		t.Errorf("answered with %q", got)
	}
	if after := digest(); after != before {
		t.Errorf("before %s after %s", before, after)
	}
	b.want(s, ttl, "PEXPIRETIME", "ends")
	b.want(s, "$7\r\nwritten\r\n", "GET", "meanwhile")
	b.want(s, ":9\r\n", "DBSIZE") // without the key whose time was over
	b.do(watching, "MULTI")
	b.want(watching, "*-1\r\n", "EXEC") // as after a flush
}

// TestReloadThatCannotSave leaves the keys as they are.
func TestReloadThatCannotSave(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"enable-debug-command": "yes"}})
	s := b.client()
	b.do(s, "SET", "key", "value")
	b.do(s, "DEBUG", "RELOAD")
	b.Tick(b.Now)
	b.Dumped(b.host.steps[0].Run, errors.New("no space"))
	if got := string(s.Reply.Buf); got != "-ERR\r\n" {
		t.Errorf("answered with %q", got)
	}
	b.want(s, "$5\r\nvalue\r\n", "GET", "key")
	b.do(s, "MULTI")
	b.do(s, "DEBUG", "RELOAD")
	b.want(s, "*1\r\n-ERR Command not allowed inside a transaction\r\n", "EXEC")
}

// TestDebugProtocol has the two types that are more than a reply, as redis-server sends them.
func TestDebugProtocol(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"enable-debug-command": "yes"}})
	s := b.client()
	b.want(s, "-ERR RESP2 is not supported by this command\r\n", "DEBUG", "PROTOCOL", "push")
	b.want(s, "$39\r\nSome real reply following the attribute\r\n", "DEBUG", "PROTOCOL", "attrib")
	b.do(s, "HELLO", "3")
	b.want(s, ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n", "DEBUG", "PROTOCOL", "push")
	b.want(s, "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n$39\r\nSome real reply following the attribute\r\n", "DEBUG", "PROTOCOL", "attrib")
}

// TestDebugObject: the encoding is redis-server's, the length that of our DUMP without type, version and checksum.
func TestDebugObject(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"enable-debug-command": "yes", "rdbcompression": "no"}})
	s, theirs := b.client(), connect(t, startOracle(t))
	theirs.do("FLUSHALL")
	name := regexp.MustCompile(`encoding:\S+`)
	for _, request := range []string{
		"SET k 12", "SET k hello", "SET k " + strings.Repeat("x1%Y", 15), "RPUSH k a b", "SADD k a b", "SADD k 1 2", "HSET k f v", "ZADD k 1 a 2 b",
	} {
		args := strings.Fields(request)
		b.do(s, "DEL", "k")
		b.do(s, args...)
		theirs.do("DEL", "k")
		theirs.do(args...)
		dump := b.do(s, "DUMP", "k")
		bytes, _ := strconv.Atoi(dump[1:strings.Index(dump, "\r\n")])
		want := "+Value refcount:1 " + name.FindString(string(theirs.do("DEBUG", "OBJECT", "k"))) + " serializedlength:" + strconv.Itoa(bytes-11) + "\r\n"
		b.want(s, want, "DEBUG", "OBJECT", "k")
	}
}
