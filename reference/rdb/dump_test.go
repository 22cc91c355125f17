package rdb

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc64"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

func text(s string) keyspace.Value { return keyspace.Value{Kind: keyspace.String, Str: []byte(s)} }

// appendChecksum ends a payload or a file with the checksum of all of it.
func appendChecksum(b []byte) []byte { return binary.LittleEndian.AppendUint64(b, CRC64(0, b)) }

func unhex(t *testing.T, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCRC64(t *testing.T) {
	if got := CRC64(0, []byte("123456789")); got != 0xe9c6d914c4b8d9ca {
		t.Errorf("check value %#x", got)
	}
	table := crc64.MakeTable(0x95ac9329ac4bc9b5)
	b := bytes.Repeat([]byte("The quick brown fox. "), 10)
	for n := range b {
		want := ^crc64.Update(^uint64(0), table, b[:n])
		if got := CRC64(0, b[:n]); got != want {
			t.Errorf("%d bytes: %#x, want %#x", n, got, want)
		}
		if got := CRC64(CRC64(0, b[:n/3]), b[n/3:n]); got != want {
			t.Errorf("%d bytes in two pieces: %#x, want %#x", n, got, want)
		}
	}
}

// TestRedisPayloads is the table of spec 8.4: what redis-server 7.0.15 answers to DUMP.
func TestRedisPayloads(t *testing.T) {
	for _, c := range []struct {
		text, body, footer string
		packed             bool
	}{
		{"hello", "00 05 68656c6c6f", "0a00 6372df766534200a", false},
		{"12345", "00 c1 3930", "0a00 9d94ea2793fc08b9", false},
		{"-1", "00 c0 ff", "0a00 0c937e2485089dc5", false},
		{strings.Repeat("a", 40), "00 c3 09 28 016161e01b00016161", "0a00 cf092faaae25831d", true},
	} {
		v, err := ParseDump(unhex(t, c.body+c.footer))
		if err != nil || v.Kind != keyspace.String || string(v.Str) != c.text {
			t.Errorf("%q: read as %q, %v", c.text, v.Str, err)
		}
		if c.packed {
			continue
		}
		got := AppendDump([]byte("before"), text(c.text))
		want := appendChecksum(append(unhex(t, c.body), Version, 0))
		if string(got) != "before"+string(want) {
			t.Errorf("%q: written as %x, want %x", c.text, got, want)
		}
	}
}

// TestRedisPayloadsOfKinds is the rest of that table.
func TestRedisPayloadsOfKinds(t *testing.T) {
	for want, payload := range map[string]string{
		"list [a 1]":      "12 01 02 0c 0c000000 0200 8161 02 0101 ff 0a00 94962b23ac17aa85",
		"set [1 2]":       "0b 0c 02000000 02000000 0100 0200 0a00 6f7938b134eb202e",
		"set [a]":         "02 01 01 61 0a00 6296e97e44d21a6d",
		"hash [f v]":      "10 0d 0d000000 0200 8166 02 8176 02 ff 0a00 20f13d442354089d",
		"zset [m 1.5]":    "11 0f 0f000000 0200 816d 02 83312e35 04 ff 0a00 49d9876078254e8a",
		"zset [m -Inf]":   hex.EncodeToString(sealed(unhex(t, "03 01 01 6d ff"))),
		"zset [m 0.5]":    hex.EncodeToString(sealed(unhex(t, "03 01 01 6d 03 302e35"))),
		"list [abc]":      hex.EncodeToString(sealed(unhex(t, "12 01 01 03 616263"))),
		"hash [a  bc de]": hex.EncodeToString(sealed(unhex(t, "09 0d 02 01 61 00 00 02 6263 02 00 6465 ff"))),
		"set [-5 x]":      hex.EncodeToString(sealed(unhex(t, "14 0d 0d000000 0200 dffb 02 8178 02 ff"))),
	} {
		v, err := ParseDump(unhex(t, payload))
		if got := show(v); err != nil || got != want {
			t.Errorf("%s: read as %s, %v", want, got, err)
		}
	}
}

// show lists the elements of a value.
func show(v keyspace.Value) string {
	var elements []string
	switch o := v.Object.(type) {
	case *keyspace.List:
		for e := range o.All() {
			elements = append(elements, string(e))
		}
	case *keyspace.Set:
		for m := range o.All() {
			elements = append(elements, string(m))
		}
		slices.Sort(elements)
	case *keyspace.Hash:
		for f, v := range o.All() {
			elements = append(elements, string(f), string(v))
		}
	case *keyspace.ZSet:
		for m, score := range o.All() {
			elements = append(elements, string(m), strconv.FormatFloat(score, 'g', -1, 64))
		}
	}
	return fmt.Sprint(v.Kind, " ", elements)
}

// TestOtherTypes proves that what we do not hold is not mistaken for what we do.
func TestOtherTypes(t *testing.T) {
	for kind, name := range map[byte]string{7: "module value", 19: "stream", 24: "hash with field expiry", 200: "unknown", 8: "unknown"} {
		_, err := ParseDump(sealed([]byte{kind, 0}))
		var unsupported *UnsupportedError
		if !errors.As(err, &unsupported) || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), fmt.Sprintf("type %d (%s)", kind, name)) {
			t.Errorf("%d: %v", kind, err)
		}
	}
}

