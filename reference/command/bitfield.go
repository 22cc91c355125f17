package command

import (
	"math"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// bitfieldCommands treat a string as a row of numbers of any width up to 64 bits.
var bitfieldCommands = []Command{
	{
		Name: "bitfield", Arity: -2, Flags: Write | DenyOOM, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue | Varies), Group: "bitmap",
		Since: "3.2.0", Complexity: "O(N) in the length of the string", Summary: "Reads, sets and adds to numbers in a string", Run: bitfield,
	},
	{
		Name: "bitfield_ro", Arity: -2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "bitmap", Since: "6.0.0",
		Complexity: "O(1) for each number", Summary: "Reads numbers in a string", Run: bitfield,
	},
}

// overflow is what happens to a number that does not fit.
type overflow uint8

const (
	wrap overflow = iota // only the low bits are kept
	saturate
	fail // nothing is changed
)

// bitNumber is one number in a string, and what is to be done with it.
type bitNumber struct {
	verb     byte // g, s, i: GET, SET, INCRBY
	signed   bool
	width    int
	at       uint64
	operand  int64
	overflow overflow
}

const errBitType = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."

// bitTypeArg reads a type such as i16.
func (c *Call) bitTypeArg(i int) (signed bool, width int, ok bool) {
	text := cString(c.Args[i], math.MaxInt)
	if len(text) > 0 && (text[0] == 'i' || text[0] == 'u') {
		signed = text[0] == 'i'
		most := int64(63)
		if signed {
			most = 64
		}
		if n, ok := resp.ParseInt(text[1:]); ok && 1 <= n && n <= most {
			return signed, int(n), true
		}
	}
	c.Error(errBitType)
	return false, 0, false
}

// bitNumbers reads the operations of a request.
func (c *Call) bitNumbers() (list []bitNumber, ok bool) {
	mode := wrap
	for i := 2; i < len(c.Args); {
		word, more := c.Args[i], len(c.Args)-i-1
		n := bitNumber{overflow: mode}
		switch {
		case is(word, "GET") && more >= 2:
			n.verb = 'g'
		case is(word, "SET") && more >= 3:
			n.verb = 's'
		case is(word, "INCRBY") && more >= 3:
			n.verb = 'i'
		case is(word, "OVERFLOW") && more >= 1:
			switch word := c.Args[i+1]; {
			case is(word, "WRAP"):
				mode = wrap
			case is(word, "SAT"):
				mode = saturate
			case is(word, "FAIL"):
				mode = fail
			default:
				c.Error("ERR Invalid OVERFLOW type specified")
				return nil, false
			}
			i += 2
			continue
		default:
			c.Error(errSyntax)
			return nil, false
		}
		if n.signed, n.width, ok = c.bitTypeArg(i + 1); !ok {
			return nil, false
		}
		if n.at, ok = c.bitOffsetArg(i+2, n.width); !ok {
			return nil, false
		}
		i += 3
		if n.verb != 'g' {
			if n.operand, ok = c.intArg(i); !ok {
				return nil, false
			}
			i++
		}
		list = append(list, n)
	}
	return list, true
}

func bitfield(c *Call) {
	numbers, ok := c.bitNumbers()
	if !ok {
		return
	}
	reads, last := true, uint64(0)
	for _, n := range numbers {
		if n.verb != 'g' {
			reads, last = false, max(last, n.at+uint64(n.width)-1)
		}
	}
	if reads {
		s, _, ok := c.readString(c.Args[1])
		if !ok {
			return
		}
		c.Reply.Array(len(numbers))
		for _, n := range numbers {
			c.Reply.Int(n.read(s))
		}
		return
	}
	if c.Cmd.Flags.Has(ReadOnly) {
		c.Error("ERR BITFIELD_RO only supports the GET subcommand")
		return
	}
	b, v, grown, ok := c.growString(c.Args[1], last)
	if !ok {
		return
	}
	changes := 0
	c.Reply.Array(len(numbers))
	for _, n := range numbers {
		old := n.read(b)
		if n.verb == 'g' {
			c.Reply.Int(old)
			continue
		}
		next, fits := n.next(old)
		switch {
		case !fits && n.overflow == fail:
			c.Reply.Null()
			continue
		case n.verb == 's':
			c.Reply.Int(old)
		default:
			c.Reply.Int(next)
		}
		n.write(b, next)
		if grown || old != next {
			changes++
		}
	}
	if changes > 0 {
		c.Store(c.Args[1], keyspace.Value{Kind: keyspace.String, Str: b, ExpireAt: v.ExpireAt})
		c.Changed(changes)
	}
}

// read is the number's value in a string, which has zeros behind its end.
func (n *bitNumber) read(s []byte) int64 {
	var value uint64
	for i := range uint64(n.width) {
		value = value<<1 | uint64(bitOf(s, n.at+i))
	}
	return n.extend(value)
}

// write puts a value into a string that is long enough.
func (n *bitNumber) write(b []byte, value int64) {
	for i := range n.width {
		at := n.at + uint64(i)
		bit := byte(value >> (n.width - 1 - i) & 1)
		b[at/8] = b[at/8]&^(1<<(7-at%8)) | bit<<(7-at%8)
	}
}

// extend makes a number of its low bits.
func (n *bitNumber) extend(low uint64) int64 {
	free := 64 - n.width
	if n.signed {
		return int64(low<<free) >> free
	}
	return int64(low << free >> free)
}

// limits are the least and the greatest number of the type.
func (n *bitNumber) limits() (least, most int64) {
	if n.signed {
		return -1 << (n.width - 1), 1<<(n.width-1) - 1
	}
	return 0, 1<<n.width - 1
}

// next is the value after SET or INCRBY, and whether it fits without what OVERFLOW says.
func (n *bitNumber) next(old int64) (value int64, fits bool) {
	base, operand := old, n.operand
	least, most := n.limits()
	if n.verb == 's' {
		base = 0
		if !n.signed && operand < 0 { // SET takes it as an unsigned number, which is too great
			if n.overflow == saturate {
				return most, false
			}
			return n.extend(uint64(operand)), false
		}
	}
	over := operand > 0 && base > most-operand
	under := operand < 0 && (n.signed && base < least-operand || !n.signed && operand < -base)
	switch {
	case !over && !under:
		return base + operand, true
	case n.overflow != saturate:
		return n.extend(uint64(base) + uint64(operand)), false
	case over:
		return most, false
	}
	return least, false
}
