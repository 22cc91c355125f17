package rdb

// packedTextMin is the length up to which a text is never packed: it could not become shorter (Redis: rdbSaveRawString).
const packedTextMin = 20

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

// The limits of a repetition in LZF.
const (
	lzfLengthMin   = 3
	lzfLengthMax   = 264
	lzfDistanceMax = 1 << 13
	lzfLiteralsMax = 32
)

// packer compresses texts with LZF. It remembers where it last saw three bytes, under their hash.
type packer struct {
	seen [1 << 13]int32 // place in the text, counted from base
	base int32          // what is smaller is of an earlier text
	buf  []byte
}

// appendText appends a text packed, or plain where packing gains nothing.
func (p *packer) appendText(dst, text []byte) []byte {
	p.pack(text)
	if len(p.buf)+4 > len(text) { // 4 bytes for the additional length, as in Redis
		return append(appendLength(dst, uint64(len(text))), text...)
	}
	dst = appendLength(append(dst, encodedLZF), uint64(len(p.buf)))
	return append(appendLength(dst, uint64(len(text))), p.buf...)
}

// pack leaves in buf what unpackLZF makes text of. It takes the first repetition it finds, and the last place it has seen.
func (p *packer) pack(text []byte) {
	p.buf = p.buf[:0]
	if p.base > 1<<30-int32(min(len(text), 1<<30)) || p.base == 0 {
		p.seen, p.base = [len(p.seen)]int32{}, 1
	}
	literal := 0 // where the bytes begin that are not written yet
	at := 0
	for at+lzfLengthMin < len(text) {
		three := uint32(text[at])<<16 | uint32(text[at+1])<<8 | uint32(text[at+2])
		place := &p.seen[three*0x9E3779B1>>(32-13)]
		from := int(*place - p.base)
		*place = p.base + int32(at)
		if from < 0 || at-from > lzfDistanceMax || text[from] != text[at] || text[from+1] != text[at+1] || text[from+2] != text[at+2] {
			at++
			continue
		}
		n := lzfLengthMin
		for n < lzfLengthMax && at+n < len(text) && text[from+n] == text[at+n] {
			n++
		}
		p.literals(text[literal:at])
		p.repetition(n, at-from)
		at += n
		literal = at
	}
	p.literals(text[literal:])
	p.base += int32(min(len(text), 1<<30))
}

func (p *packer) literals(b []byte) {
	for len(b) > 0 {
		n := min(len(b), lzfLiteralsMax)
		p.buf = append(append(p.buf, byte(n-1)), b[:n]...)
		b = b[n:]
	}
}

func (p *packer) repetition(n, distance int) {
	back := distance - 1
	if n -= lzfLengthMin - 1; n < 7 {
		p.buf = append(p.buf, byte(n<<5|back>>8), byte(back))
		return
	}
	p.buf = append(p.buf, byte(7<<5|back>>8), byte(n-7), byte(back))
}
