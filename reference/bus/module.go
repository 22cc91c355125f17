package bus

import "encoding/binary"

// A module message begins with 13 bytes:
//
//	0   8  module id, in the byte order of the sender's machine
//	8   4  length of the data
//	12  1  the module's own message type
const moduleHeadBytes = 13

// Module is a message from a module to the same module elsewhere. The bus does not look into it.
type Module struct {
	ID   uint64 // as a little-endian machine sends it
	Kind uint8
	Data []byte
}

func (m *Module) parse(body []byte) error {
	if len(body) < moduleHeadBytes {
		return drop("module carries %d bytes, want at least %d", len(body), moduleHeadBytes)
	}
	data := body[moduleHeadBytes:]
	if n := binary.BigEndian.Uint32(body[8:]); uint64(n) != uint64(len(data)) {
		return drop("module claims %d bytes of data and has %d", n, len(data))
	}
	m.ID = binary.LittleEndian.Uint64(body)
	m.Kind = body[12]
	m.Data = data
	return nil
}

func (m *Module) append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, m.ID)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(m.Data)))
	dst = append(dst, m.Kind)
	return append(dst, m.Data...)
}
