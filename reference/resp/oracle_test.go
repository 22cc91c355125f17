package resp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/oracle"
)

// TestParserAgainstRedis sends whole connections of bytes, sound and broken, to a real server, and compares what comes back
// byte by byte with what the parser and the replies to its requests would say.
func TestParserAgainstRedis(t *testing.T) {
	const bulkBytes = 2 << 20
	for _, c := range []struct {
		name          string
		authenticated bool
		options       []string
	}{
		{"open", true, nil},
		{"password", false, []string{"--requirepass", "secret"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			socket := startRedis(t, append(c.options, "--proto-max-bulk-len", strconv.Itoa(bulkBytes))...)
			limits := DefaultLimits()
			limits.BulkBytes, limits.Authenticated = bulkBytes, c.authenticated
			inputs := connections(bulkBytes)
			var wait sync.WaitGroup
			for worker := range 8 {
				wait.Go(func() {
					for i := worker; i < len(inputs); i += 8 {
						got, err := exchange(socket, inputs[i])
						if want := expected(limits, inputs[i]); err != nil || !bytes.Equal(got, want) {
							t.Errorf("connection %d %.200q (%d bytes):\nredis-server says %.300q, error %v\nwant              %.300q",
								i, inputs[i], len(inputs[i]), got, err, want)
						}
					}
				})
			}
			wait.Wait()
		})
	}
}

// connections are inputs at each edge of the protocol, and random changes of sound ones. Among the words is no command but PING.
func connections(bulkBytes int) [][]byte {
	long := func(n int) string { return strings.Repeat("1", n) }
	const ping = "*1\r\n$4\r\nPING\r\n"
	var inputs [][]byte
	for _, text := range []string{
		ping, "PING\r\n", "ping\n", "*2\r\n$4\r\nPING\r\n$3\r\na\r\n\r\n", ping + ping, "\r\n \n*0\r\n*-1\r\n*-7\r\n" + ping,
		"*2147483647\r\n", "*2147483648\r\n", "*9223372036854775808\r\n", "*" + long(30) + "\r\n", "*\r\n", "*1x\r\n", "*01\r\n", "*+1\r\n", "*-0\r\n" + ping,
		"*10\r\n", "*11\r\n", "*1\r\n#4\r\n", "*1\r\n\r\n", "*1\r\n\n\r\n", "*1\r\n\x07\r\n", "*1\r\n\xff\r\n", "*1\r\n%s\r\n", "*1\r\n\x00\r\n" + ping,
		"*1\r\n$-1\r\n", "*1\r\n$\r\n", "*1\r\n$04\r\nPING\r\n", "*1\r\n$16384\r\n", "*1\r\n$16385\r\n", "*1\r\n$9223372036854775807\r\n",
		fmt.Sprintf("*1\r\n$%d\r\n", bulkBytes), fmt.Sprintf("*1\r\n$%d\r\n", bulkBytes+1), "*1\rX$4\rXPINGab" + ping, "*1\x00\r\n" + ping,
		"PI\x00NG\r\nPING\r\n", "\x00\r\n", " \t\v\fPING\r\n", "PING \vabc\r\n", "PING a\vb\fc\r\n", "PING\r\r\n", "PING\v\r\n", "PING a\rb\r\n",
		"\"PING\r\n", "\"PING\"x\r\n", "'PI\\'NG'\r\n", "PI\"NG\"\r\n", "PING \"a\\x41\\xzz\\n\\q\\\\\\\"\\b\\a\\t\\r\"\r\n", "PING \"a\"\vb\r\n", "PING \"\"\r\n",
		"PING ''\r\n", "PING 'a\\'b\\n'\r\n", "PING 'a\r\n", "PING \"\\\r\n", "PING \"\\x4\"\r\n", "PING a\\ b\r\n", "$4\r\nPING\r\n", "+OK\r\n",
		long(65536), long(65537), long(65536) + "\n", "*" + long(65535), "*" + long(65536), "*1\r\n$" + long(65535), "*1\r\n$" + long(65536),
		"*1\r\n" + long(65537), "*1\r\n" + long(65536), "\x00\r\n" + long(65534), "*\x00\r\n" + long(65534), "*1\r\n\x00\r\n" + long(65534),
		"*1\r", "*1\r\n:4", "*1\r\n:4\r", "*1\r\n:4\rx", "*1\r\n$4\r\nPING", "*1\r\n$4\r\nPING\r", "*3\r\n$4\r\nPING\r\n$1\r\na\r\n$1\r\nb\r\n",
		"*2\r\n$4\r\nPING\r\n$40000\r\n" + long(40000) + "\r\n", "*2\r\n$4\r\nPING\r\n$16384\r\n" + long(16384) + "\r\n" + ping,
	} {
		inputs = append(inputs, []byte(text))
	}
	random := rand.New(rand.NewPCG(5, 6))
	words := []string{"PING", "pInG", "xyzzy", "a", "", "\"q\"", "a\x00b", "a\r\nb", "0123456789", "'", strings.Repeat("long", 40)}
	marks := []byte("\x00\r\n\t\v\f $*-+:\"'\\x0123456789abn%\xff")
	for range 1500 {
		var b []byte
		for range 1 + random.IntN(4) {
			args := make([]string, 1+random.IntN(3))
			for i := range args {
				args[i] = words[random.IntN(len(words))]
			}
			if random.IntN(2) == 0 {
				b = AppendCommandStrings(b, args...)
			} else {
				b = append(b, strings.Join(args, " ")+"\r\n"...)
			}
		}
		for range random.IntN(4) {
			i := random.IntN(len(b))
			switch mark := marks[random.IntN(len(marks))]; random.IntN(3) {
			case 0:
				b[i] = mark
			case 1:
				b = append(b[:i:i], append([]byte{mark}, b[i:]...)...)
			case 2:
				b = append(b[:i:i], b[i+1:]...)
			}
			if len(b) == 0 {
				b = []byte{'\n'}
			}
		}
		inputs = append(inputs, b)
	}
	return inputs
}

