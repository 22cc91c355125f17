package rdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// list is a Visitor that writes down what it is shown, a line each.
type list struct {
	lines []string
	fail  error
}

func (l *list) Aux(key, value []byte) {
	l.lines = append(l.lines, fmt.Sprintf("aux %s=%s", key, value))
}

func (l *list) Function(source []byte) error {
	l.lines = append(l.lines, fmt.Sprintf("function %s", source))
	return nil
}

func (l *list) Key(key []byte, v keyspace.Value) error {
	l.lines = append(l.lines, fmt.Sprintf("key %s=%s@%d", key, v.Str, v.ExpireAt))
	return l.fail
}

// file is a file of the version, with what digits says between header and end mark.
func file(t *testing.T, version, digits string) []byte {
	t.Helper()
	return appendChecksum(append(append([]byte(magic+version), unhex(t, digits)...), opEnd))
}

func TestWriter(t *testing.T) {
	w := NewWriter(WriterOptions{})
	w.Aux("redis-ver", "7.2.0")
	w.Aux("repl-offset", "300")
	w.Begin(2, 1)
	w.Key([]byte("a"), text("hello"))
	w.Key([]byte("12"), keyspace.Value{Kind: keyspace.String, Str: []byte("70000"), ExpireAt: 0x0102030405})
	want := string(file(t, "0009", `fa 09 72656469732d766572 05 372e322e30  fa 0b 7265706c2d6f6666736574 c1 2c01
		fe 00 fb 02 01  00 01 61 05 68656c6c6f  fc 0504030201000000 00 c0 0c c2 70110100`))
	got := w.Finish()
	if string(got) != want {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	var seen list
	if err := Read(got, &seen); err != nil {
		t.Error(err)
	}
	if got, want := fmt.Sprint(seen.lines), "[aux redis-ver=7.2.0 aux repl-offset=300 key a=hello@0 key 12=70000@4328719365]"; got != want {
		t.Errorf("read back: %s, want %s", got, want)
	}
}

func TestRead(t *testing.T) {
	const key = "00 01 61 01 62" // a = b
	for name, c := range map[string]struct{ version, digits, want string }{
		"empty":                    {"0012", "", "[]"},
		"version 5":                {"0005", key, "[key a=b@0]"},
		"idle time and frequency":  {"0009", "f8 4123 " + key + "f9 05" + key, "[key a=b@0 key a=b@0]"},
		"expiry holds for one key": {"0010", "fc e803000000000000 f8 01" + key + key, "[key a=b@1000 key a=b@0]"},
		"expiry in seconds":        {"0010", "fd 02000000" + key, "[key a=b@2000]"},
		"expiry in 1969":           {"0010", "fd feffffff" + key, "[key a=b@-2000]"},
		"expiry -1 is never":       {"0010", "fc ffffffffffffffff" + key, "[key a=b@0]"},
		"expiry 0 is long ago":     {"0010", "fc 0000000000000000" + key, "[key a=b@1]"},
		"function":                 {"0010", "f5 0a 23216c7561206e616d65" + key, "[function #!lua name key a=b@0]"},
		"slot info":                {"0012", "fe 00 f4 7fff 01 00" + key, "[key a=b@0]"},
		"module":                   {"0010", "f7 8100000000000000 ff 02 01 01 0a 02 0b 03 00000000 04 0000000000000000 05 01 78 00" + key, "[key a=b@0]"},
		"compressed key":           {"0009", "00 c3 09 28 016161e01b00016161 c0 ff", "[key " + strings.Repeat("a", 40) + "=-1@0]"},
	} {
		var seen list
		if err := Read(file(t, c.version, c.digits), &seen); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := fmt.Sprint(seen.lines); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestReadWithoutChecksum(t *testing.T) {
	var seen list
	b := append([]byte("REDIS0003\x00\x01a\x01b"), opEnd)
	if err := Read(b, &seen); err != nil || len(seen.lines) != 1 {
		t.Errorf("version 3: %v, %v", seen.lines, err)
	}
	b = append([]byte("REDIS0009\x00\x01a\x01b"), opEnd)
	if err := Read(append(b, make([]byte, checksumBytes)...), &seen); err != nil || len(seen.lines) != 2 {
		t.Errorf("zero checksum: %v, %v", seen.lines, err)
	}
}

func TestReadErrors(t *testing.T) {
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"empty":              {nil, "offset 0: no RDB file: it does not begin with REDIS"},
		"other magic":        {[]byte("VALKEY080\xff"), "offset 9: no RDB file"},
		"version 0":          {[]byte("REDIS0000\xff"), `RDB version "0000" cannot be read, only 0001 to 0012`},
		"version 13":         {[]byte("REDIS0013\xff"), `RDB version "0013"`},
		"version +009":       {[]byte("REDIS+009\xff"), `RDB version "+009"`},
		"no checksum":        {[]byte("REDIS0009\xff123456"), "ends before its checksum"},
		"wrong checksum":     {append([]byte("REDIS0009\x00\x01a\x01b\xff"), "12345678"...), "the checksum is wrong"},
		"no end mark":        {append([]byte("REDIS0009\x00\x01a\x01b"), make([]byte, 8)...), "offset 14: more should follow"},
		"bytes behind":       {append([]byte("REDIS0009\xff.."), make([]byte, 8)...), "offset 10: 2 bytes behind the end mark"},
		"database 3":         {file(t, "0009", "fe 03"), "offset 11: keys of database 3: a cluster has database 0 only"},
		"opcode 243":         {file(t, "0009", "f3"), "offset 10: the unknown opcode 243"},
		"opcode 246":         {file(t, "0009", "f6"), "release candidate"},
		"stream":             {file(t, "0009", "00 01 61 01 62 13 01 73 00"), `key "s" at offset 14 is of type 19 (stream): only strings, lists,`},
		"list twice as long": {file(t, "0009", "01 01 6c 80 00000100 01 78"), "256 elements should follow, 3 bytes are left"},
		"type 99":            {file(t, "0009", "63 01 6c"), `key "l" at offset 9 is of type 99 (unknown)`},
		"half a key":         {file(t, "0009", "00 05 61"), "offset 11: 5 bytes should follow, 2 are left"},
		"no value":           {file(t, "0009", "00 01 61"), "offset 13: a text in the unknown encoding 0xff"}, // which is the end mark
		"encoding as number": {file(t, "0009", "fb c0 00"), "encoding of a text where a number should be"},
		"unknown part":       {file(t, "0009", "f7 01 06"), "unknown part 6 in the data of a module"},
		"endless module":     {file(t, "0009", "f7 01 02 01"), "offset 14: the encoding of a text"},
	} {
		if err := Read(c.b, &list{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestReadStopsWithVisitor(t *testing.T) {
	stop := errors.New("stop")
	seen := list{fail: stop}
	if err := Read(file(t, "0009", "00 01 61 01 62 00 01 63 01 64"), &seen); err != stop || len(seen.lines) != 1 {
		t.Errorf("%v after %v", err, seen.lines)
	}
}

// TestReadPrefixes reads a file that has everything in it cut off at every place.
func TestReadPrefixes(t *testing.T) {
	whole := file(t, "0012", `fa 01 61 01 62 fe 00 fb 02 01 f4 00 01 01 f5 01 66 f7 01 02 01 00
		fc e803000000000000 f8 01 f9 05 00 01 61 c3 09 28 016161e01b00016161 fd 01000000 00 01 62 c2 00000001`)
	if err := Read(whole, &list{}); err != nil {
		t.Fatal(err)
	}
	body := whole[:len(whole)-checksumBytes]
	for n := range body {
		if err := Read(append(bytes.Clone(body[:n]), make([]byte, checksumBytes)...), &list{}); err == nil {
			t.Errorf("the first %d bytes are accepted", n)
		}
	}
}

func FuzzRead(f *testing.F) {
	w := NewWriter(WriterOptions{})
	w.Aux("redis-ver", "7.2.0")
	w.Begin(2, 1)
	w.Key([]byte("a"), text("hello"))
	w.Key([]byte("b"), keyspace.Value{Kind: keyspace.String, Str: []byte("-1"), ExpireAt: 1})
	written := w.Finish()
	f.Add(written[magicBytes : len(written)-1-checksumBytes])
	f.Add([]byte("\xf7\x01\x02\x01\x00\xf5\x01f\xf4\x00\x01\x01\xf8\x01\xf9\x05\x00\x01a\xc3\x09\x28\x01aa\xe0\x1b\x00\x01aa"))
	f.Add([]byte("\x01\x01l\x01\x01x"))
	f.Fuzz(func(t *testing.T, parts []byte) {
		Read(parts, &list{})
		b := append(append([]byte("REDIS0012"), parts...), opEnd)
		b = binary.LittleEndian.AppendUint64(b, 0)
		seen := contents{keys: map[string]keyspace.Value{}, aux: map[string]string{}}
		if err := Read(b, &seen); err != nil {
			return
		}
		w := NewWriter(WriterOptions{})
		w.Begin(len(seen.keys), 0)
		for key, v := range seen.keys {
			w.Key([]byte(key), v)
		}
		again := contents{keys: map[string]keyspace.Value{}, aux: map[string]string{}}
		if err := Read(w.Finish(), &again); err != nil {
			t.Fatal(err)
		}
		compare(t, again.keys, seen.keys)
	})
}
