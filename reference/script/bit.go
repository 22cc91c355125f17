package script

import (
	"fmt"
	"math/bits"

	lua "github.com/yuin/gopher-lua"
)

// openBit makes the table bit: operations on integers of 32 bits (Lua BitOp).
func openBit(l *lua.LState) *lua.LTable {
	fold := func(op func(a, b uint32) uint32) lua.LGFunction {
		return func(l *lua.LState) int {
			v := bitArg(l, 1)
			for i := 2; i <= l.GetTop(); i++ {
				v = op(v, bitArg(l, i))
			}
			return pushBits(l, v)
		}
	}
	one := func(op func(uint32) uint32) lua.LGFunction {
		return func(l *lua.LState) int { return pushBits(l, op(bitArg(l, 1))) }
	}
	shift := func(op func(v uint32, n int) uint32) lua.LGFunction {
		return func(l *lua.LState) int { return pushBits(l, op(bitArg(l, 1), int(bitArg(l, 2)&31))) }
	}
	return l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"band":    fold(func(a, b uint32) uint32 { return a & b }),
		"bor":     fold(func(a, b uint32) uint32 { return a | b }),
		"bxor":    fold(func(a, b uint32) uint32 { return a ^ b }),
		"tobit":   one(func(v uint32) uint32 { return v }),
		"bnot":    one(func(v uint32) uint32 { return ^v }),
		"bswap":   one(bits.ReverseBytes32),
		"lshift":  shift(func(v uint32, n int) uint32 { return v << n }),
		"rshift":  shift(func(v uint32, n int) uint32 { return v >> n }),
		"arshift": shift(func(v uint32, n int) uint32 { return uint32(int32(v) >> n) }),
		"rol":     shift(func(v uint32, n int) uint32 { return bits.RotateLeft32(v, n) }),
		"ror":     shift(func(v uint32, n int) uint32 { return bits.RotateLeft32(v, -n) }),
		"tohex":   toHex,
	})
}

// bitArg is an argument modulo 2^32.
func bitArg(l *lua.LState, n int) uint32 { return uint32(truncate(float64(l.CheckNumber(n)))) }

func pushBits(l *lua.LState, v uint32) int {
	l.Push(lua.LNumber(int32(v)))
	return 1
}

func toHex(l *lua.LState) int {
	v, digits := bitArg(l, 1), l.OptInt(2, 8)
	format := "%08x"
	if digits < 0 {
		format, digits = "%08X", -digits
	}
	text := fmt.Sprintf(format, v)
	l.Push(lua.LString(text[len(text)-min(digits, len(text)):]))
	return 1
}