// expected is what a server that knows only PING replies to a connection of these bytes.
func expected(limits Limits, b []byte) []byte {
	s := parseWhole(limits, b)
	w := Writer{}
	for _, args := range s.requests {
		switch {
		case len(args) == 0:
		case !strings.EqualFold(args[0], "PING"):
			w.Error(unknownCommand(args))
		case !limits.Authenticated:
			w.Error("NOAUTH Authentication required.")
		case len(args) > 2:
			w.Error("ERR wrong number of arguments for 'ping' command")
		case len(args) == 2:
			w.BulkString(args[1])
		default:
			w.Simple("PONG")
		}
	}
	if s.err != nil {
		w.Error("ERR " + s.err.Error())
	}
	return w.Buf
}

// unknownCommand quotes the request as Redis does (processCommand): 128 bytes, each word up to its first NUL byte.
func unknownCommand(args []string) string {
	const quotedBytes = 128
	quote := func(s string, room int) string {
		s, _, _ = strings.Cut(s, "\x00")
		return s[:min(len(s), room)]
	}
	var quoted strings.Builder
	for _, arg := range args[1:] {
		if quoted.Len() >= quotedBytes {
			break
		}
		fmt.Fprintf(&quoted, "'%s' ", quote(arg, quotedBytes-quoted.Len()))
	}
	return fmt.Sprintf("ERR unknown command '%s', with args beginning with: %s", quote(args[0], quotedBytes), quoted.String())
}

// TestQueryBytesAgainstRedis: Redis closes a connection with too long an unfinished request in silence.
func TestQueryBytesAgainstRedis(t *testing.T) {
	const queryBytes = 1 << 20
	socket := startRedis(t, "--client-query-buffer-limit", strconv.Itoa(queryBytes))
	limits := DefaultLimits()
	limits.QueryBytes = queryBytes
	request := AppendCommandStrings(nil, "PING", strings.Repeat("x", 2*queryBytes))
	if got, err := exchange(socket, request); err != nil || len(got) != 0 {
		t.Errorf("redis-server replies %.100q, error %v", got, err)
	}
	if got := parseWhole(limits, request); got.err != ErrQueryBytes || got.used != 0 {
		t.Errorf("the parser uses %d bytes, error %v; want ErrQueryBytes", got.used, got.err)
	}
}

// TestParseIntAgainstRedis lets a real server read texts as integers.
func TestParseIntAgainstRedis(t *testing.T) {
	var request, want []byte
	w := Writer{}
	for _, text := range integers {
		request = AppendCommandStrings(request, "SET", "key", "0")
		request = AppendCommandStrings(request, "INCRBY", "key", text)
		w.Simple("OK")
		if n, ok := ParseInt([]byte(text)); ok {
			w.Int(n)
		} else {
			w.Error("ERR value is not an integer or out of range")
		}
	}
	want = w.Buf
	got, err := exchange(startRedis(t), request)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("redis-server says %q, error %v\nwant %q", got, err, want)
	}
}