func TestBadPayloads(t *testing.T) {
	good := AppendDump(nil, text("hello"))
	for n := range good {
		if _, err := ParseDump(good[:n]); err != ErrChecksum {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			if _, err := ParseDump(bad); err != ErrChecksum {
				t.Errorf("bit %d of byte %d changed: %v", bit, i, err)
			}
		}
	}
	version := func(n uint16) []byte {
		return appendChecksum(binary.LittleEndian.AppendUint16(bytes.Clone(good[:len(good)-footerBytes]), n))
	}
	for n, want := range map[uint16]error{0: nil, 9: nil, 12: nil, 13: ErrChecksum, 80: ErrChecksum, 0xff09: ErrChecksum} {
		if _, err := ParseDump(version(n)); err != want {
			t.Errorf("version %d: %v, want %v", n, err, want)
		}
	}
	unchecked := append(bytes.Clone(good[:len(good)-checksumBytes]), make([]byte, checksumBytes)...)
	if _, err := ParseDump(unchecked); err != ErrChecksum {
		t.Errorf("checksum 0: %v", err)
	}
}

// badTexts are the bytes of strings that are not sound. Some claim to be huge.
var badTexts = map[string]string{
	"nothing":                           "",
	"length without text":               "05",
	"text too short":                    "05 68656c6c",
	"half a length":                     "40",
	"half a length of 4 bytes":          "80 000000",
	"half a length of 8 bytes":          "81 00000000000000",
	"4 GiB":                             "80 ffffffff 00",
	"16 EiB":                            "81 ffffffffffffffff 00",
	"length of 9 EiB":                   "81 8000000000000000 00",
	"unknown form of a length":          "82 0000000000000000",
	"half an int16":                     "c1 00",
	"half an int32":                     "c2 000000",
	"unknown encoding":                  "c4 00",
	"compressed, no lengths":            "c3",
	"compressed, one length":            "c3 09",
	"compressed, lengths are encodings": "c3 c0 c0",
	"compressed, data too short":        "c3 09 28 016161e01b000161",
	"compressed, said to be shorter":    "c3 09 27 016161e01b00016161",
	"compressed, said to be longer":     "c3 09 29 016161e01b00016161",
	"compressed, said to be 16 EiB":     "c3 09 81ffffffffffffffff 016161e01b00016161",
	"compressed, more than can be":      "c3 03 4109 e0ff00",
	"compressed 16 EiB":                 "c3 81ffffffffffffffff 28 016161e01b00016161",
	"compressed, reaches back too far":  "c3 05 09 01 6161 a002",
	"compressed, ends in a repetition":  "c3 04 09 01 6161 e0",
	"compressed, ends in a long one":    "c3 05 0a 01 6161 e001",
	"compressed, ends in a control":     "c3 03 02 0061 e0",
	"compressed, literals missing":      "c3 03 05 046161",
}

func TestBadTexts(t *testing.T) {
	for name, digits := range badTexts {
		payload := sealed(append([]byte{typeString}, unhex(t, digits)...))
		if v, err := ParseDump(payload); err != ErrFormat {
			t.Errorf("%s: %q, %v", name, v.Str, err)
		}
	}
}

