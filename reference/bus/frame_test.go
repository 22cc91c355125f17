package bus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// examples are valid frames of every type, with the fields set as Parse sets them.
func examples() map[string]*Frame {
	header := Header{
		Port: 7000, PlainPort: 7001, BusPort: 17000,
		CurrentEpoch: 1 << 40, ConfigEpoch: 7, Offset: math.MaxUint64,
		Sender: idOf("a1"), Primary: idOf("b2"), IP: "2001:db8::1",
		Flags: FlagMyself | FlagReplica | FlagNoFailover, Down: true, Message: Paused | ForceAck,
	}
	header.Slots.AddRange(0, 8)
	header.Slots.Add(slot.Count - 1)
	gossip := []Gossip{
		{idOf("c3"), 0, 1700000000, "10.0.0.1", 1, 2, 3, FlagPrimary | FlagMigrateTo},
		{idOf("d4"), math.MaxUint32, 0, "", 0, 0, 0, FlagReplica | FlagPFail | FlagFail},
	}
	all := Extensions{
		Present: true, Hostname: "seven77", HasHostname: true, Nodename: "eight888", HasNodename: true,
		Forgotten: []Forgotten{{idOf("e5"), 60}, {idOf("f6"), 1 << 50}}, ShardID: idOf("5d"),
	}
	frames := map[string]*Frame{
		"ping":                  {Header: Header{Type: TypePing}},
		"ping with gossip":      {Header: Header{Type: TypePing}, Gossip: gossip},
		"ping with extensions":  {Header: Header{Type: TypePing}, Ext: all},
		"pong with all":         {Header: Header{Type: TypePong}, Gossip: gossip, Ext: all},
		"meet that understands": {Header: Header{Type: TypeMeet}, Ext: Extensions{Present: true}},
		"pong of no name": {Header: Header{Type: TypePong}, Ext: Extensions{
			Present: true, HasHostname: true, HasNodename: true,
		}},
		"fail":          {Header: Header{Type: TypeFail}, Failed: idOf("c3")},
		"publish":       {Header: Header{Type: TypePublish}, Channel: []byte("channel"), Payload: []byte("hello")},
		"empty publish": {Header: Header{Type: TypePublish}, Channel: []byte{}, Payload: []byte{}},
		"publishshard":  {Header: Header{Type: TypePublishShard}, Channel: []byte("c"), Payload: make([]byte, 5000)},
		"auth-req":      {Header: Header{Type: TypeAuthRequest}},
		"auth-ack":      {Header: Header{Type: TypeAuthAck}},
		"update":        {Header: Header{Type: TypeUpdate}, Update: Update{9, idOf("c3"), header.Slots}},
		"mfstart":       {Header: Header{Type: TypeMFStart}},
		"module":        {Header: Header{Type: TypeModule}, Module: Module{0x0102030405060708, 9, []byte("data")}},
		"unknown":       {Header: Header{Type: Type(TypeCount)}, Payload: []byte("from the future")},
	}
	for _, f := range frames {
		kind := f.Type
		f.Header = header
		f.Type = kind
		if f.Ext.Present {
			f.Message |= ExtData
		}
	}
	return frames
}

func TestRoundTrip(t *testing.T) {
	var got Frame // one for all: nothing of the last frame may be left in the next
	for range 2 {
		for name, want := range examples() {
			wire := want.Append([]byte("before"))[len("before"):]
			if n, err := Length(wire); n != len(wire) || err != nil {
				t.Fatalf("%s: Length is %d and %v, want %d", name, n, err, len(wire))
			}
			if err := got.Parse(wire); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if a, b := plain(&got), plain(want); !reflect.DeepEqual(a, b) {
				t.Errorf("%s comes back as\n%+v\nwant\n%+v", name, a, b)
			}
			if again := got.Append(nil); !bytes.Equal(again, wire) {
				t.Errorf("%s is written as\n%x\nand then as\n%x", name, wire, again)
			}
		}
	}
}

func TestLengthsOfTheSpecification(t *testing.T) {
	want := map[string]int{
		"ping": 2256, "ping with gossip": 2464, "fail": 2296, "publish": 2256 + 8 + 12, "auth-req": 2256, "auth-ack": 2256,
		"update": 4352, "mfstart": 2256, "module": 2256 + 13 + 4, "meet that understands": 2256,
		"ping with extensions": 2256 + 16 + 24 + 2*56 + 48, "pong of no name": 2256 + 16 + 16,
	}
	frames := examples()
	for name, n := range want {
		if got := len(frames[name].Append(nil)); got != n {
			t.Errorf("%s has %d bytes, want %d", name, got, n)
		}
	}
}

