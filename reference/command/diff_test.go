package command

import (
	"bufio"
	"bytes"
	"embed"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/oracle"
	"github.com/clusterspec/clusterspec/reference/resp"
)

//go:embed testdata/diff
var scripts embed.FS

// TestSameRepliesAsRedis runs the scripts in testdata/diff against a live redis-server and an Engine, in both versions of
// the protocol, and compares the replies byte by byte.
//
// A line is a request, quoted as in redis-cli. It may begin with the name of a client ("b> ") and with how its reply is
// compared:
//
//	shape:   the reply differs for a reason the script gives: only its type must be the same
//	sorted:  the elements of the array have no order
//	none:    there is no reply
//
// <b> in a request stands for the number of client b. "b<" reads a message that client b was sent, "sleep 20" waits for milliseconds, and "#" begins a comment.
func TestSameRepliesAsRedis(t *testing.T) {
	o := startOracle(t)
	files, err := scripts.ReadDir("testdata/diff")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		text, err := scripts.ReadFile(path.Join("testdata/diff", file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, proto := range []int{2, 3} {
			t.Run(strings.TrimSuffix(file.Name(), ".txt")+"/resp"+strconv.Itoa(proto), func(t *testing.T) {
				d := &duel{t: t, oracle: o, proto: proto, name: file.Name(), clients: map[string]*duelist{},
					bench: newBench(t, testSetup{options: map[string]string{"enable-debug-command": "yes", "cluster-enabled": "yes"}})}
				d.run(string(text))
			})
		}
	}
}

// duel is one script against both servers.
type duel struct {
	t       *testing.T
	oracle  *oracle.Server
	bench   *bench
	proto   int
	name    string
	clients map[string]*duelist
}

// duelist is one client of both servers.
type duelist struct {
	session *Session
	conn    *rawConn
}

func (d *duel) run(text string) {
	d.client("cleaner").conn.do("FLUSHALL")
	scanner := bufio.NewScanner(strings.NewReader(text))
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimSpace(scanner.Text())
		if line != "" && !strings.HasPrefix(line, "#") {
			d.step(n, line)
		}
	}
	for name, c := range d.clients {
		if len(c.session.Reply.Buf) > 0 {
			d.t.Errorf("%s: client %s has unread replies: %q", d.name, name, c.session.Reply.Buf)
		}
		if got := c.conn.do("PING", "end of script"); !bytes.Contains(got, []byte("end of script")) {
			d.t.Errorf("%s: client %s has unread replies of redis-server: %q", d.name, name, got)
		}
	}
}

// client finds a client by name, or opens it.
func (d *duel) client(name string) *duelist {
	c := d.clients[name]
	if c == nil {
		c = &duelist{d.bench.client(), connect(d.t, d.oracle)}
		d.clients[name] = c
		version := strconv.Itoa(d.proto)
		c.conn.do("HELLO", version)
		d.bench.do(c.session, "HELLO", version)
		c.session.Reply.Buf = nil
	}
	return c
}

// step runs one line of the script.
func (d *duel) step(n int, line string) {
	if millis, ok := strings.CutPrefix(line, "sleep "); ok {
		ms, _ := strconv.Atoi(millis)
		time.Sleep(time.Duration(ms) * time.Millisecond)
		return
	}
	name := "a"
	if before, after, ok := strings.Cut(line, "> "); ok && len(before) == 1 {
		name, line = before, after
	}
	if len(line) == 2 && line[1] == '<' {
		c := d.client(line[:1])
		d.bench.Tick(wallClock()) // it may have waited long enough
		d.compare(n, line, "", takeValue(c.session), c.conn.read())
		return
	}
	mode, request, ok := strings.Cut(line, ": ")
	if !ok || !slices.Contains([]string{"shape", "sorted", "none"}, mode) {
		mode, request = "", line
	}
	args, ok := resp.SplitArgs([]byte(request))
	if !ok {
		d.t.Fatalf("%s:%d: unbalanced quotes", d.name, n)
	}
	c := d.client(name)
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = string(arg)
		if len(arg) == 3 && arg[0] == '<' && arg[2] == '>' {
			other := d.client(texts[i][1:2])
			args[i] = strconv.AppendUint(nil, other.session.ID, 10)
			texts[i] = string(bytes.TrimSpace(other.conn.do("CLIENT", "ID")[1:]))
		}
	}
	d.bench.Now = wallClock()
	d.bench.Execute(c.session, args)
	c.conn.send(texts...)
	if mode != "none" {
		d.compare(n, line, mode, takeValue(c.session), c.conn.read())
	}
}

// compare holds our reply against Redis's.
func (d *duel) compare(n int, line, mode string, ours, theirs []byte) {
	d.t.Helper()
	same := bytes.Equal(ours, theirs)
	switch mode {
	case "shape":
		same = len(ours) > 0 && ours[0] == theirs[0]
	case "sorted":
		same = slices.Equal(sortedLines(ours), sortedLines(theirs))
	}
	if !same {
		d.t.Errorf("%s:%d: %s\n here  %q\n redis %q", d.name, n, line, ours, theirs)
	}
}

// sortedLines makes the order of a reply's elements irrelevant.
func sortedLines(reply []byte) []string {
	lines := strings.Split(string(reply), "\r\n")
	slices.Sort(lines)
	return lines
}
