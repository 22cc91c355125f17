package rdb

import (
	"bytes"
	"slices"
	"testing"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// TestLibrariesComeBack: what AppendLibraries wrote ParseLibraries reads, and nothing that was changed.
func TestLibrariesComeBack(t *testing.T) {
	for _, sources := range [][][]byte{nil, {[]byte("one")}, {[]byte("one"), []byte("12345"), nil, bytes.Repeat([]byte("long "), 5000)}} {
		payload := AppendLibraries([]byte("before"), sources)[len("before"):]
		got, err := ParseLibraries(payload)
		if err != nil || !slices.EqualFunc(got, sources, bytes.Equal) {
			t.Errorf("%d sources come back as %d: %v", len(sources), len(got), err)
		}
		payload[0] ^= 1
		if _, err := ParseLibraries(payload); err != ErrChecksum {
			t.Errorf("a damaged payload: %v", err)
		}
	}
	if _, err := ParseLibraries(AppendDump(nil, keyspace.Value{Kind: keyspace.String, Str: []byte("x")})); err != errNoLibrary {
		t.Errorf("the payload of a key: %v", err)
	}
}

// FuzzParseLibraries: no payload, damaged in whatever way, breaks the reader, and what it reads can be written.
func FuzzParseLibraries(f *testing.F) {
	f.Add(AppendLibraries(nil, [][]byte{[]byte("#!lua name=a"), []byte("7")})[:20])
	f.Add([]byte{opFunction, encodedLZF, 4, 5, 1, 2, 3, 4})
	f.Fuzz(func(t *testing.T, body []byte) {
		payload := append(bytes.Clone(body), byte(Version), 0)
		payload = appendChecksum(payload)
		sources, err := ParseLibraries(payload)
		if err != nil {
			return
		}
		again, err := ParseLibraries(AppendLibraries(nil, sources))
		if err != nil || !slices.EqualFunc(again, sources, bytes.Equal) {
			t.Errorf("%d libraries come back as %d: %v", len(sources), len(again), err)
		}
	})
}