// TestEveryPrefixIsRefused: as it is, and with its length made to fit, so that the checks behind the first one are reached.
func TestEveryPrefixIsRefused(t *testing.T) {
	for name, frame := range examples() {
		wire := frame.Append(nil)
		for n := range wire {
			var f Frame
			if err := f.Parse(wire[:n]); !errors.Is(err, ErrLength) {
				t.Fatalf("%s: the first %d of %d bytes give %v, want ErrLength", name, n, len(wire), err)
			}
			if n < HeadBytes || frame.Type == Type(TypeCount) && n >= HeaderBytes {
				continue
			}
			want := ErrDropped
			if n < HeaderBytes {
				want = ErrLength
			}
			if err := f.Parse(fit(bytes.Clone(wire[:n]))); !errors.Is(err, want) {
				t.Fatalf("%s: cut to %d of %d bytes gives %v, want %v", name, n, len(wire), err, want)
			}
		}
	}
}

func TestLength(t *testing.T) {
	for _, c := range []struct {
		name string
		head string
		n    int
		err  error
	}{
		{"nothing", "", 0, nil},
		{"not enough", "RCmb\x00\x00\x00", 0, nil},
		{"not enough to tell", "XXXX\x00\x00\x00", 0, nil},
		{"the shortest", "RCmb\x00\x00\x08\xd0", 2256, nil},
		{"too short", "RCmb\x00\x00\x08\xcf", 0, ErrLength},
		{"zero", "RCmb\x00\x00\x00\x00", 0, ErrLength},
		{"the longest", "RCmb\x20\x00\x08\xd8", MaxFrameBytes, nil},
		{"too long", "RCmb\x20\x00\x08\xd9", 0, ErrLength},
		{"of a client", "*1\r\n$4\r\nPING\r\n", 0, ErrSignature},
		{"of another protocol", "RCmB\x00\x00\x08\xd0", 0, ErrSignature},
	} {
		if n, err := Length([]byte(c.head)); n != c.n || !errors.Is(err, c.err) {
			t.Errorf("%s: %d and %v, want %d and %v", c.name, n, err, c.n, c.err)
		}
	}
}

// TestNothingIsAllocated: a node reads and writes thousands of these a second.
func TestNothingIsAllocated(t *testing.T) {
	wire := examples()["pong with all"].Append(nil)
	var f Frame
	dst := make([]byte, 0, len(wire))
	work := func() {
		if err := f.Parse(wire); err != nil {
			t.Fatal(err)
		}
		dst = f.Append(dst[:0])
	}
	if allocs := testing.AllocsPerRun(100, work); allocs != 0 {
		t.Errorf("parsing and appending a pong allocates %v times, want 0", allocs)
	}
	if !bytes.Equal(dst, wire) {
		t.Error("and it comes back different")
	}
}

// TestPeek: no sound frame is longer than its header lets expect, and it is known whose it is.
func TestPeek(t *testing.T) {
	for name, f := range examples() {
		wire := f.Append(nil)
		o := Peek(wire[:HeaderBytes])
		if o.Type != f.Type || o.Sender != f.Sender || o.Longest < len(wire) {
			t.Errorf("%s: %d bytes of a %v from %v, outlined as %+v", name, len(wire), f.Type, f.Sender, o)
		}
	}
	vote := change("auth-req", func([]byte) {})
	if o := Peek(vote); o.Longest != len(vote) {
		t.Errorf("a vote request may be %d bytes long, want %d", o.Longest, len(vote))
	}
}

// TestClaimsCostNothing: a short frame that claims a lot must not make us allocate for it.
func TestClaimsCostNothing(t *testing.T) {
	const maxBytes = 64 << 10
	wires := map[string][]byte{
		"gossip":     change("ping", func(b []byte) { put16(b, offGossipCount, math.MaxUint16) }),
		"extensions": change("meet that understands", func(b []byte) { put16(b, offExtCount, math.MaxUint16) }),
		"publish":    change("publish", func(b []byte) { put32(b, HeaderBytes, math.MaxUint32) }),
		"module":     change("module", func(b []byte) { put32(b, HeaderBytes+8, math.MaxUint32) }),
	}
	for name, wire := range wires {
		var before, after runtime.MemStats
		var f Frame
		runtime.ReadMemStats(&before)
		err := f.Parse(wire)
		runtime.ReadMemStats(&after)
		if spent := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, ErrDropped) || spent > maxBytes {
			t.Errorf("%s: %v and %d bytes allocated, want ErrDropped and at most %d", name, err, spent, maxBytes)
		}
	}
}