func TestLongestRepetition(t *testing.T) {
	want := strings.Repeat("ab", 133)
	v, err := ParseDump(sealed(unhex(t, "00 c3 06 410a 016162 e0ff01")))
	if err != nil || string(v.Str) != want {
		t.Errorf("%q, %v, want %q", v.Str, err, want)
	}
}

// TestClaimsCostNothing proves that nothing is allocated for a length that is only claimed, but what an error takes.
func TestClaimsCostNothing(t *testing.T) {
	const runs = 100
	for name, digits := range badTexts {
		payload := sealed(append([]byte{typeString}, unhex(t, digits)...))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			ParseDump(payload)
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > 1000 {
			t.Errorf("%s: allocates %d bytes", name, got)
		}
	}
}

func TestWritingNothingPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	AppendDump(nil, keyspace.Value{Kind: keyspace.None})
}

func FuzzParseDump(f *testing.F) {
	for _, s := range []string{"", "hello", "12345", "-1", "99999999999", strings.Repeat("a", 100)} {
		payload := AppendDump(nil, text(s))
		f.Add(payload[:len(payload)-footerBytes])
	}
	f.Add([]byte("\x00\xc3\x09\x28\x01aa\xe0\x1b\x00\x01aa"))
	for _, v := range sampleObjects() {
		payload := AppendDump(nil, v)
		f.Add(payload[:len(payload)-footerBytes])
	}
	for _, body := range packedSamples() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := ParseDump(body); err == nil && len(body) < footerBytes {
			t.Fatalf("%x is too short and accepted", body)
		}
		v, err := ParseDump(sealed(body))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("%x: %v", body, err)
			}
			return
		}
		if again, err := ParseDump(AppendDump(nil, v)); err != nil || !bytes.Equal(again.Str, v.Str) || show(again) != show(v) {
			t.Fatalf("%x: %q %s is written and read as %q %s, %v", body, v.Str, show(v), again.Str, show(again), err)
		}
	})
}

func FuzzDumpRoundTrip(f *testing.F) {
	for _, s := range []string{"", "0", "-0", "-1", "007", "2147483647", "2147483648", "hello"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := ParseDump(AppendDump(nil, keyspace.Value{Kind: keyspace.String, Str: b}))
		if err != nil || !bytes.Equal(v.Str, b) {
			t.Fatalf("%q is written and read as %q, %v", b, v.Str, err)
		}
	})
}

func FuzzUnpackLZF(f *testing.F) {
	f.Add([]byte("\x01aa\xe0\x1b\x00\x01aa"), 40)
	f.Add([]byte("\x01ab\xe0\xff\x01"), 266)
	f.Fuzz(func(t *testing.T, packed []byte, n int) {
		if n < 0 || n > 1<<16 {
			return
		}
		if unpackLZF(make([]byte, n), packed) && n > len(packed)*lzfGainMax {
			t.Fatalf("%d bytes became %d", len(packed), n)
		}
	})
}

// FuzzPack packs and unpacks texts one after the other with the same packer, as a file does.
func FuzzPack(f *testing.F) {
	f.Add([]byte("abcabcabcabcabcabcabcabcabcabc"), 3)
	f.Add([]byte("a"), 9000)
	f.Add([]byte("0123456789abcdefghijklmnopqrstuvwxyz"), 300)
	f.Fuzz(func(t *testing.T, piece []byte, times int) {
		text := bytes.Repeat(piece, max(0, min(times, 10_000/(len(piece)+1))))
		var p packer
		for _, text := range [][]byte{text, piece, text} {
			p.pack(text)
			if got := make([]byte, len(text)); !unpackLZF(got, p.buf) || !bytes.Equal(got, text) {
				t.Fatalf("%q is packed as %x, which is %q", text, p.buf, got)
			}
			in := input{b: p.appendText(nil, text)}
			if got, err := in.text(); err != nil || !bytes.Equal(got, text) {
				t.Fatalf("%q is read as %q, %v", text, got, err)
			}
		}
	})
}

func TestPackGains(t *testing.T) {
	var p packer
	text := []byte(strings.Repeat("clusterspec ", 100))
	if n := len(p.appendText(nil, text)); n > 60 {
		t.Errorf("%d bytes with many repetitions are packed into %d", len(text), n)
	}
	if got := appendText(nil, []byte("01234567890123456789"), &p); len(got) != 21 {
		t.Errorf("20 bytes are written as %x", got)
	}
}
