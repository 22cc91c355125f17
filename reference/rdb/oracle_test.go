package rdb

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/oracle"
	"github.com/clusterspec/clusterspec/reference/ports"
)

// oracleTexts is strings at each edge of each encoding.
func oracleTexts() map[string][]byte {
	texts := map[string][]byte{}
	for _, n := range []int64{0, 7, 1<<7 - 1, 1 << 7, 1<<15 - 1, 1 << 15, 1<<31 - 1, 1 << 31, 1<<63 - 1} {
		for _, n := range []int64{n, -n, -n - 1} {
			texts[fmt.Sprintf("number %d", n)] = strconv.AppendInt(nil, n, 10)
		}
	}
	for _, s := range []string{"", "-", "--1", "-0", "+1", "01", "-01", " 1", "1 ", "1.0", "1e3", "0x10", "99999999999", "-99999999999", "12345678901", "hello"} {
		texts[fmt.Sprintf("text %q", s)] = []byte(s)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 20, 21, 63, 64, 65, 1<<14 - 1, 1 << 14, 1<<14 + 1, 1 << 16, 1 << 20} {
		noise := make([]byte, n)
		for i := range noise {
			noise[i] = byte(r.Uint32())
		}
		texts[fmt.Sprintf("noise of %d bytes", n)] = noise
		texts[fmt.Sprintf("%d equal bytes", n)] = bytes.Repeat([]byte("a"), n)
		var words []byte
		for len(words) < n {
			words = append(words, [...]string{"cluster ", "slot ", "epoch ", "replica "}[r.IntN(4)]...)
		}
		texts[fmt.Sprintf("words of %d bytes", n)] = words[:n]
	}
	return texts
}

// TestDumpAgainstRedis gives payloads to a real server and takes payloads from it.
func TestDumpAgainstRedis(t *testing.T) {
	redis := startRedis(t, t.TempDir(), "--enable-debug-command", "yes")
	packed := 0
	for name, text := range oracleTexts() {
		redis.do("SET", "theirs", string(text))
		theirs := []byte(redis.do("DUMP", "theirs"))
		v, err := ParseDump(theirs)
		if err != nil || v.Kind != keyspace.String || !bytes.Equal(v.Str, text) {
			t.Errorf("%s: their payload is read as %.40q, %v", name, v.Str, err)
		}
		ours := AppendDump(nil, keyspace.Value{Kind: keyspace.String, Str: text})
		if isPacked := theirs[1] == encodedLZF; isPacked {
			packed++
		} else if body := len(theirs) - footerBytes; !bytes.Equal(ours[:len(ours)-footerBytes], theirs[:body]) {
			t.Errorf("%s: our payload is %.40x, theirs %.40x", name, ours, theirs)
		}
		redis.do("DEL", "ours")
		if reply := redis.do("RESTORE", "ours", "0", string(ours)); reply != "OK" {
			t.Errorf("%s: RESTORE of our payload: %s", name, reply)
			continue
		}
		if got := redis.do("GET", "ours"); got != string(text) {
			t.Errorf("%s: GET after RESTORE: %.40q", name, got)
		}
		if ours, theirs := redis.do("DEBUG", "DIGEST-VALUE", "ours"), redis.do("DEBUG", "DIGEST-VALUE", "theirs"); ours != theirs || len(ours) != 40 {
			t.Errorf("%s: digest %s after RESTORE, %s before DUMP", name, ours, theirs)
		}
	}
	if packed == 0 {
		t.Error("the server has compressed nothing: LZF was not tested")
	}
}

