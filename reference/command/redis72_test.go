package command

import (
	"strings"
	"testing"
)

// TestLaterThanTheOracle is what Redis 7.2 does and the oracle, a redis-server 7.0, does not. The replies are those of 7.2.
func TestLaterThanTheOracle(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.do(s, "ZADD", "z", "1", "a", "2.5", "b")
	b.do(s, "SET", "k", "v")
	for _, tt := range [][2]string{
		{"ZRANK z b", ":1\r\n"},
		{"ZRANK z b WITHSCORE", "*2\r\n:1\r\n$3\r\n2.5\r\n"},
		{"ZREVRANK z a withscore", "*2\r\n:1\r\n$1\r\n1\r\n"},
		{"ZRANK z nosuch WITHSCORE", "*-1\r\n"},
		{"ZRANK nosuch a WITHSCORE", "*-1\r\n"},
		{"ZRANK z a SCORE", "-ERR syntax error\r\n"},
		{"ZRANK z a WITHSCORE x", "-ERR wrong number of arguments for 'zrank' command\r\n"},
		{"ZRANK k a WITHSCORE", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"},
		{"BLPOP l 1e30", "-ERR timeout is out of range\r\n"},
		{"BLPOP l 0x7FFFFFFFFFFFFF", "-ERR timeout is out of range\r\n"},
		{"BLPOP l 9223372036854775", "-ERR timeout is out of range\r\n"}, // with the time that it is now
		{"BZPOPMIN z inf", "-ERR timeout is out of range\r\n"},
		{"BLPOP l -1e30", "-ERR timeout is negative\r\n"},
	} {
		if got := b.do(s, strings.Fields(tt[0])...); got != tt[1] {
			t.Errorf("%s: %q, want %q", tt[0], got, tt[1])
		}
	}
}
