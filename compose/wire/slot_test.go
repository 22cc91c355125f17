package wire

import "testing"

func TestCRC16(t *testing.T) {
	if got := CRC16([]byte("123456789")); got != 0x31c3 { // the check value of CRC-16/XMODEM
		t.Errorf("got %#x", got)
	}
}

func TestSlotOf(t *testing.T) {
	for key, want := range map[string]int{
		"": 0, "foo": 12182, "bar": 5061, "foo{bar}": 5061, "foo{bar}{zap}": 5061, "{}foo": 9500, "foo{}{bar}": 8363, "foo{{bar}}": 4015,
		"{": 4092, "}{a}": 15495, "a": 15495, "b": 3300, "123456789": 12739,
	} {
		if got := SlotOf(key); got != want {
			t.Errorf("slot of %q is %d, want %d", key, got, want)
		}
	}
}
