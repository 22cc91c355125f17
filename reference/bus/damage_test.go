package bus

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// reaction is what a frame brings about at its receiver.
type reaction string

const (
	accepted reaction = "accepted"
	dropped  reaction = "dropped"
	closed   reaction = "closed"
)

type damage struct {
	name  string
	wire  []byte
	want  reaction
	alone bool // servers differ: those without certain repairs read beyond the frame here
}

// damages are frames that are wrong, or look so.
func damages() []damage {
	ext := func(b ...byte) []byte { // a ping with one extension
		wire := append(examples()["meet that understands"].Append(nil), b...)
		put16(wire, offType, uint16(TypePing))
		put16(wire, offExtCount, 1)
		return fit(wire)
	}
	id := bytes.Repeat([]byte("a"), NodeIDBytes)
	return []damage{
		{"signature", change("ping", func(b []byte) { b[3] = 'B' }), closed, false},
		{"length", func() []byte { b := examples()["ping"].Append(nil); put32(b, offLength, HeaderBytes-1); return b }(), closed, false},

		{"version 0", change("ping", func(b []byte) { put16(b, offVersion, 0) }), dropped, false},
		{"version 2", change("ping", func(b []byte) { put16(b, offVersion, 2) }), dropped, false},
		{"ping and a byte", extend("ping", 0), dropped, false},
		{"ping and 8 bytes", extend("ping", make([]byte, 8)...), dropped, false},
		{"one gossip entry claimed", change("ping", func(b []byte) { put16(b, offGossipCount, 1) }), dropped, false},
		{"all gossip entries claimed", change("ping", func(b []byte) { put16(b, offGossipCount, math.MaxUint16) }), dropped, false},
		{"gossip not counted", change("ping with gossip", func(b []byte) { put16(b, offGossipCount, 1) }), dropped, false},
		{"extension without the message flag", change("ping with extensions", func(b []byte) { b[offMessageFlags] = 0 }), dropped, false},
		{"extension not counted", change("ping with extensions", func(b []byte) { put16(b, offExtCount, 4) }), dropped, false},
		{"extension of 12 bytes", ext(0, 0, 0, 12, 0, 9, 0, 0, 1, 2, 3, 4), dropped, false},
		{"extension longer than the frame", ext(0, 0, 0, 24, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), dropped, false},
		{"byte behind the extension", ext(0, 0, 0, 8, 0, 9, 0, 0, 0), dropped, false},

		{"extension missing", ext(), dropped, true},
		{"half an extension head", ext(0, 0, 0, 8), dropped, true},
		{"extension of 0 bytes", ext(0, 0, 0, 0, 0, 9, 0, 0), dropped, true},
		{"extension of 65544 bytes", ext(0, 1, 0, 8, 0, 9, 0, 0), dropped, true},
		{"hostname without an end", ext(append([]byte{0, 0, 0, 16, 0, extHostname, 0, 0}, id[:8]...)...), dropped, true},
		{"nodename without an end", ext(append([]byte{0, 0, 0, 16, 0, extNodename, 0, 0}, "abc\x00defg"...)...), dropped, true},
		{"hostname without data", ext(0, 0, 0, 8, 0, extHostname, 0, 0), dropped, true},
		{"short shard id", ext(append([]byte{0, 0, 0, 16, 0, extShardID, 0, 0}, id[:8]...)...), dropped, true},
		{"short forgotten node", ext(append([]byte{0, 0, 0, 48, 0, extForgotten, 0, 0}, id...)...), dropped, true},

		{"short fail", fit(examples()["fail"].Append(nil)[:HeaderBytes+NodeIDBytes-1]), dropped, false},
		{"long fail", extend("fail", 0), dropped, false},
		{"publish without lengths", fit(examples()["publish"].Append(nil)[:HeaderBytes+publishHeadBytes-1]), dropped, false},
		{"short publish", change("publish", func(b []byte) { b[HeaderBytes+7]-- }), dropped, false},
		{"long publish", extend("publish", 0), dropped, false},
		{"publish beyond 32 bits", change("publish", func(b []byte) {
			put32(b, HeaderBytes, math.MaxUint32)
			put32(b, HeaderBytes+4, 13)
		}), dropped, true},
		{"vote with a load", extend("auth-ack", 0), dropped, false},
		{"vote request with a load", extend("auth-req", 0), dropped, false},
		{"failover with a load", extend("mfstart", 0), dropped, false},
		{"short update", fit(examples()["update"].Append(nil)[:HeaderBytes+updateBytes-1]), dropped, false},
		{"long update", extend("update", 0), dropped, false},
		{"module without a head", fit(examples()["module"].Append(nil)[:HeaderBytes+moduleHeadBytes-1]), dropped, false},
		{"long module", extend("module", 0), dropped, false},

		{"unknown extension", ext(0, 0, 0, 16, 0, 9, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8), accepted, false},
		{"empty unknown extension", ext(0, 0, 0, 8, 0, 9, 0, 0), accepted, false},
		{"extensions counted but not flagged", change("ping", func(b []byte) { put16(b, offExtCount, 1) }), accepted, false},
		{"address without an end", change("ping", func(b []byte) { copy(b[offIP:], strings.Repeat("1", ipBytes)) }), accepted, false},
		{"bits nobody knows", change("ping", func(b []byte) {
			put16(b, offFlags, 0xf000)
			b[offState], b[offMessageFlags] = 7, 0xf8
		}), accepted, false},
		{"rubbish in unused bytes", change("ping with gossip", func(b []byte) {
			copy(b[offExtCount+2:offPlainPort], id)
			copy(b[offMessageFlags+1:], "xx")
			copy(b[HeaderBytes+GossipBytes-2:], "xx")
		}), accepted, false},
	}
}

