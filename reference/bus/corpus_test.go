package bus

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The frames in testdata were sent by real servers and recorded by TestRealFrames. A file is one frame in hexadecimal; "00*8"
// stands for eight times the byte 00, and "#" begins a comment.

func TestRecordedFrames(t *testing.T) {
	for name, wire := range corpus(t) {
		var f Frame
		if err := f.Parse(wire); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if kind := strings.TrimSuffix(filepath.Base(name), ".hex"); f.Type.String() != kind {
			t.Errorf("%s is a %v", name, f.Type)
		}
		if got := f.Append(nil); !bytes.Equal(got, wire) {
			t.Errorf("%s comes back as\n%s\nwant\n%s", name, appendHex(nil, got), appendHex(nil, wire))
		}
	}
}

// corpus reads the recorded frames, by file name.
func corpus(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*/*.hex")
	if err != nil || len(names) == 0 {
		t.Fatalf("no recorded frames: %v", err)
	}
	frames := make(map[string][]byte)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if frames[name], err = parseHex(string(text)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return frames
}

func parseHex(text string) ([]byte, error) {
	var wire []byte
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for _, word := range strings.Fields(line) {
			digits, times, repeated := strings.Cut(word, "*")
			count := 1
			if repeated {
				var err error
				if count, err = strconv.Atoi(times); err != nil {
					return nil, fmt.Errorf("reading %q: %w", word, err)
				}
			}
			b, err := hex.DecodeString(digits)
			if err != nil {
				return nil, fmt.Errorf("reading %q: %w", word, err)
			}
			wire = append(wire, bytes.Repeat(b, count)...)
		}
	}
	return wire, nil
}

// appendHex writes a frame in the form of testdata.
func appendHex(dst, wire []byte) []byte {
	const (
		longRun  = 16 // shorter runs are written out
		lineWide = 40
	)
	for len(wire) > 0 {
		if run := runLength(wire); run >= longRun {
			dst = fmt.Appendf(dst, "%02x*%d\n", wire[0], run)
			wire = wire[run:]
			continue
		}
		n := 1
		for n < len(wire) && n < lineWide && runLength(wire[n:]) < longRun {
			n++
		}
		dst = fmt.Appendf(dst, "%x\n", wire[:n])
		wire = wire[n:]
	}
	return dst
}

// runLength is how often the first byte of b is repeated at its head.
func runLength(b []byte) int {
	n := 1
	for n < len(b) && b[n] == b[0] {
		n++
	}
	return n
}
