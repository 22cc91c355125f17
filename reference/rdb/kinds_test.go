package rdb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// elementTexts is elements at each edge of each way to pack them.
func elementTexts() []string {
	texts := []string{"", "a", "-", "-0", "007", "1.5", "hello"}
	for _, n := range []int64{0, 12, 13, 127, 128, 4095, 4096, 8191, 32767, 32768, 1<<23 - 1, 1 << 23, 1<<31 - 1, 1 << 31, 1<<63 - 1} {
		texts = append(texts, strconv.FormatInt(n, 10))
		if n != 0 {
			texts = append(texts, strconv.FormatInt(-n, 10), strconv.FormatInt(-n-1, 10))
		}
	}
	for _, n := range []int{20, 63, 64, 125, 126, 127, 253, 254, 4095, 4096, 9000, 16382, 16400} {
		texts = append(texts, strings.Repeat("x", n-1)+"y", noise(n))
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// noise is n bytes that cannot be compressed.
func noise(n int) string {
	r := rand.New(rand.NewPCG(uint64(n), 0))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

// kindCommands builds values of each kind, in each form a server keeps them: a command and its arguments behind the key.
func kindCommands() map[string][]string {
	commands := map[string][]string{}
	texts := elementTexts()
	var short, members, scored, fields []string
	for i, text := range texts {
		if len(text) <= 64 {
			short = append(short, text)
		}
		members = append(members, text)
		scored = append(scored, []string{"1", "-1.5", "0", "1e300", "-inf", "inf", "0.1", "3.0000000000000004", "17"}[i%9], text)
		fields = append(fields, text, texts[len(texts)-1-i])
	}
	commands["list of all"] = append([]string{"RPUSH"}, members...)
	commands["set of all"] = append([]string{"SADD"}, members...)
	commands["hash of all"] = append([]string{"HSET"}, fields...)
	commands["zset of all"] = append([]string{"ZADD"}, scored...)
	commands["short list"] = append([]string{"RPUSH"}, short...)
	for _, n := range []int{1, 3, 128, 129, 513, 3000} {
		list, set, texts, hash, zset := []string{"RPUSH"}, []string{"SADD"}, []string{"SADD"}, []string{"HSET"}, []string{"ZADD"}
		for i := range n {
			list = append(list, strconv.Itoa(i*i))
			set = append(set, strconv.Itoa(i*1000-n))
			texts = append(texts, fmt.Sprint("member ", i))
			hash = append(hash, fmt.Sprint("field ", i), strconv.Itoa(i))
			zset = append(zset, strconv.FormatFloat(float64(i%7)/3, 'g', -1, 64), fmt.Sprint("member ", i))
		}
		commands[fmt.Sprint("list of ", n)] = list
		commands[fmt.Sprint("set of integers ", n)] = set
		commands[fmt.Sprint("set of texts ", n)] = texts
		commands[fmt.Sprint("hash of ", n)] = hash
		commands[fmt.Sprint("zset of ", n)] = zset
	}
	return commands
}

// TestKindsAgainstRedis takes payloads of every kind from a real server, and gives them back in our form.
func TestKindsAgainstRedis(t *testing.T) {
	redis := startRedis(t, t.TempDir(), "--enable-debug-command", "yes")
	for name, command := range kindCommands() {
		redis.do("DEL", "theirs", "ours")
		redis.do(append([]string{command[0], "theirs"}, command[1:]...)...)
		v, err := ParseDump([]byte(redis.do("DUMP", "theirs")))
		if err != nil {
			t.Errorf("%s: their payload: %v", name, err)
			continue
		}
		if got, want := v.Object.Encoding(), redis.do("OBJECT", "ENCODING", "theirs"); got != want {
			t.Errorf("%s: encoding %s, theirs %s", name, got, want)
		}
		sameDigest(t, redis, name, v)
	}
}

// sameDigest restores v under another key and compares it with what the server has at "theirs".
func sameDigest(t *testing.T, redis *server, name string, v keyspace.Value) {
	t.Helper()
	if reply := redis.do("RESTORE", "ours", "0", string(AppendDump(nil, v)), "REPLACE"); reply != "OK" {
		t.Errorf("%s: RESTORE of our payload: %s", name, reply)
		return
	}
	if ours, theirs := redis.do("DEBUG", "DIGEST-VALUE", "ours"), redis.do("DEBUG", "DIGEST-VALUE", "theirs"); ours != theirs || len(ours) != 40 {
		t.Errorf("%s: digest %s, theirs %s", name, ours, theirs)
	}
	if ours, theirs := redis.do("TYPE", "ours"), redis.do("TYPE", "theirs"); ours != theirs {
		t.Errorf("%s: type %s, theirs %s", name, ours, theirs)
	}
}

// TestPackedFormsAgainstRedis restores payloads in the forms of older servers on a real one, and reads them ourselves.
func TestPackedFormsAgainstRedis(t *testing.T) {
	redis := startRedis(t, t.TempDir(), "--enable-debug-command", "yes")
	for name, body := range packedSamples() {
		redis.do("DEL", "theirs")
		if reply := redis.do("RESTORE", "theirs", "0", string(sealed(body))); reply != "OK" {
			t.Errorf("%s: RESTORE: %s", name, reply)
			continue
		}
		v, err := ParseDump(sealed(body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sameDigest(t, redis, name, v)
	}
}

// packedSamples is the bodies of payloads as Redis up to 6.2 wrote them, and others that 7.0 does not write but reads.
func packedSamples() map[string][]byte {
	texts := elementTexts()
	var few, pairs, scored []string
	for i, text := range texts {
		if len(text) < 300 {
			few = append(few, text)
			pairs = append(pairs, text, texts[len(texts)-1-i])
		}
	}
	for i, text := range few {
		scored = append(scored, text, []string{"1", "-7", "200000", "1.5", "inf", "-inf", "1e-9", "12"}[i%8])
	}
	zipped := func(kind byte, elements ...string) []byte { return appendText([]byte{kind}, ziplistOf(elements), nil) }
	quicklist := appendLength([]byte{typeListInZiplists}, 3)
	for _, part := range [][]string{few[:5], few[5:6], texts} {
		quicklist = appendText(quicklist, ziplistOf(part), nil)
	}
	mixed := appendLength([]byte{typeListInListpacks}, 2)
	mixed = appendText(appendLength(mixed, quicklistNodePlain), []byte(noise(9000)), nil)
	mixed = appendText(appendLength(mixed, quicklistNodeListpack), listpackOf("x", "-5"), nil)
	textScores := []byte{typeZSetText, 4}
	textScores = append(textScores, "\x01a\x031.5\x01b\xfe\x01c\xff\x01d\x06-1e-07"...)
	return map[string][]byte{
		"list in ziplist": zipped(typeListInZiplist, texts...), "hash in ziplist": zipped(typeHashInZiplist, pairs...),
		"zset in ziplist": zipped(typeZSetInZiplist, scored...), "list in ziplists": quicklist, "list in both": mixed,
		"zset with text scores": textScores,
		"hash in zipmap":        appendText([]byte{typeHashInZipmap}, zipmapOf("f", "v", "g", noise(200), "h", noise(300)), nil),
		"intset of 2":           []byte("\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\xfb\xff\x07\x00"),
		"intset of 4":           []byte("\x0b\x0c\x04\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00"),
		"intset of 8":           []byte("\x0b\x10\x08\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x80\x00\xff"),
		"hash in listpack":      appendText([]byte{typeHashInListpack}, listpackOf("f", "1", "g", "v"), nil),
	}
}

// ziplistOf packs elements as Redis up to 6.2 did: numbers in the shortest form they fit in.
func ziplistOf(elements []string) []byte {
	b := make([]byte, 10)
	tail, size := len(b), 0
	for _, e := range elements {
		tail = len(b)
		if size < 0xfe {
			b = append(b, byte(size))
		} else {
			b = binary.LittleEndian.AppendUint32(append(b, 0xfe), uint32(size))
		}
		n, err := strconv.ParseInt(e, 10, 64)
		switch isNumber := err == nil && strconv.FormatInt(n, 10) == e; {
		case isNumber && 0 <= n && n <= 12:
			b = append(b, 0xf1+byte(n))
		case isNumber && n == int64(int8(n)):
			b = append(b, 0xfe, byte(n))
		case isNumber && n == int64(int16(n)):
			b = binary.LittleEndian.AppendUint16(append(b, 0xc0), uint16(n))
		case isNumber && -1<<23 <= n && n < 1<<23:
			b = append(b, 0xf0, byte(n), byte(n>>8), byte(n>>16))
		case isNumber && n == int64(int32(n)):
			b = binary.LittleEndian.AppendUint32(append(b, 0xd0), uint32(n))
		case isNumber:
			b = binary.LittleEndian.AppendUint64(append(b, 0xe0), uint64(n))
		case len(e) < 1<<6:
			b = append(append(b, byte(len(e))), e...)
		case len(e) < 1<<14:
			b = append(append(b, 0x40|byte(len(e)>>8), byte(len(e))), e...)
		default:
			b = append(binary.BigEndian.AppendUint32(append(b, 0x80), uint32(len(e))), e...)
		}
		size = len(b) - tail
	}
	b = append(b, packedEnd)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	binary.LittleEndian.PutUint32(b[4:], uint32(tail))
	binary.LittleEndian.PutUint16(b[8:], uint16(len(elements)))
	return b
}

// listpackOf packs short texts and small numbers.
func listpackOf(elements ...string) []byte {
	b := make([]byte, 6)
	for _, e := range elements {
		start := len(b)
		if n, err := strconv.ParseInt(e, 10, 64); err == nil {
			b = append(b, 0xc0|byte(n>>8)&0x1f, byte(n))
		} else {
			b = append(append(b, 0x80|byte(len(e))), e...)
		}
		b = appendBackLength(b, len(b)-start)
	}
	b = append(b, packedEnd)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	binary.LittleEndian.PutUint16(b[4:], uint16(len(elements)))
	return b
}

// zipmapOf packs fields and values; each value has an unused byte behind it.
func zipmapOf(elements ...string) []byte {
	b := []byte{byte(len(elements) / 2)}
	for i, e := range elements {
		if len(e) < 0xfe {
			b = append(b, byte(len(e)))
		} else {
			b = binary.LittleEndian.AppendUint32(append(b, 0xfe), uint32(len(e)))
		}
		if i%2 == 1 {
			b = append(b, 1)
			b = append(append(b, e...), 0)
		} else {
			b = append(b, e...)
		}
	}
	return append(b, packedEnd)
}

// sampleObjects is a value of each kind.
func sampleObjects() []keyspace.Value {
	list, set, hash, zset := keyspace.NewList(), keyspace.NewSet(), keyspace.NewHash(), keyspace.NewZSet()
	for i, text := range []string{"a", "1", "-70000", "hello"} {
		list.PushBack([]byte(text))
		set.Add([]byte(text))
		hash.Set([]byte(text), []byte("v"))
		zset.Set([]byte(text), float64(i)/3)
	}
	return []keyspace.Value{keyspace.ObjectValue(list), keyspace.ObjectValue(set), keyspace.ObjectValue(hash), keyspace.ObjectValue(zset)}
}

// badObjects are the bodies of values of many elements that are not sound. Some claim to be huge.
var badObjects = map[string]string{
	"empty list":                   "01 00",
	"empty set":                    "02 00",
	"empty hash":                   "04 00",
	"empty zset":                   "05 00",
	"empty quicklist":              "12 00",
	"empty listpack":               "10 07 07000000 0000 ff",
	"4 Gi elements":                "01 80ffffffff 00",
	"16 Ei elements":               "01 81ffffffffffffffff 00",
	"16 Ei fields":                 "04 81ffffffffffffffff 00",
	"16 Ei members":                "05 81ffffffffffffffff 00",
	"16 Ei nodes":                  "12 81ffffffffffffffff 00",
	"a member twice":               "02 02 0161 0161",
	"a field twice":                "04 02 0161 0162 0161 0163",
	"a scored member twice":        "05 02 0161 0000000000000000 0161 0000000000000000",
	"NaN":                          "05 01 0161 000000000000f87f",
	"NaN as text":                  "03 01 0161 fd",
	"a score that is none":         "03 01 0161 0178",
	"half a score":                 "05 01 0161 00000000",
	"unknown form of a node":       "12 01 03 0161",
	"listpack of odd length":       "10 0a 0a000000 0100 8161 02 ff",
	"listpack too short":           "10 05 0c000000 02",
	"listpack without end":         "12 01 02 09 09000000 0100 8161 02",
	"listpack of another size":     "12 01 02 0a 0b000000 0100 8161 02 ff",
	"listpack of another count":    "12 01 02 0a 0a000000 0200 8161 02 ff",
	"listpack, wrong back length":  "12 01 02 0a 0a000000 0100 8161 03 ff",
	"listpack, element of 4 GiB":   "12 01 02 0e 0e000000 0100 f0ffffffff 6161 02 ff",
	"listpack, unknown encoding":   "12 01 02 0a 0a000000 0100 f561 02 ff",
	"listpack, end in the middle":  "12 01 02 0b 0b000000 0100 8161 02 ff ff",
	"ziplist too short":            "0a 04 00000000",
	"ziplist of another size":      "0a 0e 0d000000 0a000000 0100 000161 ff",
	"ziplist, wrong tail":          "0a 0e 0e000000 0b000000 0100 000161 ff",
	"ziplist of another count":     "0a 0e 0e000000 0a000000 0200 000161 ff",
	"ziplist, wrong previous size": "0a 0e 0e000000 0a000000 0100 010161 ff",
	"ziplist, unknown encoding":    "0a 0d 0d000000 0a000000 0100 0081 ff",
	"ziplist, element of 4 GiB":    "0a 12 12000000 0a000000 0100 00 80ffffffff 61 ff",
	"intset of width 3":            "0b 0b 03000000 01000000 010000",
	"intset of another count":      "0b 0a 02000000 02000000 0100",
	"intset of 4 Gi":               "0b 0a 02000000 ffffffff 0100",
	"intset out of order":          "0b 0c 02000000 02000000 0200 0100",
	"intset with a number twice":   "0b 0c 02000000 02000000 0100 0100",
	"zipmap without end":           "09 05 01 0161 00 00",
	"zipmap, value of 4 GiB":       "09 09 01 0161 feffffffff 00 ff",
}

func TestBadObjects(t *testing.T) {
	const runs = 100
	for name, digits := range badObjects {
		payload := sealed(unhex(t, digits))
		if v, err := ParseDump(payload); err != ErrFormat {
			t.Errorf("%s: %s, %v", name, show(v), err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			ParseDump(payload)
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > 2000 {
			t.Errorf("%s: allocates %d bytes", name, got)
		}
	}
}

// TestBadObjectsAgainstRedis proves that a real server, told to look closely, refuses the same.
func TestBadObjectsAgainstRedis(t *testing.T) {
	redis := startRedis(t, t.TempDir(), "--sanitize-dump-payload", "yes")
	for name, digits := range badObjects {
		want := "ERR " + ErrFormat.Error()
		if name == "half a score" {
			want = "OK" // version and checksum were taken for the rest of it
		}
		if reply := redis.do("RESTORE", "k", "0", string(sealed(unhex(t, digits))), "REPLACE"); reply != want {
			t.Errorf("%s: %s", name, reply)
		}
	}
}

// TestDamagedObjectsAgainstRedis changes payloads at random: what we read, a real server that looks closely reads as
// the same.
func TestDamagedObjectsAgainstRedis(t *testing.T) {
	redis := startRedis(t, t.TempDir(), "--sanitize-dump-payload", "yes", "--enable-debug-command", "yes")
	var bodies [][]byte
	for _, body := range packedSamples() {
		if len(body) < 1000 {
			bodies = append(bodies, body)
		}
	}
	for _, v := range sampleObjects() {
		payload := AppendDump(nil, v)
		bodies = append(bodies, payload[:len(payload)-footerBytes])
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	accepted, refused := 0, 0
	for range 5000 {
		body := bytes.Clone(bodies[r.IntN(len(bodies))])
		for range 1 + r.IntN(2) {
			body[1+r.IntN(len(body)-1)] ^= 1 << r.IntN(8)
		}
		v, err := ParseDump(sealed(body))
		redis.do("DEL", "theirs")
		reply := redis.do("RESTORE", "theirs", "0", string(sealed(body)))
		switch {
		case err != nil && reply == "OK":
			refused++ // we look more closely still
		case err == nil && reply != "OK":
			t.Fatalf("seed %#x: %x is %s, the server says %s", seed, body, show(v), reply)
		case err == nil:
			accepted++
			sameDigest(t, redis, fmt.Sprintf("seed %#x: %x", seed, body), v)
		}
		if t.Failed() {
			return
		}
	}
	if accepted < 500 || refused > 500 {
		t.Errorf("of 5000 damaged payloads %d were read, %d refused that the server reads", accepted, refused)
	}
}

// TestFilesWithKinds reads a file of a real server with keys of every kind, and starts another on the file we write of
// them: they have the same data set.
func TestFilesWithKinds(t *testing.T) {
	dir := t.TempDir()
	redis := startRedis(t, dir, "--enable-debug-command", "yes")
	for name, command := range kindCommands() {
		redis.do(append([]string{command[0], name}, command[1:]...)...)
		if len(name)%2 == 0 {
			redis.do("PEXPIREAT", name, "9999999999999")
		}
	}
	got := contents{keys: map[string]keyspace.Value{}, aux: map[string]string{}}
	if err := Read(redis.save(dir), &got); err != nil {
		t.Fatal(err)
	}
	w := NewWriter(WriterOptions{Compress: true})
	w.Begin(len(got.keys), 0)
	var file []byte
	for key, v := range got.keys {
		w.Key([]byte(key), v)
		file = append(file, w.Take()...)
	}
	ours := t.TempDir()
	if err := os.WriteFile(filepath.Join(ours, "dump.rdb"), append(file, w.Finish()...), 0o600); err != nil {
		t.Fatal(err)
	}
	other := startRedis(t, ours, "--enable-debug-command", "yes")
	if ours, theirs := other.do("DEBUG", "DIGEST"), redis.do("DEBUG", "DIGEST"); ours != theirs || len(ours) != 40 {
		t.Errorf("digest %s, theirs %s", ours, theirs)
	}
}

// TestEmptyValuesInFiles leaves them out, as Redis does.
func TestEmptyValuesInFiles(t *testing.T) {
	file := append([]byte("REDIS0009"), typeList, 1, 'k', 0, typeString, 1, 's', 1, 'x', opEnd)
	got := contents{keys: map[string]keyspace.Value{}, aux: map[string]string{}}
	if err := Read(appendChecksum(file), &got); err != nil || len(got.keys) != 1 || string(got.keys["s"].Str) != "x" {
		t.Errorf("%v, %v", got.keys, err)
	}
}

func TestBackLengths(t *testing.T) {
	for n, want := range map[int]string{
		1: "01", 127: "7f", 128: "0180", 16382: "7ffe", 16383: "00ffff", 2097150: "7ffffe", 2097151: "00ffffff",
		math.MaxInt32: "07ffffffff",
	} {
		if got := fmt.Sprintf("%x", appendBackLength(nil, n)); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