func TestInternedTextsAreBounded(t *testing.T) {
	var keep texts
	for i := range 3 * maxInternedTexts {
		name := strconv.Itoa(i)
		if got := keep.intern([]byte(name)); got != name {
			t.Fatalf("%q became %q", name, got)
		}
		if len(keep.seen) > maxInternedTexts {
			t.Fatalf("%d texts are kept, want at most %d", len(keep.seen), maxInternedTexts)
		}
	}
	kept := len(keep.seen)
	if keep.intern(make([]byte, maxInternedBytes+1)); len(keep.seen) != kept {
		t.Error("a text longer than any name is kept")
	}
}

// TestTooLongFieldsAreCut: Append cannot fail, so what does not fit is cut to what does.
func TestTooLongFieldsAreCut(t *testing.T) {
	f := examples()["pong with all"]
	f.IP = strings.Repeat("1", 100)
	f.Gossip[0].IP = strings.Repeat("2", 46)
	f.Ext.Hostname = strings.Repeat("h", 1<<17)
	f.Ext.Forgotten = make([]Forgotten, 1<<16)
	f.Gossip = append(f.Gossip, make([]Gossip, 1<<16)...)
	var got Frame
	if err := got.Parse(f.Append(nil)); err != nil {
		t.Fatal(err)
	}
	if got.IP != f.IP[:45] || got.Gossip[0].IP != f.Gossip[0].IP[:45] || got.Ext.Hostname != f.Ext.Hostname[:maxExtTextBytes] {
		t.Errorf("texts have %d, %d and %d bytes", len(got.IP), len(got.Gossip[0].IP), len(got.Ext.Hostname))
	}
	if len(got.Gossip) != 65535 || len(got.Ext.Forgotten) != 65532 || got.Ext.ShardID != f.Ext.ShardID {
		t.Errorf("%d entries and %d forgotten nodes", len(got.Gossip), len(got.Ext.Forgotten))
	}
}

// TestExtensionsNeedNoFlag: a sender that sets a name or an id gets it sent, with the message flag.
func TestExtensionsNeedNoFlag(t *testing.T) {
	f := Frame{Ext: Extensions{Hostname: "h", Nodename: "n", ShardID: idOf("5d")}}
	var got Frame
	if err := got.Parse(f.Append(nil)); err != nil {
		t.Fatal(err)
	}
	want := Extensions{
		Present: true, Hostname: "h", HasHostname: true, Nodename: "n", HasNodename: true, ShardID: idOf("5d"),
	}
	if got.Ext.Forgotten = nil; !reflect.DeepEqual(got.Ext, want) || !got.Message.Has(ExtData) {
		t.Errorf("the extensions are %+v with flags %v, want %+v", got.Ext, got.Message, want)
	}
}

func TestString(t *testing.T) {
	frames := examples()
	for name, want := range map[string]string{
		"ping with gossip":     "ping from a1a1",
		"ping with extensions": " gossip 0 hostname seven77 nodename eight888 forget e5e5",
		"fail":                 " failed c3c3",
		"publish":              ` channel "channel" message of 5 bytes`,
		"update":               " owner c3c3",
		"module":               " module 0x102030405060708 type 9 of 4 bytes",
		"unknown":              "unknown from a1a1",
		"auth-req":             "epochs 1099511627776/7 offset 18446744073709551615 slots 10 of primary b2b2",
		"auth-ack":             " cluster down message flags 0x3",
	} {
		if got := frames[name].String(); !strings.Contains(got, want) || strings.Contains(got, "\n") {
			t.Errorf("%s is %q, want one line with %q", name, got, want)
		}
	}
}

func TestStringIsOneLine(t *testing.T) {
	f := Frame{Header: Header{Sender: idOf("\n\x1b")}, Ext: Extensions{Hostname: "a\nb", Nodename: "\r\xff"}}
	if got := f.String(); strings.ContainsAny(got, "\n\r\x1b") || !strings.Contains(got, "hostname a?b nodename ?") {
		t.Errorf("the line is %q", got)
	}
}

