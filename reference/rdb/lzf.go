package rdb

// lzfGainMax bounds what LZF can gain: three bytes stand for at most 264, the longest repetition there is. A text that
// claims to be longer is refused before memory is set aside for it.
const lzfGainMax = 88

// unpackLZF fills text with what is compressed in packed. It reports false unless that fits exactly. The format (spec
// 9.5): a control byte below 32 has one more literal bytes behind it than it says. Any other has a length in its upper
// three bits, continued in the next byte if all three are set, and in its lower five and the byte that follows how far
// back the bytes begin that are repeated.
func unpackLZF(text, packed []byte) bool {
	at := 0 // in text
	for len(packed) > 0 {
		control := int(packed[0])
		packed = packed[1:]
		if control < 32 {
			n := control + 1
			if n > len(packed) || n > len(text)-at {
				return false
			}
			at += copy(text[at:], packed[:n])
			packed = packed[n:]
			continue
		}
		n := control>>5 + 2
		if n == 7+2 && len(packed) > 0 {
			n += int(packed[0])
			packed = packed[1:]
		}
		if len(packed) == 0 {
			return false
		}
		from := at - (control&31<<8 | int(packed[0])) - 1
		packed = packed[1:]
		if from < 0 || n > len(text)-at {
			return false
		}
		for end := at + n; at < end; { // what is repeated may reach into the repetition
			at += copy(text[at:end], text[from:at])
		}
	}
	return at == len(text)
}
