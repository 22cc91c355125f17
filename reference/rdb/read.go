package rdb

import (
	"encoding/binary"
	"errors"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// Visitor receives what Read finds, in the order of the file. What it is given may be part of the file, and must not be
// changed.
type Visitor interface {
	Aux(key, value []byte)
	// Key gets a key, expired or not. An error ends the reading; Read returns it as it is.
	Key(key []byte, v keyspace.Value) error
	// Function gets the source of a function library. An error ends the reading, as with Key.
	Function(source []byte) error
}

// Read reads a whole RDB file. Its errors name the offset; a value of a kind that package keyspace does not hold is an
// *UnsupportedError. What comes before an error has been visited, but a file whose checksum is wrong shows nothing at
// all.
func Read(b []byte, v Visitor) error {
	r, err := NewReader(b, v, true)
	if err != nil {
		return err
	}
	_, err = r.Read(len(b))
	return err
}

// Reader reads an RDB file little by little.
type Reader struct {
	input
	visitor  Visitor
	complete bool
	expireAt clock.Millis // of the key that comes next, 0 for none
}

// NewReader looks at the header and, if verify is set, at the checksum.
func NewReader(b []byte, v Visitor, verify bool) (*Reader, error) {
	r := &Reader{input: input{b: b}, visitor: v}
	return r, r.envelope(verify)
}

// Offset is how many bytes have been read.
func (r *Reader) Offset() int { return r.at }

// Read visits what stands in the next n bytes, a little more, or less at the end of the file; complete says that this is
// reached.
func (r *Reader) Read(n int) (complete bool, err error) {
	for end := r.at + n; !r.complete && r.at < end; {
		if err := r.next(); err != nil {
			return false, err
		}
	}
	return r.complete, nil
}

// next reads one part.
func (r *Reader) next() error {
	part, err := r.oneByte()
	if err != nil {
		return err
	}
	if part != opEnd {
		return r.part(part)
	}
	if left := len(r.b) - r.at; left != 0 {
		return r.errorf("%d bytes behind the end mark", left)
	}
	r.complete = true
	return nil
}

// envelope reads the header, and compares and cuts off the checksum.
func (r *Reader) envelope(verify bool) error {
	header, err := r.take(uint64(magicBytes))
	if err != nil || string(header[:len(magic)]) != magic {
		return r.errorf("no RDB file: it does not begin with %s", magic)
	}
	version, err := strconv.ParseUint(string(header[len(magic):]), 10, 16)
	if err != nil || version == 0 || version > VersionMax {
		return r.errorf("RDB version %q cannot be read, only 0001 to %04d", header[len(magic):], VersionMax)
	}
	if version < checksumSince {
		return nil
	}
	end := len(r.b) - checksumBytes
	if end < r.at {
		return r.errorf("the file ends before its checksum")
	}
	// All zero means that the file was written without one (rdbchecksum no).
	if want := binary.LittleEndian.Uint64(r.b[end:]); verify && want != 0 && want != CRC64(0, r.b[:end]) {
		return r.errorf("the checksum is wrong: the file is damaged or incomplete")
	}
	r.b = r.b[:end]
	return nil
}

// part reads what begins with op.
func (r *Reader) part(op byte) error {
	switch op {
	case opAux:
		return r.aux()
	case opSelect:
		return r.database()
	case opResize:
		return r.skipNumbers(2)
	case opSlotInfo:
		return r.skipNumbers(3)
	case opExpireMillis, opExpire:
		return r.expiry(op)
	case opIdle:
		return r.skipNumbers(1)
	case opFreq:
		_, err := r.oneByte()
		return err
	case opFunction:
		source, err := r.text()
		if err == nil {
			err = r.visitor.Function(source)
		}
		return err
	case opModuleAux:
		return r.skipModule()
	case opFunctionPre:
		return r.errorf("a function in the form of a release candidate of Redis 7.0")
	}
	if op >= opFirst {
		return r.errorf("the unknown opcode %d", op)
	}
	return r.key(op)
}

func (r *Reader) aux() error {
	key, err := r.text()
	if err != nil {
		return err
	}
	value, err := r.text()
	if err == nil {
		r.visitor.Aux(key, value)
	}
	return err
}

func (r *Reader) database() error {
	n, err := r.number()
	if err == nil && n != 0 {
		err = r.errorf("keys of database %d: a cluster has database 0 only", n)
	}
	return err
}

// expiry reads when the next key expires. To Redis -1 is never, and everything else, even 0, is a time.
func (r *Reader) expiry(op byte) error {
	if op == opExpireMillis {
		b, err := r.take(8)
		if err != nil {
			return err
		}
		r.expireAt = clock.Millis(binary.LittleEndian.Uint64(b))
	} else {
		b, err := r.take(4)
		if err != nil {
			return err
		}
		r.expireAt = 1000 * clock.Millis(int32(binary.LittleEndian.Uint32(b)))
	}
	switch r.expireAt {
	case -1:
		r.expireAt = 0
	case 0:
		r.expireAt = 1
	}
	return nil
}

// key reads a key, whose type has been read.
func (r *Reader) key(kind byte) error {
	offset := r.at - 1
	key, err := r.text()
	if err != nil {
		return err
	}
	v, err := r.value(kind)
	v.ExpireAt, r.expireAt = r.expireAt, 0
	var unsupported *UnsupportedError
	switch {
	case errors.As(err, &unsupported):
		return &UnsupportedError{Type: kind, Key: key, Offset: offset}
	case err == errEmpty:
		return nil
	case err != nil:
		return err
	}
	return r.visitor.Key(key, v)
}

func (r *Reader) skipNumbers(n int) error {
	for range n {
		if _, err := r.number(); err != nil {
			return err
		}
	}
	return nil
}

// The parts of a module's data: each begins with a number that tells what follows.
const (
	moduleEnd = iota
	moduleSigned
	moduleUnsigned
	moduleFloat
	moduleDouble
	moduleText
)

// skipModule reads over the data of a module: its id, then parts up to the end mark.
func (r *Reader) skipModule() error {
	if err := r.skipNumbers(1); err != nil {
		return err
	}
	for {
		kind, err := r.number()
		if err != nil {
			return err
		}
		switch kind {
		case moduleEnd:
			return nil
		case moduleSigned, moduleUnsigned:
			err = r.skipNumbers(1)
		case moduleFloat:
			_, err = r.take(4)
		case moduleDouble:
			_, err = r.take(8)
		case moduleText:
			_, err = r.text()
		default:
			err = r.errorf("the unknown part %d in the data of a module", kind)
		}
		if err != nil {
			return err
		}
	}
}
