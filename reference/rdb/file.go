package rdb

import (
	"errors"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// Writer builds an RDB file: Aux, then Begin, then each Key, then Finish.
type Writer struct{ buf []byte }

// NewWriter returns a Writer that appends to dst, beginning with the header.
func NewWriter(dst []byte) *Writer { return &Writer{buf: append(dst, "REDIS0009"...)} }

// Aux adds a field about the file as a whole. Readers skip names they do not know.
func (w *Writer) Aux(key, value string) {}

// Begin opens database 0 and tells how many keys will follow, and how many of them have an expiry.
func (w *Writer) Begin(keys, expires int) {}

// Key adds a key with its value and expiry.
func (w *Writer) Key(key []byte, v keyspace.Value) {}

// Finish adds the end mark and the checksum and returns the file, behind what NewWriter was given.
func (w *Writer) Finish() []byte { return w.buf }

// Visitor receives what Read finds, in the order of the file. The slices are valid during the call only.
type Visitor interface {
	Aux(key, value []byte)
	// Key gets a key of database 0. Its error ends the reading and is returned by Read.
	Key(key []byte, v keyspace.Value) error
	// Function gets the source of a function library.
	Function(source []byte)
}

// Read reads a whole RDB file.
func Read(b []byte, v Visitor) error { return errors.New("reading RDB files is being written") }
