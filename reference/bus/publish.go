package bus

import "encoding/binary"

// publishHeadBytes: a publish message begins with the lengths of channel and message, 4 bytes each; both follow.
const publishHeadBytes = 8

func (f *Frame) parsePublish(body []byte) error {
	if len(body) < publishHeadBytes {
		return drop("%v carries %d bytes, want at least %d", f.Type, len(body), publishHeadBytes)
	}
	channel := uint64(binary.BigEndian.Uint32(body))
	message := uint64(binary.BigEndian.Uint32(body[4:]))
	rest := body[publishHeadBytes:]
	if channel+message != uint64(len(rest)) {
		return drop("%v claims a channel of %d bytes and a message of %d in %d", f.Type, channel, message, len(rest))
	}
	f.Channel, f.Payload = rest[:channel:channel], rest[channel:]
	return nil
}

func (f *Frame) appendPublish(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(f.Channel)))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(f.Payload)))
	dst = append(dst, f.Channel...)
	return append(dst, f.Payload...)
}
