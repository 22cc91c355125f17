package steps

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/faults"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
)

// crippled is a redis-server with somebody in its way, for who is in front of its nodes.
type crippled struct {
	target.Target
	front func() (target.Front, io.Closer)
}

func (c *crippled) Start(ctx context.Context, t target.Topology) (target.Cluster, error) {
	if t.Front != nil {
		return nil, &target.Unavailable{Reason: "somebody else is in front of its nodes"}
	}
	front, closer := c.front()
	t.Front = front
	cluster, err := c.Target.Start(ctx, t)
	if err != nil {
		return nil, errors.Join(err, closer.Close())
	}
	return &fronted{cluster, closer}, nil
}

type fronted struct {
	target.Cluster
	front io.Closer
}

func (f *fronted) Close() error { return errors.Join(f.Cluster.Close(), f.front.Close()) }

// meddler carries what clients say to nodes and what they are answered, and changes it on the way. The bus passes as it is.
type meddler struct {
	request, reply func([]byte) []byte

	mutex     sync.Mutex
	listeners []net.Listener
	ports     []*target.Port
}

func (m *meddler) Announce(_, addr string, busPort int) (int, error) {
	port, err := target.ReservePort()
	if err != nil {
		return 0, err
	}
	host, _, _ := net.SplitHostPort(addr)
	asItIs := func(b []byte) []byte { return b }
	m.mutex.Lock()
	m.ports = append(m.ports, port)
	m.mutex.Unlock()
	return port.Number, errors.Join(
		m.carry(port.Number, addr, m.request, m.reply),
		m.carry(port.Bus(), net.JoinHostPort(host, strconv.Itoa(busPort)), asItIs, asItIs))
}

func (m *meddler) carry(port int, to string, there, back func([]byte) []byte) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	m.mutex.Lock()
	m.listeners = append(m.listeners, listener)
	m.mutex.Unlock()
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			node, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				continue
			}
			go pump(near, node, there)
			go pump(node, near, back)
		}
	}()
	return nil
}

func pump(from, to net.Conn, change func([]byte) []byte) {
	defer from.Close()
	defer to.Close()
	piece := make([]byte, 64<<10)
	for {
		n, err := from.Read(piece)
		if _, failed := to.Write(change(piece[:n])); failed != nil || err != nil {
			return
		}
	}
}

func (m *meddler) Close() (err error) {
	for _, l := range m.listeners {
		err = errors.Join(err, l.Close())
	}
	for _, p := range m.ports {
		err = errors.Join(err, p.Release())
	}
	return err
}

var movedTo = regexp.MustCompile(`-MOVED (\d+) \S+`)

// cripples are what is in the way, which scenarios have to notice it, how the first of them has to put it, and which have nothing to do with it.
var cripples = map[string]struct {
	front    func() (target.Front, io.Closer)
	fail     []string
	expected string
	got      string
	request  string
	pass     []string
}{
	"MOVED names another address": {
		front: func() (target.Front, io.Closer) {
			m := &meddler{
				request: func(b []byte) []byte { return b },
				reply:   func(b []byte) []byte { return movedTo.ReplaceAll(b, []byte("-MOVED $1 192.0.2.1:6379")) },
			}
			return m, m
		},
		fail:     []string{"redirection/moved/1", "redirection/moved/2", "redirection/moved/5", "migration/ask/3"},
		expected: `^error "MOVED 9059 127\.0\.0\.1:\d+"$`, got: `^error "MOVED 9059 192\.0\.2\.1:6379"$`, request: `"GET world"`,
		pass: []string{"redirection/moved/6", "redirection/moved/7", "migration/ask/1", "setup/nodes/2", "distribution/slot/1"},
	},
	"ASKING is swallowed": {
		front: func() (target.Front, io.Closer) {
			m := &meddler{
				request: func(b []byte) []byte {
					return bytes.ReplaceAll(b, []byte("$6\r\nASKING\r\n"), []byte("$9\r\nREADWRITE\r\n")) // which says OK as well, and does nothing
				},
				reply: func(b []byte) []byte { return b },
			}
			return m, m
		},
		fail:     []string{"migration/asking/1", "migration/asking/3", "migration/ask/4", "migration/tryagain/2"},
		expected: `^simple "OK"$`, got: `^error "MOVED 866 127\.0\.0\.1:\d+"$`, request: `"SET {hello}new 1"`,
		pass: []string{"migration/ask/1", "migration/ask/3", "migration/asking/2", "migration/asking/4", "redirection/moved/1"},
	},
	"PONGs are late": {
		front: func() (target.Front, io.Closer) {
			p := faults.New()
			all := []string{"A", "B", "C", ""}
			p.Change(func(r *faults.Rules) {
				r.Add(faults.Filter{From: all, To: all, Types: []bus.Type{bus.Pong}, Delay: 5 * time.Second})
			})
			return p, p
		},
		fail:     []string{"setup/meet/1", "setup/meet/2"},
		expected: `^B is connected$`, got: `^B is unknown$`,
		pass: []string{"setup/meet/3", "setup/reset/2", "setup/addslots/2", "setup/slots/2"},
	},
}

// A server that does one thing wrong is reported as exactly that: the scenarios about it fail and say so, the others pass.
func TestCrippledServerIsReportedAsWhatItIs(t *testing.T) {
	for what, c := range cripples {
		t.Run(what, func(t *testing.T) {
			report, err := Run(t.Context(), Options{
				Targets: []target.Target{&crippled{redisServer(t), c.front}}, Features: features.FS, IDs: slices.Concat(c.fail, c.pass),
				NodeTimeout: time.Second, Parallel: 2,
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range report.Results {
				want := reports.Pass
				if slices.Contains(c.fail, r.Case) {
					want = reports.Fail
				}
				if r.Verdict != want {
					t.Errorf("%s: %s and not %s: %s", r.Case, r.Verdict, want, r.Reason)
				}
				if r.Case == c.fail[0] && !saysSo(r.Failure, c.expected, c.got, c.request) {
					t.Errorf("%s says %+v", r.Case, r.Failure)
				}
			}
		})
	}
}

func saysSo(f *reports.Failure, expected, got, request string) bool {
	return f != nil && f.Request == request && regexp.MustCompile(expected).MatchString(strings.Join(f.Expected, " or ")) && regexp.MustCompile(got).MatchString(f.Got)
}
