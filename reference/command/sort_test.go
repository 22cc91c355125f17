package command

import "testing"

// SORT refuses numbers that do not fit. (redis-server does so as well, and goes on to refuse others.)
func TestSortRefusesNumbersOutOfRange(t *testing.T) {
	b := newBench(t, testSetup{})
	client := b.client()
	for _, element := range []string{"1e400", "-1e400", "1e-400", "1e-310", "nan", "1x", "0x", "1 "} {
		b.do(client, "DEL", "l")
		b.do(client, "RPUSH", "l", "1", element)
		if got := b.do(client, "SORT", "l"); got != "-ERR One or more scores can't be converted into double\r\n" {
			t.Errorf("%q: %q", element, got)
		}
		if got := b.do(client, "SORT", "l", "ALPHA", "LIMIT", "0", "0"); got != "*0\r\n" {
			t.Errorf("%q as text: %q", element, got)
		}
	}
}
