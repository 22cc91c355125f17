package command

import (
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// counterCommands count in strings.
var counterCommands = []Command{
	{
		Name: "incr", Arity: 2, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "string",
		Since: "1.0.0", Complexity: "O(1)", Summary: "Adds one to an integer", Run: func(c *Call) { add(c, 1) },
	},
	{
		Name: "decr", Arity: 2, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "string",
		Since: "1.0.0", Complexity: "O(1)", Summary: "Takes one from an integer", Run: func(c *Call) { add(c, -1) },
	},
	{
		Name: "incrby", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "string",
		Since: "1.0.0", Complexity: "O(1)", Summary: "Adds to an integer", Run: incrby,
	},
	{
		Name: "decrby", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "string",
		Since: "1.0.0", Complexity: "O(1)", Summary: "Takes from an integer", Run: decrby,
	},
	{
		Name: "incrbyfloat", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "string",
		Since: "2.6.0", Complexity: "O(1)", Summary: "Adds to a decimal number", Run: incrbyfloat,
	},
}

func incrby(c *Call) {
	if n, ok := c.intArg(2); ok {
		add(c, n)
	}
}

func decrby(c *Call) {
	n, ok := c.intArg(2)
	switch {
	case !ok:
	case n == math.MinInt64:
		c.Error("ERR decrement would overflow")
	default:
		add(c, -n)
	}
}

// add adds n to the integer a key holds; a key that does not exist holds 0.
func add(c *Call, n int64) {
	key := c.Args[1]
	v, found, ok := c.lookupString(key)
	if !ok {
		return
	}
	old := int64(0)
	if found {
		if old, ok = resp.ParseInt(v.Str); !ok {
			c.Error(errNotInteger)
			return
		}
	}
	if addOverflows(old, n) {
		c.Error(errOverflow)
		return
	}
	c.scratch = strconv.AppendInt(c.scratch[:0], old+n, 10)
	c.Store(key, keyspace.Value{Kind: keyspace.String, Str: c.scratch, ExpireAt: v.ExpireAt})
	c.Changed(1)
	c.Reply.Int(old + n)
}

// addOverflows says whether a sum is no 64-bit integer.
func addOverflows(a, b int64) bool {
	return b < 0 && a < math.MinInt64-b || b > 0 && a > math.MaxInt64-b
}

func incrbyfloat(c *Call) {
	key := c.Args[1]
	v, found, ok := c.lookupString(key)
	if !ok {
		return
	}
	sum := new(big.Float).SetPrec(floatPrecision)
	if found && !parseFloat(sum, v.Str) {
		c.Error(errNotFloat)
		return
	}
	step := new(big.Float).SetPrec(floatPrecision)
	if !parseFloat(step, c.Args[2]) {
		c.Error(errNotFloat)
		return
	}
	text, ok := c.addFloats(sum, step)
	if !ok {
		return
	}
	c.Store(key, keyspace.Value{Kind: keyspace.String, Str: text, ExpireAt: v.ExpireAt})
	c.Changed(1)
	c.Rewrite(wordSet, key, text, wordKeepTTL) // so that a replica's own arithmetic cannot make a difference
	c.Reply.Bulk(text)
}

// addFloats adds step to sum and returns the text of it, or replies that it is no number.
func (c *Call) addFloats(sum, step *big.Float) (text []byte, ok bool) {
	if sum.IsInf() || step.IsInf() || sum.Add(sum, step).MantExp(nil) > floatMaxExponent {
		c.Error("ERR increment would produce NaN or Infinity")
		return nil, false
	}
	return appendFloat(nil, sum), true
}

// Redis computes in long double, which on x86-64 has 64 bits of mantissa and 15 of exponent; so do we.
const (
	floatPrecision   = 64
	floatMaxExponent = 1 << 14
	floatMinExponent = -16445 // of the smallest number that is not 0
	floatTextBytes   = 5 * 1024
	floatDigits      = 17 // after the point, as Redis prints them
)

// parseFloat reads a number as strtold does (Redis: string2ld), without blanks around it.
func parseFloat(f *big.Float, text []byte) bool {
	if len(text) == 0 || len(text) >= floatTextBytes {
		return false
	}
	number := strings.ToLower(strings.TrimLeft(string(text[:1]), "+-") + string(text[1:]))
	if number == "inf" || number == "infinity" {
		f.SetInf(text[0] == '-')
		return true
	}
	digits, exponent := "0123456789.", "e"
	if strings.HasPrefix(number, "0x") {
		digits, exponent = "0123456789abcdef.", "p"
		if !strings.Contains(number, exponent) {
			number += "p0"
		}
	}
	mantissa, power, _ := strings.Cut(number, exponent)
	if strings.Trim(strings.TrimPrefix(mantissa, "0x"), digits) != "" || strings.Trim(power, "+-0123456789") != "" {
		return false // math/big reads more forms than C
	}
	if _, _, err := f.Parse(number, 0); err != nil || f.IsInf() || f.MantExp(nil) > floatMaxExponent {
		return false
	}
	if nonzero := strings.ContainsAny(strings.TrimPrefix(mantissa, "0x"), digits[1:len(digits)-1]); nonzero {
		if f.Sign() == 0 || f.MantExp(nil) < floatMinExponent {
			return false
		}
	}
	if text[0] == '-' {
		f.Neg(f)
	}
	return true
}

// appendFloat writes a number with as many digits as it needs (Redis: ld2string, LD_STR_HUMAN).
func appendFloat(dst []byte, f *big.Float) []byte {
	text := f.Text('f', floatDigits)
	text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	if text == "-0" {
		text = "0"
	}
	return append(dst, text...)
}