func TestDamagedFrames(t *testing.T) {
	for _, c := range damages() {
		var f Frame
		err := f.Parse(c.wire)
		if got := reactionTo(err); got != c.want {
			t.Errorf("%s: the frame is %s (%v), want %s", c.name, got, err, c.want)
		}
		if c.want == dropped && f.Type.String() == "unknown" {
			t.Errorf("%s: the type of a dropped frame is not known", c.name)
		}
	}
}

func reactionTo(err error) reaction {
	switch {
	case err == nil:
		return accepted
	case errors.Is(err, ErrDropped):
		return dropped
	case errors.Is(err, ErrSignature), errors.Is(err, ErrLength):
		return closed
	}
	return reaction("an error of no known kind: " + err.Error())
}

// TestUnknownExtensionsAreKeptOut: they are skipped, and what follows them is read.
func TestUnknownExtensionsAreKeptOut(t *testing.T) {
	known := examples()["ping with extensions"]
	wire := known.Append(nil)
	unknown := []byte{0, 0, 0, 16, 0, 4, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}
	wire = fit(slices.Insert(wire, HeaderBytes, unknown...))
	put16(wire, offExtCount, 6)
	var f Frame
	if err := f.Parse(wire); err != nil {
		t.Fatal(err)
	}
	if got, want := f.Append(nil), known.Append(nil); !bytes.Equal(got, want) {
		t.Errorf("the frame is written as\n%x\nwant\n%x", got, want)
	}
}

// TestServersReactTheSame sends the damaged frames to a real server, each with a sound ping behind it, and counts the pongs.
func TestServersReactTheSame(t *testing.T) {
	r := startRedis(t)
	good := examples()["ping"].Append(nil)
	for _, c := range damages() {
		if c.alone {
			continue
		}
		if got := reactionOf(t, r, c.wire, good); got != c.want {
			t.Errorf("%s: the frame is %s by redis-server, want %s", c.name, got, c.want)
		}
	}
}

func reactionOf(t *testing.T, r *redis, wire, good []byte) reaction {
	t.Helper()
	received, pongs := r.stat(t, "received"), r.stat(t, "pong_sent")
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.BusPort))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write(slices.Concat(wire, good)); err != nil {
		return closed
	}
	if _, err := readFrame(conn); err != nil {
		return closed
	}
	// Frames are counted as received even when they are dropped.
	eventually(t, "the server to have seen both frames", func() bool { return r.stat(t, "received") == received+2 })
	if r.stat(t, "pong_sent") == pongs+2 {
		return accepted
	}
	return dropped
}

// stat is the counter cluster_stats_messages_<name> of CLUSTER INFO, which is not shown while it is 0.
func (r *redis) stat(t *testing.T, name string) (count int) {
	t.Helper()
	for line := range strings.Lines(r.must(t, "CLUSTER INFO")) {
		if number, found := strings.CutPrefix(strings.TrimSpace(line), "cluster_stats_messages_"+name+":"); found {
			var err error
			if count, err = strconv.Atoi(number); err != nil {
				t.Fatal(err)
			}
		}
	}
	return count
}
