// Package rdb reads and writes Redis's serialized values: DUMP payloads and whole RDB files.
package rdb

import (
	"encoding/binary"
	"errors"
	"hash/crc64"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// Version is the RDB version written: the oldest that has everything needed here, so that every server reads it.
const Version = 9

// Errors of ParseDump; the texts are what RESTORE answers after "ERR ".
var (
	ErrChecksum = errors.New("DUMP payload version or checksum are wrong")
	ErrFormat   = errors.New("Bad data format")
)

var crcTable = crc64.MakeTable(0x95ac9329ac4bc9b5)

// CRC64 continues the checksum crc, 0 to start, over b: CRC-64/Jones, 0xe9c6d914c4b8d9ca for "123456789".
func CRC64(crc uint64, b []byte) uint64 { return ^crc64.Update(^crc, crcTable, b) }

// AppendDump appends the DUMP payload of v. The expiry is no part of it.
func AppendDump(dst []byte, v keyspace.Value) []byte {
	start := len(dst)
	dst = append(dst, 0, 0x80)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.Str)))
	dst = append(dst, v.Str...)
	dst = binary.LittleEndian.AppendUint16(dst, Version)
	return binary.LittleEndian.AppendUint64(dst, CRC64(0, dst[start:]))
}

// ParseDump reads a DUMP payload. The value may alias payload. The error is, or wraps, ErrChecksum or ErrFormat.
func ParseDump(payload []byte) (keyspace.Value, error) {
	if len(payload) < 10 || CRC64(0, payload[:len(payload)-8]) != binary.LittleEndian.Uint64(payload[len(payload)-8:]) {
		return keyspace.Value{}, ErrChecksum
	}
	if len(payload) < 16 || payload[0] != 0 || payload[1] != 0x80 {
		return keyspace.Value{}, ErrFormat
	}
	return keyspace.Value{Kind: keyspace.String, Str: payload[6 : len(payload)-10]}, nil
}
