package rdb

import "encoding/binary"

// Library adds the source of a function library. Libraries come before Begin.
func (w *Writer) Library(source []byte) { w.buf = appendLibrary(w.buf, source) }

func appendLibrary(dst, source []byte) []byte {
	return appendText(append(dst, opFunction), source, nil)
}

// AppendLibraries appends the payload of FUNCTION DUMP: the sources of libraries, version, checksum.
func AppendLibraries(dst []byte, sources [][]byte) []byte {
	start := len(dst)
	for _, source := range sources {
		dst = appendLibrary(dst, source)
	}
	dst = binary.LittleEndian.AppendUint16(dst, Version)
	return binary.LittleEndian.AppendUint64(dst, CRC64(0, dst[start:]))
}

// ParseLibraries reads a payload of FUNCTION DUMP. The error is ErrChecksum, or in the words FUNCTION RESTORE answers behind "ERR ".
func ParseLibraries(payload []byte) (sources [][]byte, err error) {
	body, err := openEnvelope(payload)
	if err != nil {
		return nil, err
	}
	for in := (input{b: body}); in.at < len(in.b); {
		if kind, _ := in.oneByte(); kind != opFunction {
			return nil, errNoLibrary
		}
		source, err := in.text()
		if err != nil {
			return nil, errBadLibrary
		}
		sources = append(sources, source)
	}
	return sources, nil
}
