// Package rdb reads and writes Redis' serialized values: the payloads of DUMP and RESTORE, and RDB files, as they are
// loaded at start-up and sent to replicas (spec 8.4 and 9.5).
//
// It writes version 9 in plain forms, which every server from Redis 5 on reads, and reads what Redis up to 7.4 and Valkey
// 8 write. What is read may come from anywhere: no length is believed before it was compared with what is there.
package rdb

import (
	"encoding/binary"
	"errors"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// Versions of the format.
const (
	Version    = 9  // written
	VersionMax = 12 // read: Redis 7.4
)

// The errors of ParseDump. Their texts are what RESTORE answers behind "ERR ", hence the capital letter.
var (
	ErrChecksum = errors.New("DUMP payload version or checksum are wrong")
	ErrFormat   = errors.New("Bad data format") //lint:ignore ST1005 Redis' text

	errNoLibrary  = errors.New("given type is not a function")
	errBadLibrary = errors.New("failed loading the given functions payload")
)

// footerBytes is the end of a payload: version and checksum, both little endian.
const footerBytes = 2 + 8

// AppendDump appends the DUMP payload of v, whose expiry is no part of it: type byte, value, version, checksum.
func AppendDump(dst []byte, v keyspace.Value) []byte {
	start := len(dst)
	dst = appendValue(append(dst, typeOf(v)), v, nil)
	dst = binary.LittleEndian.AppendUint16(dst, Version)
	return binary.LittleEndian.AppendUint64(dst, CRC64(0, dst[start:]))
}

// ValueLen is how many bytes a value takes in a snapshot, without its type (Redis: rdbSavedObjectLen).
func ValueLen(v keyspace.Value, compress bool) int {
	var pack *packer
	if compress {
		pack = new(packer)
	}
	return len(appendValue(nil, v, pack))
}

// ParseDump reads a DUMP payload. A string may be a part of payload. The error is ErrChecksum, ErrFormat, or an
// *UnsupportedError, which is an ErrFormat as well. As with Redis, bytes between the value and the footer do not
// matter.
func ParseDump(payload []byte) (keyspace.Value, error) {
	body, err := openEnvelope(payload)
	if err != nil {
		return keyspace.Value{}, err
	}
	in := input{b: body}
	kind, err := in.oneByte()
	if err != nil {
		return keyspace.Value{}, ErrFormat
	}
	v, err := in.value(kind)
	if err == nil {
		return v, nil
	}
	if unsupported := new(UnsupportedError); errors.As(err, &unsupported) {
		return keyspace.Value{}, err
	}
	return keyspace.Value{}, ErrFormat
}

// openEnvelope looks at version and checksum of a payload and cuts them off.
func openEnvelope(payload []byte) (body []byte, err error) {
	n := len(payload) - footerBytes
	if n < 0 || binary.LittleEndian.Uint16(payload[n:]) > VersionMax || binary.LittleEndian.Uint64(payload[n+2:]) != CRC64(0, payload[:n+2]) {
		return nil, ErrChecksum
	}
	return payload[:n], nil
}
