package slot

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// slots are the key slots that section 1 of the protocol notes lists, and a few more at the edges of the rule.
var slots = []struct {
	key, hashed string
	slot        Slot
}{
	{"foo", "foo", 12182},
	{"bar", "bar", 5061},
	{"foo{bar}", "bar", 5061},
	{"foo{bar}{zap}", "bar", 5061},
	{"{}foo", "{}foo", 9500},
	{"foo{}{bar}", "foo{}{bar}", 8363},
	{"foo{{bar}}", "{bar", 4015},
	{"{", "{", 4092},
	{"}{a}", "a", 15495},
	{"", "", 0},
	{"a", "a", 15495},
	{"b", "b", 3300},
	{"123456789", "123456789", 12739},
	{"{123456789}", "123456789", 12739},
	{"a long key, longer than two words {123456789}", "123456789", 12739},
	{"{123456789} and more behind the tag than fits a word", "123456789", 12739},
	{"foo{bar", "foo{bar", 15278},
	{"foo}bar", "foo}bar", 7223},
}

func TestOf(t *testing.T) {
	for _, c := range slots {
		if got := Of([]byte(c.key)); got != c.slot {
			t.Errorf("Of(%q) = %d, want %d", c.key, got, c.slot)
		}
		if got := OfString(c.key); got != c.slot {
			t.Errorf("OfString(%q) = %d, want %d", c.key, got, c.slot)
		}
		if got := HashTag([]byte(c.key)); string(got) != c.hashed {
			t.Errorf("HashTag(%q) = %q, want %q", c.key, got, c.hashed)
		}
	}
}

func TestCRC16(t *testing.T) {
	if got := CRC16([]byte("123456789")); got != 0x31C3 {
		t.Errorf("the check value is %#x, want 0x31c3", got)
	}
	random := rand.NewChaCha8([32]byte{'c', 'r', 'c'})
	for length := range 300 {
		b := make([]byte, length)
		random.Read(b)
		if got, want := CRC16(b), crcBitByBit(b); got != want {
			t.Fatalf("CRC16(%x) = %#x, want %#x", b, got, want)
		}
	}
}

// TestOfBraceAnywhere puts a tag at every place of keys of every length up to several blocks, so that each path through the
// words of a key meets a brace.
func TestOfBraceAnywhere(t *testing.T) {
	for length := 3; length < 70; length++ {
		for open := 0; open+2 < length; open++ {
			key := bytes.Repeat([]byte{'z'}, length) // neighbour of '{': one bit tells them apart
			key[open] = '{'
			if got, want := Of(key), slotBitByBit(key); got != want {
				t.Fatalf("Of(%q) = %d, want %d", key, got, want)
			}
			key[length-1] = '}'
			if got, want := Of(key), slotBitByBit(key); got != want {
				t.Fatalf("Of(%q) = %d, want %d", key, got, want)
			}
		}
	}
}

func TestOfDoesNotAllocate(t *testing.T) {
	key, tagged := []byte("key:000000012345"), "user:{1000}:following"
	var sink Slot
	if n := testing.AllocsPerRun(100, func() { sink += Of(key) + OfString(tagged) }); n != 0 {
		t.Errorf("%v allocations a run, want none", n)
	}
}

func TestParse(t *testing.T) {
	for n := range Count + 10 {
		got, ok := Parse(fmt.Appendf(nil, "%d", n))
		if ok != (n < Count) || ok && got != Slot(n) {
			t.Fatalf("Parse(%d) = %d, %v", n, got, ok)
		}
	}
	for _, text := range malformed {
		if got, ok := Parse([]byte(text)); ok {
			t.Errorf("Parse(%q) = %d, want a refusal", text, got)
		}
	}
}

// malformed are texts that are no slots.
var malformed = []string{
	"", "-", "-0", "-1", "+1", " 1", "1 ", "01", "00", "1.0", "0x1", "1e3", "a", "1\x00", "\x00", "16384", "99999", "65536", "65537",
	"163830", "18446744073709551616", "18446744073709551617", "99999999999999999999999",
}

func FuzzOf(f *testing.F) {
	for _, c := range slots {
		f.Add([]byte(c.key))
	}
	f.Fuzz(func(t *testing.T, key []byte) {
		want := slotBitByBit(key)
		if got := Of(key); got != want {
			t.Errorf("Of(%q) = %d, want %d", key, got, want)
		}
		if got := OfString(string(key)); got != want {
			t.Errorf("OfString(%q) = %d, want %d", key, got, want)
		}
		if got, want := CRC16(key), crcBitByBit(key); got != want {
			t.Errorf("CRC16(%q) = %#x, want %#x", key, got, want)
		}
	})
}

// slotBitByBit is the rule as the specification words it, with nothing clever in it.
func slotBitByBit(key []byte) Slot {
	for open, c := range key {
		if c != '{' {
			continue
		}
		for end := open + 1; end < len(key); end++ {
			if key[end] == '}' {
				if end > open+1 {
					key = key[open+1 : end]
				}
				return Slot(crcBitByBit(key) & 0x3fff)
			}
		}
		break
	}
	return Slot(crcBitByBit(key) & 0x3fff)
}

// crcBitByBit divides by the polynomial as on paper.
func crcBitByBit(b []byte) uint16 {
	var remainder uint32
	for _, c := range b {
		remainder ^= uint32(c) << 8
		for range 8 {
			remainder <<= 1
			if remainder > 0xffff {
				remainder ^= 0x11021
			}
		}
	}
	return uint16(remainder)
}