// TestDamageAgainstRedis changes payloads at random and gives them a right checksum: we and the server must see the
// same in them.
func TestDamageAgainstRedis(t *testing.T) {
	redis := startRedis(t, t.TempDir())
	var bodies [][]byte
	for _, text := range oracleTexts() {
		if len(text) < 1000 {
			redis.do("SET", "k", string(text))
			payload := []byte(redis.do("DUMP", "k"))
			bodies = append(bodies, payload[:len(payload)-footerBytes])
		}
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	accepted := 0
	for range 5000 {
		body := damage(r, bodies[r.IntN(len(bodies))])
		payload := sealed(body)
		v, err := ParseDump(payload)
		reply := redis.do("RESTORE", "k", "0", string(payload), "REPLACE")
		switch {
		case reply == "OK" && err == nil:
			accepted++
			if got := redis.do("GET", "k"); got != string(v.Str) {
				t.Fatalf("seed %#x: %x is %.40q, the server reads %.40q", seed, payload, v.Str, got)
			}
		case reply == "OK" && isLax(body):
		case reply == "OK" || err == nil || reply != "ERR "+ErrFormat.Error():
			t.Fatalf("seed %#x: %x: we say %v, the server %s", seed, payload, err, reply)
		}
	}
	if accepted < 100 {
		t.Errorf("only %d payloads were sound", accepted)
	}
}

// damage returns a changed copy of body, which stays a string.
func damage(r *rand.Rand, body []byte) []byte {
	body = bytes.Clone(body)
	for range 1 + r.IntN(3) {
		switch i := 1 + r.IntN(min(len(body), 12)); {
		case r.IntN(4) == 0:
			body = body[:max(1, len(body)-r.IntN(4))]
		case r.IntN(4) == 0:
			body = append(body, byte(r.Uint32()))
		case i < len(body):
			body[i] ^= 1 << r.IntN(8)
		}
	}
	return body
}

// sealed adds version and checksum to the body of a payload.
func sealed(body []byte) []byte {
	payload := append(bytes.Clone(body), Version, 0)
	return appendChecksum(payload)
}

// isLax reports whether Redis has a reason of its own to accept the body of a payload that we refuse.
func isLax(body []byte) bool {
	in := input{b: sealed(body), at: 1}
	if _, err := in.text(); err == nil && in.at > len(body) {
		return true // version and checksum were taken for the rest of the value
	}
	if body[1] != encodedLZF {
		return false
	}
	in = input{b: body, at: 2}
	_, isEncoding1, _ := in.head()
	n, isEncoding2, _ := in.head()
	return n == 0 || // which is also what its decompression returns for damage
		isEncoding1 || isEncoding2 // which are taken for numbers
}

// TestTheirFiles reads what a real server saves, with every option that changes what it writes.
func TestTheirFiles(t *testing.T) {
	for name, options := range map[string][]string{
		"default":      {},
		"plain":        {"--rdbcompression", "no", "--rdbchecksum", "no"},
		"idle times":   {"--maxmemory-policy", "allkeys-lru"},
		"frequencies":  {"--maxmemory-policy", "allkeys-lfu"},
		"cluster mode": {"--cluster-enabled", "yes", "--port", strconv.Itoa(ports.ForTest(t))},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			redis := startRedis(t, dir, append(options, "--cluster-require-full-coverage", "no")...)
			if name == "cluster mode" {
				redis.do("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
				redis.until("cluster_state:ok", "CLUSTER", "INFO")
			}
			const library = "#!lua name=lib\nredis.register_function('f', function() return 1 end)"
			if reply := redis.do("FUNCTION", "LOAD", library); reply != "lib" {
				t.Fatalf("FUNCTION LOAD: %s", reply)
			}
			at := clock.Millis(time.Now().Add(time.Hour).UnixMilli())
			want := map[string]keyspace.Value{}
			for name, text := range oracleTexts() {
				v := keyspace.Value{Kind: keyspace.String, Str: text}
				args := []string{"SET", name, string(text)}
				if len(text)%2 == 1 {
					at++
					v.ExpireAt = at
					args = append(args, "PXAT", strconv.FormatInt(int64(at), 10))
				}
				if reply := redis.do(args...); reply != "OK" {
					t.Fatalf("SET: %s", reply)
				}
				want[name] = v
			}
			got := contents{keys: map[string]keyspace.Value{}, aux: map[string]string{}}
			if err := Read(redis.save(dir), &got); err != nil {
				t.Fatal(err)
			}
			compare(t, got.keys, want)
			if len(got.functions) != 1 || got.functions[0] != library || got.aux["redis-ver"] == "" {
				t.Errorf("functions %q, fields %q", got.functions, got.aux)
			}

			redis.do("XADD", "a stream", "*", "f", "v")
			err := Read(redis.save(dir), &contents{keys: map[string]keyspace.Value{}, aux: map[string]string{}})
			if err == nil || !strings.Contains(err.Error(), `key "a stream" at offset `) || !strings.Contains(err.Error(), "of type 19 (stream)") {
				t.Errorf("with a stream: %v", err)
			}
		})
	}
}

