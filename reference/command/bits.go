package command

import (
	"math"
	"math/bits"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// bitCommands treat strings as rows of bits: bit 0 is the highest of the first byte. bitfield.go has those that treat them
// as rows of numbers.
var bitCommands = []Command{
	{
		Name: "setbit", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "bitmap", Since: "2.2.0",
		Complexity: "O(N) in the length of the string", Summary: "Sets a bit and returns what it was", Run: setbit,
	},
	{
		Name: "getbit", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "bitmap", Since: "2.2.0",
		Complexity: "O(1)", Summary: "Returns a bit", Run: getbit,
	},
	{
		Name: "bitcount", Arity: -2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "bitmap", Since: "2.6.0",
		Complexity: "O(N) in the length of the range", Summary: "Counts the bits that are set", Run: bitcount,
	},
	{
		Name: "bitpos", Arity: -3, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "bitmap", Since: "2.8.7",
		Complexity: "O(N) in the length of the range", Summary: "Finds the first bit that is set, or the first that is not", Run: bitpos,
	},
	{
		Name: "bitop", Arity: -4, Flags: Write | DenyOOM, Group: "bitmap", Since: "2.6.0",
		Keys:       Keys{First: 2, Last: -1, Step: 1, Access: []Access{OverwriteKey | UpdatesValue, ReadKey | ReturnsValue}},
		Complexity: "O(N) in the length of the strings", Summary: "Joins strings bit by bit: AND, OR, XOR, NOT", Run: bitop,
	},
}

const errBitOffset = "ERR bit offset is not an integer or out of range"

// bitOffsetArg reads the place of a bit. With a width, #n stands for the n-th field of that width.
func (c *Call) bitOffsetArg(i, width int) (uint64, bool) {
	text := c.Args[i]
	unit := int64(1)
	if width > 0 && len(text) > 0 && text[0] == '#' {
		text, unit = text[1:], int64(width)
	}
	n, ok := resp.ParseInt(text)
	if high, low := bits.Mul64(uint64(n), uint64(unit)); n >= 0 && (high != 0 || low > math.MaxInt64) {
		ok = false
	}
	if n *= unit; !ok || n < 0 || !c.Session.Primary && n>>3 >= c.Config.Int("proto-max-bulk-len") {
		c.Error(errBitOffset)
		return 0, false
	}
	return uint64(n), true
}

// growString copies the string of a key into memory that may be changed, with zeros up to the byte with a bit. grown says
// that it was shorter, or not there.
func (c *Call) growString(key []byte, bit uint64) (b []byte, v keyspace.Value, grown, ok bool) {
	v, found, ok := c.lookupString(key)
	if !ok {
		return nil, v, false, false
	}
	b = append(c.scratch[:0], v.Str...)
	more := int(bit/8) + 1 - len(b)
	if more > 0 {
		b = append(b, make([]byte, more)...)
	}
	c.scratch = b
	return b, v, more > 0 || !found, true
}

// bitOf is one bit of a string, which has zeros behind its end.
func bitOf(b []byte, at uint64) int64 {
	if at/8 >= uint64(len(b)) {
		return 0
	}
	return int64(b[at/8] >> (7 - at%8) & 1)
}

func setbit(c *Call) {
	const notABit = "ERR bit is not an integer or out of range"
	at, ok := c.bitOffsetArg(2, 0)
	if !ok {
		return
	}
	bit, ok := c.rangeArg(3, 0, 1, notABit)
	if !ok {
		return
	}
	b, v, grown, ok := c.growString(c.Args[1], at)
	if !ok {
		return
	}
	was := bitOf(b, at)
	if grown || was != bit {
		b[at/8] = b[at/8]&^(1<<(7-at%8)) | byte(bit<<(7-at%8))
		c.Store(c.Args[1], keyspace.Value{Kind: keyspace.String, Str: b, ExpireAt: v.ExpireAt})
		c.Changed(1)
	}
	c.Reply.Int(was)
}

// readString finds the string of a key for reading, or replies that it holds something else.
func (c *Call) readString(key []byte) (s []byte, found, ok bool) {
	v, found := c.LookupRead(key)
	if found && v.Kind != keyspace.String {
		c.Error(errWrongType)
		return nil, found, false
	}
	return v.Str, found, true
}

func getbit(c *Call) {
	at, ok := c.bitOffsetArg(2, 0)
	if !ok {
		return
	}
	if s, _, ok := c.readString(c.Args[1]); ok {
		c.Reply.Int(bitOf(s, at))
	}
}

// bitRange is a part of a string, in bits; empty when from > to.
type bitRange struct{ from, to int64 }

// whole is the range of all bits of a string.
func whole(s []byte) bitRange { return bitRange{0, int64(len(s))*8 - 1} }

// ranged makes a range of two places that a client gave, in bytes or bits, negative ones counted from the end of s.
func ranged(s []byte, start, end int64, inBits bool) bitRange {
	size := int64(len(s))
	if inBits {
		size *= 8
	}
	if start < 0 {
		start = max(start+size, 0)
	}
	if end < 0 {
		end = max(end+size, 0)
	}
	end = min(end, size-1)
	if start > end {
		return bitRange{1, 0}
	}
	if inBits {
		return bitRange{start, end}
	}
	return bitRange{start * 8, end*8 + 7}
}

// unitArg reads BYTE or BIT.
func (c *Call) unitArg(i int) (inBits, ok bool) {
	switch {
	case is(c.Args[i], "BIT"):
		return true, true
	case is(c.Args[i], "BYTE"):
		return false, true
	}
	c.Error(errSyntax)
	return false, false
}

func bitcount(c *Call) {
	s, found, ok := c.readString(c.Args[1])
	if !ok {
		return
	}
	if !found {
		c.Reply.Int(0)
		return
	}
	r := whole(s)
	switch len(c.Args) {
	case 2:
	case 4, 5:
		start, ok := c.intArg(2)
		if !ok {
			return
		}
		end, ok := c.intArg(3)
		if !ok {
			return
		}
		if start < 0 && end < 0 && start > end {
			c.Reply.Int(0)
			return
		}
		inBits := false
		if len(c.Args) == 5 {
			if inBits, ok = c.unitArg(4); !ok {
				return
			}
		}
		r = ranged(s, start, end, inBits)
	default:
		c.Error(errSyntax)
		return
	}
	c.Reply.Int(countBits(s, r))
}

// countBits counts the bits of a range that are set.
func countBits(s []byte, r bitRange) (n int64) {
	for at := r.from; at <= r.to; {
		if at%8 == 0 && at+7 <= r.to {
			n += int64(bits.OnesCount8(s[at/8]))
			at += 8
			continue
		}
		n += bitOf(s, uint64(at))
		at++
	}
	return n
}

func bitpos(c *Call) {
	bit, ok := c.intArg(2)
	if !ok {
		return
	}
	if bit != 0 && bit != 1 {
		c.Error("ERR The bit argument must be 1 or 0.")
		return
	}
	s, found, ok := c.readString(c.Args[1])
	if !ok {
		return
	}
	if !found {
		c.Reply.Int(-bit)
		return
	}
	r, endGiven := whole(s), false
	switch len(c.Args) {
	case 3:
	case 4, 5, 6:
		start, ok := c.intArg(3)
		if !ok {
			return
		}
		inBits, end := false, int64(-1)
		if len(c.Args) == 6 {
			if inBits, ok = c.unitArg(5); !ok {
				return
			}
		}
		if len(c.Args) >= 5 {
			if end, ok = c.intArg(4); !ok {
				return
			}
			endGiven = true
		}
		r = ranged(s, start, end, inBits)
	default:
		c.Error(errSyntax)
		return
	}
	c.Reply.Int(findBit(s, r, bit, endGiven))
}

// findBit finds the first bit of a range that is as asked. Behind the end of a string there are zeros, unless the client
// said where to stop.
func findBit(s []byte, r bitRange, bit int64, endGiven bool) int64 {
	none := byte(0) // a byte in which there is no such bit
	if bit == 0 {
		none = 0xff
	}
	for at := r.from; at <= r.to; {
		if at%8 == 0 && at+7 <= r.to && s[at/8] == none {
			at += 8
			continue
		}
		if bitOf(s, uint64(at)) == bit {
			return at
		}
		at++
	}
	if bit == 0 && !endGiven && r.from <= r.to {
		return r.to + 1
	}
	return -1
}

func bitop(c *Call) {
	var join func(a, b byte) byte
	not := false
	switch word := c.Args[1]; {
	case is(word, "AND"):
		join = func(a, b byte) byte { return a & b }
	case is(word, "OR"):
		join = func(a, b byte) byte { return a | b }
	case is(word, "XOR"):
		join = func(a, b byte) byte { return a ^ b }
	case is(word, "NOT"):
		not = true
	default:
		c.Error(errSyntax)
		return
	}
	target, sources := c.Args[2], c.Args[3:]
	if not && len(sources) != 1 {
		c.Error("ERR BITOP NOT must be called with a single source key.")
		return
	}
	result := c.scratch[:0]
	for i, key := range sources {
		s, _, ok := c.readString(key)
		if !ok {
			return
		}
		if more := len(s) - len(result); more > 0 {
			result = append(result, make([]byte, more)...) // zeros, as behind the end of every shorter string
		}
		for at := range result {
			b := byte(0)
			if at < len(s) {
				b = s[at]
			}
			switch {
			case not:
				result[at] = ^b
			case i == 0:
				result[at] = b
			default:
				result[at] = join(result[at], b)
			}
		}
	}
	c.scratch = result
	switch {
	case len(result) > 0:
		c.Store(target, keyspace.Value{Kind: keyspace.String, Str: result})
		c.Changed(1)
	case c.Delete(target):
		c.Changed(1)
	}
	c.Reply.Int(int64(len(result)))
}