// TestWriterAgainstRedis compares each kind of reply in both protocol versions.
func TestWriterAgainstRedis(t *testing.T) {
	socket := startRedis(t, "--enable-debug-command", "yes")
	for _, proto := range []int{2, 3} {
		request := AppendCommandStrings(nil, "HELLO", strconv.Itoa(proto))
		w := Writer{Proto: proto}
		for _, c := range []struct {
			command []string
			write   func()
		}{
			{[]string{"DEBUG", "PROTOCOL", "string"}, func() { w.BulkString("Hello World") }},
			{[]string{"DEBUG", "PROTOCOL", "integer"}, func() { w.Int(12345) }},
			{[]string{"DEBUG", "PROTOCOL", "double"}, func() { w.Double(3.141) }},
			{[]string{"DEBUG", "PROTOCOL", "null"}, w.Null},
			{[]string{"DEBUG", "PROTOCOL", "true"}, func() { w.Bool(true) }},
			{[]string{"DEBUG", "PROTOCOL", "false"}, func() { w.Bool(false) }},
			{[]string{"DEBUG", "PROTOCOL", "verbatim"}, func() { w.Verbatim("txt", []byte("This is a verbatim\nstring")) }},
			{[]string{"DEBUG", "PROTOCOL", "array"}, func() { w.Array(3); w.Int(0); w.Int(1); w.Int(2) }},
			{[]string{"DEBUG", "PROTOCOL", "set"}, func() { w.Set(3); w.Int(0); w.Int(1); w.Int(2) }},
			{[]string{"DEBUG", "PROTOCOL", "map"}, func() {
				w.Map(3)
				w.Int(0)
				w.Bool(false)
				w.Int(1)
				w.Bool(true)
				w.Int(2)
				w.Bool(false)
			}},
			{[]string{"LPOP", "nothing", "1"}, w.NullArray},
			{[]string{"SUBSCRIBE", "channel"}, func() { w.Push(3); w.BulkString("subscribe"); w.BulkString("channel"); w.Int(1) }},
			{[]string{"UNSUBSCRIBE", "channel"}, func() { w.Push(3); w.BulkString("unsubscribe"); w.BulkString("channel"); w.Int(0) }},
			{[]string{"SELECT", "0"}, func() { w.Simple("OK") }},
			{[]string{"a\r\nb\n"}, func() { w.Error("ERR unknown command 'a\r\nb\n', with args beginning with: ") }},
		} {
			request = AppendCommandStrings(request, c.command...)
			c.write()
		}
		got, err := exchange(socket, request)
		if err != nil || !bytes.HasSuffix(got, w.Buf) { // before it is the reply to HELLO
			t.Errorf("version %d: redis-server says %q, error %v\nwant at the end %q", proto, got, err, w.Buf)
		}
	}
}

// TestDoubleAgainstRedis compares the digits of floating-point numbers in both protocol versions.
func TestDoubleAgainstRedis(t *testing.T) {
	socket := startRedis(t, "--zset-max-listpack-entries", "0") // a listpack would turn -0 into 0
	doubles := []float64{0, math.Copysign(0, -1), 1, -1, 3, 100, 1e5, 123456789, 1e16, 1e17, 1e21, 0.1, 3.1, 1e-4, 1e-5, math.Pi, math.MaxFloat64,
		math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), 1 << 53, 1<<53 + 2, 0.5, -2.25}
	random := rand.New(rand.NewPCG(7, 8))
	for range 1000 {
		if f := math.Float64frombits(random.Uint64()); !math.IsNaN(f) {
			doubles = append(doubles, f, float64(random.IntN(1e6))/1000, random.NormFloat64()*1e9)
		}
	}
	for _, proto := range []int{2, 3} {
		for some := range slices.Chunk(doubles, 200) {
			request := AppendCommandStrings(nil, "HELLO", strconv.Itoa(proto))
			w := Writer{Proto: proto}
			for _, f := range some {
				request = AppendCommandStrings(request, "DEL", "scores")
				request = AppendCommandStrings(request, "ZADD", "scores", strconv.FormatFloat(f, 'g', -1, 64), "member")
				request = AppendCommandStrings(request, "ZSCORE", "scores", "member")
				w.Int(1)
				w.Int(1)
				w.Double(f)
			}
			got, err := exchange(socket, append(AppendCommandStrings(nil, "ZADD", "scores", "1", "member"), request...))
			if err != nil || !bytes.HasSuffix(got, w.Buf) {
				t.Fatalf("version %d, from %v on:\nredis-server says %.400q, error %v\nwant at the end %.400q", proto, some[0], got, err, w.Buf)
			}
		}
	}
}

// exchange sends b over a new connection, closes that for writing, and returns all that comes back. Redis drops what it could not
// write by then, so replies must fit into the buffers of a socket.
func exchange(socket string, b []byte) ([]byte, error) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	written := make(chan struct{})
	go func() {
		defer close(written)
		conn.Write(b) // fails when the server has refused the head of b: its reply tells why
		conn.(*net.UnixConn).CloseWrite()
	}()
	got, err := io.ReadAll(conn)
	<-written
	if errors.Is(err, syscall.ECONNRESET) {
		err = nil // closed before it had read all
	}
	return got, err
}

// startRedis starts a redis-server and returns the Unix socket it listens to: unlike TCP's, its end loses nothing that was sent before.
func startRedis(t *testing.T, options ...string) (socket string) {
	t.Helper()
	return filepath.Join(oracle.Start(t, append([]string{"--unixsocket", "s"}, options...)...).Dir, "s")
}