// TestOurFiles starts a real server on what we write.
func TestOurFiles(t *testing.T) {
	at := clock.Millis(time.Now().Add(time.Hour).UnixMilli())
	want := map[string]keyspace.Value{"": {Kind: keyspace.String, Str: []byte("the empty key")}, "12345": {Kind: keyspace.String, Str: []byte("67890")}}
	for name, text := range oracleTexts() {
		want[name] = keyspace.Value{Kind: keyspace.String, Str: text}
		at++
		want[name+" for an hour"] = keyspace.Value{Kind: keyspace.String, Str: text, ExpireAt: at}
	}
	w := NewWriter(WriterOptions{})
	w.Aux("redis-ver", "7.2.0")
	w.Aux("repl-stream-db", "0")
	w.Begin(len(want), len(want)/2)
	for key, v := range want {
		w.Key([]byte(key), v)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "dump.rdb"), w.Finish(), 0o600); err != nil {
		t.Fatal(err)
	}
	redis := startRedis(t, dir)
	if got := redis.do("DBSIZE"); got != strconv.Itoa(len(want)) {
		t.Errorf("DBSIZE: %s, want %d", got, len(want))
	}
	for key, v := range want {
		expiry := int64(v.ExpireAt)
		if expiry == 0 {
			expiry = -1
		}
		if got := redis.do("GET", key); got != string(v.Str) {
			t.Errorf("GET %q: %.40q, want %.40q", key, got, v.Str)
		}
		if got := redis.do("PEXPIRETIME", key); got != strconv.FormatInt(expiry, 10) {
			t.Errorf("PEXPIRETIME %q: %s, want %d", key, got, expiry)
		}
	}
}

// contents is what Read has shown.
type contents struct {
	keys      map[string]keyspace.Value
	aux       map[string]string
	functions []string
}

func (c *contents) Aux(key, value []byte) { c.aux[string(key)] = string(value) }

func (c *contents) Function(source []byte) error {
	c.functions = append(c.functions, string(source))
	return nil
}

func (c *contents) Key(key []byte, v keyspace.Value) error {
	if _, again := c.keys[string(key)]; again {
		return fmt.Errorf("the key %q comes twice", key)
	}
	c.keys[string(key)] = v
	return nil
}

func compare(t *testing.T, got, want map[string]keyspace.Value) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d keys, want %d", len(got), len(want))
	}
	for key, w := range want {
		if g := got[key]; g.Kind != w.Kind || g.ExpireAt != w.ExpireAt || !bytes.Equal(g.Str, w.Str) {
			t.Errorf("%q: %.40q, expiry %d, want %.40q, %d", key, g.Str, g.ExpireAt, w.Str, w.ExpireAt)
		}
	}
}

// server is a running redis-server and one connection to it.
type server struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// startRedis starts a server with its files in dir.
func startRedis(t *testing.T, dir string, options ...string) *server {
	t.Helper()
	running, err := oracle.Try(t, dir, options...)
	if err != nil {
		t.Fatal(err)
	}
	conn := running.Dial()
	return &server{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// do sends a command and returns its reply: the text of any type but an array.
func (s *server) do(args ...string) string {
	s.t.Helper()
	var request bytes.Buffer
	fmt.Fprintf(&request, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&request, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := s.conn.Write(request.Bytes()); err != nil {
		s.t.Fatalf("%s: %v", args[0], err)
	}
	line, err := s.in.ReadString('\n')
	if err != nil {
		s.t.Fatalf("%s: %v", args[0], err)
	}
	text := strings.TrimSuffix(line[1:], "\r\n")
	if line[0] == '*' && text == "1" { // DEBUG DIGEST-VALUE
		line, err = s.in.ReadString('\n')
		if err != nil {
			s.t.Fatalf("%s: %v", args[0], err)
		}
		text = strings.TrimSuffix(line[1:], "\r\n")
	}
	if line[0] != '$' {
		return text
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return "nil"
	}
	bulk := make([]byte, n+len("\r\n"))
	if _, err := io.ReadFull(s.in, bulk); err != nil {
		s.t.Fatalf("%s: %v", args[0], err)
	}
	return string(bulk[:n])
}

// until sends a command until its reply contains want.
func (s *server) until(want string, args ...string) {
	s.t.Helper()
	reply := ""
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if reply = s.do(args...); strings.Contains(reply, want) {
			return
		}
	}
	s.t.Fatalf("%s: %s after twenty seconds, want %s", args[0], reply, want)
}

// save returns the file the server writes.
func (s *server) save(dir string) []byte {
	s.t.Helper()
	if reply := s.do("SAVE"); reply != "OK" {
		s.t.Fatalf("SAVE: %s", reply)
	}
	file, err := os.ReadFile(filepath.Join(dir, "dump.rdb"))
	if err != nil {
		s.t.Fatal(err)
	}
	return file
}