// FuzzParse: what is accepted is written so that it is accepted again, means the same, and is then written the same. The
// header has no bytes that could be refused but those that are given here, and would only slow the search down.
func FuzzParse(f *testing.F) {
	header := examples()["ping"].Append(nil)
	add := func(wire []byte) {
		if len(wire) >= HeaderBytes {
			be := binary.BigEndian
			f.Add(be.Uint16(wire[offVersion:]), be.Uint16(wire[offType:]), be.Uint16(wire[offGossipCount:]),
				be.Uint16(wire[offExtCount:]), wire[offMessageFlags], wire[HeaderBytes:])
		}
	}
	for _, frame := range examples() {
		add(frame.Append(nil))
	}
	for _, wire := range corpus(f) {
		add(wire)
	}
	for _, c := range damages() {
		add(c.wire)
	}
	f.Fuzz(func(t *testing.T, version, kind, gossip, extensions uint16, flags byte, body []byte) {
		wire := fit(slices.Concat(header, body))
		put16(wire, offVersion, version)
		put16(wire, offType, kind)
		put16(wire, offGossipCount, gossip)
		put16(wire, offExtCount, extensions)
		wire[offMessageFlags] = flags
		var first, second Frame
		if err := first.Parse(wire); err != nil {
			return
		}
		written := first.Append(nil)
		if err := second.Parse(written); err != nil {
			t.Fatalf("we cannot read what we wrote: %v\n%x", err, written)
		}
		if a, b := plain(&first), plain(&second); !reflect.DeepEqual(a, b) {
			t.Fatalf("we read\n%+v\nand after writing it\n%+v", a, b)
		}
		if again := second.Append(nil); !bytes.Equal(again, written) {
			t.Fatalf("we write\n%x\nand then\n%x", written, again)
		}
		if canonical(wire, &first) && !bytes.Equal(written, wire) {
			t.Fatalf("%x comes back as\n%x", wire, written)
		}
	})
}

// canonical reports whether every byte of a valid frame without extensions says something.
func canonical(wire []byte, f *Frame) bool {
	zero := func(from, to int) bool { return len(bytes.Trim(wire[from:to], "\x00")) == 0 }
	ok := !f.Message.Has(ExtData) && wire[offState] <= 1 && zero(offMessageFlags+1, HeaderBytes) &&
		zero(offExtCount, offPlainPort) && zero(offIP+len(f.IP), offExtCount)
	if !f.Type.HasGossip() {
		return ok && zero(offGossipCount, offGossipCount+2)
	}
	for i := range f.Gossip {
		at := HeaderBytes + i*GossipBytes
		ok = ok && zero(at+offGossipIP+len(f.Gossip[i].IP), at+offGossipPort) && zero(at+GossipBytes-2, at+GossipBytes)
	}
	return ok
}

func BenchmarkPing(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	f := examples()["ping with gossip"]
	f.Gossip = nil
	for range 10 {
		f.Gossip = append(f.Gossip, Gossip{IP: "10.0.0." + strconv.Itoa(r.IntN(255))})
	}
	wire := f.Append(nil)
	dst := make([]byte, 0, len(wire))
	var got Frame
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		if err := got.Parse(wire); err != nil {
			b.Fatal(err)
		}
		dst = got.Append(dst[:0])
	}
}

// plain is a frame without its memory.
func plain(f *Frame) Frame {
	p := *f
	p.texts = texts{}
	if len(p.Gossip) == 0 {
		p.Gossip = nil
	}
	if len(p.Ext.Forgotten) == 0 {
		p.Ext.Forgotten = nil
	}
	return p
}

// change damages an example and makes its length fit.
func change(name string, with func(b []byte)) []byte {
	wire := examples()[name].Append(nil)
	with(wire)
	return fit(wire)
}

// extend adds bytes to an example and makes its length fit.
func extend(name string, tail ...byte) []byte {
	return fit(append(examples()[name].Append(nil), tail...))
}

// fit writes a frame's true length into it.
func fit(wire []byte) []byte {
	put32(wire, offLength, uint32(len(wire)))
	return wire
}

func put16(b []byte, at int, n uint16) { binary.BigEndian.PutUint16(b[at:], n) }
func put32(b []byte, at int, n uint32) { binary.BigEndian.PutUint32(b[at:], n) }

func idOf(two string) NodeID { return NodeID([]byte(strings.Repeat(two, NodeIDBytes/2))) }
