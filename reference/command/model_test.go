package command

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestRandomObjectsAsRedis runs random commands on lists, hashes, sets and sorted sets against a live redis-server as well.
// They grow large enough to be held in either way, and shrink until nothing is left.
func TestRandomObjectsAsRedis(t *testing.T) {
	const requests, seed = 12000, 20261122
	o := startOracle(t)
	b := newBench(t, testSetup{})
	client, conn := b.client(), connect(t, o)
	r := rand.New(rand.NewPCG(seed, 1))
	for n := range requests {
		request := randomRequest(r, n)
		ours, theirs := []byte(b.do(client, request...)), conn.do(request...)
		if bytes.Equal(ours, theirs) {
			continue
		}
		if fmt.Sprint(sortedLines(ours)) != fmt.Sprint(sortedLines(theirs)) || request[0][0] == 'Z' || request[0][0] == 'L' {
			t.Fatalf("seed %d, request %d: %q\n here  %.300q\n redis %.300q", seed, n, request, ours, theirs)
		}
	}
}

// randomRequest makes one request whose reply depends on chance in no other way than by the order of a set's members or
// a hash's fields. In the first half of the requests to come the values grow.
func randomRequest(r *rand.Rand, n int) []string {
	key := func(prefix string) string { return "{x}" + prefix + strconv.Itoa(r.IntN(3)) }
	member := func() string { return strconv.Itoa(r.IntN(400)) }
	score := func() string {
		return []string{strconv.Itoa(r.IntN(20) - 10), "inf", "-inf", strconv.FormatFloat(r.NormFloat64(), 'g', -1, 64)}[min(r.IntN(8), 3)]
	}
	rank := func() string { return strconv.Itoa(r.IntN(600) - 300) }
	end := func() string { return []string{"", "("}[r.IntN(2)] + score() }
	lexEnd := func() string { return []string{"-", "+", "[" + member(), "(" + member()}[r.IntN(4)] }
	limit := func() string { return strconv.Itoa(r.IntN(40) - 2) }

	grow := [][]string{
		{"SADD", key("s"), member(), member(), member()},
		{"SADD", key("s"), "m" + member()},
		{"ZADD", key("z"), score(), member(), score(), member(), score(), member()},
		{"ZADD", key("z"), "GT", "CH", score(), member()},
		{"ZADD", key("z"), "NX", score(), member()},
		{"ZADD", key("lex"), "0", member(), "0", member()},
		{"ZINCRBY", key("z"), strconv.Itoa(r.IntN(5)), "counter" + strconv.Itoa(r.IntN(3))},
		{"RPUSH", key("l"), member(), member(), member()}, {"LPUSH", key("l"), member(), member()},
		{"LINSERT", key("l"), "BEFORE", member(), member()}, {"LINSERT", key("l"), "AFTER", member(), member()},
		{"HSET", key("h"), member(), member(), "m" + member(), member()}, {"HSETNX", key("h"), member(), "x"},
		{"HINCRBY", key("h"), member(), rank()}, {"HINCRBYFLOAT", key("h"), "m" + member(), "0.25"},
	}
	shrink := [][]string{
		{"SREM", key("s"), member(), "m" + member(), member()},
		{"SMOVE", key("s"), key("s"), member()},
		{"ZREM", key("z"), member(), member()},
		{"ZPOPMIN", key("z"), strconv.Itoa(r.IntN(4))},
		{"ZPOPMAX", key("z")},
		{"ZMPOP", "2", key("z"), key("z"), "MAX", "COUNT", "2"},
		{"ZREMRANGEBYRANK", key("z"), rank(), rank()},
		{"ZREMRANGEBYSCORE", key("z"), end(), end()},
		{"ZREMRANGEBYLEX", key("lex"), lexEnd(), lexEnd()},
		{"SDIFFSTORE", key("s"), key("s"), key("s")},
		{"SINTERSTORE", key("s"), key("s"), key("s")},
		{"ZINTERSTORE", key("z"), "2", key("z"), key("z"), "AGGREGATE", "MIN"},
		{"ZRANGESTORE", key("z"), key("z"), rank(), rank()},
		{"LPOP", key("l"), "5"}, {"RPOP", key("l")}, {"LREM", key("l"), strconv.Itoa(r.IntN(5) - 2), member()},
		{"LTRIM", key("l"), strconv.Itoa(r.IntN(9)), strconv.Itoa(-r.IntN(9))}, {"LMPOP", "2", key("l"), key("l"), "RIGHT", "COUNT", "3"},
		{"LMOVE", key("l"), key("l"), "LEFT", "RIGHT"}, {"RPOPLPUSH", key("l"), key("l")},
		{"HDEL", key("h"), member(), member(), "m" + member()},
	}
	look := [][]string{
		{"SCARD", key("s")}, {"SISMEMBER", key("s"), member()}, {"SMEMBERS", key("s")}, {"OBJECT", "ENCODING", key("s")},
		{"SINTER", key("s"), key("s")}, {"SUNION", key("s"), key("s")}, {"SDIFF", key("s"), key("s")},
		{"SINTERCARD", "2", key("s"), key("s"), "LIMIT", strconv.Itoa(r.IntN(9))},
		{"ZCARD", key("z")}, {"ZSCORE", key("z"), member()}, {"ZRANK", key("z"), member()}, {"ZREVRANK", key("z"), member()},
		{"ZRANGE", key("z"), rank(), rank(), "WITHSCORES"}, {"ZRANGE", key("z"), rank(), rank(), "REV"},
		{"ZRANGE", key("z"), end(), end(), "BYSCORE", "LIMIT", limit(), limit()},
		{"ZRANGE", key("z"), end(), end(), "BYSCORE", "REV", "LIMIT", limit(), limit()},
		{"ZRANGE", key("lex"), lexEnd(), lexEnd(), "BYLEX", "LIMIT", limit(), limit()},
		{"ZREVRANGEBYLEX", key("lex"), lexEnd(), lexEnd()},
		{"ZCOUNT", key("z"), end(), end()}, {"ZLEXCOUNT", key("lex"), lexEnd(), lexEnd()},
		{"ZUNION", "3", key("z"), key("s"), key("z"), "WEIGHTS", "1", "2", "0.1", "WITHSCORES"},
		{"ZINTER", "2", key("z"), key("s"), "WITHSCORES", "AGGREGATE", "MAX"}, {"ZDIFF", "2", key("z"), key("s"), "WITHSCORES"},
		{"OBJECT", "ENCODING", key("lex")},
		{"LRANGE", key("l"), rank(), rank()}, {"LINDEX", key("l"), rank()}, {"LSET", key("l"), rank(), member()}, {"LLEN", key("l")},
		{"LPOS", key("l"), member(), "COUNT", "0", "RANK", strconv.Itoa(r.IntN(2)*4 - 2)}, {"LRANGE", key("l"), "0", "-1"},
		{"HGETALL", key("h")}, {"HMGET", key("h"), member(), "m" + member()}, {"HLEN", key("h")}, {"OBJECT", "ENCODING", key("h")},
	}
	switch chance := r.IntN(10); {
	case chance < 4:
		return look[r.IntN(len(look))]
	case chance < 9 == (n%4000 < 2500):
		return grow[r.IntN(len(grow))]
	}
	return shrink[r.IntN(len(shrink))]
}

// TestScoresReadAsByRedis compares which texts are numbers, and which ones.
func TestScoresReadAsByRedis(t *testing.T) {
	const texts, seed = 2000, 7
	conn := connect(t, startOracle(t))
	b := newBench(t, testSetup{})
	client := b.client()
	r := rand.New(rand.NewPCG(seed, 2))
	pieces := []string{"0", "1", "9", "12", ".", "-", "+", "e", "E5", "e-3", "e400", "e-330", "x", "0x", "0X1", "p", "p4", "P-2", "a", "f",
		"inf", "INFINITY", "nan", " ", "_", "(", "00", "123456789012345678901234567890", "\x00", "\t"}
	for range texts {
		text := ""
		for range 1 + r.IntN(5) {
			text += pieces[r.IntN(len(pieces))]
		}
		for _, request := range [][]string{{"ZADD", "z", text, "m"}, {"ZSCORE", "z", "m"}, {"ZCOUNT", "z", text, "inf"}} {
			if ours, theirs := b.do(client, request...), conn.do(request...); ours != string(theirs) {
				t.Fatalf("seed %d: %q\n here  %q\n redis %q", seed, request, ours, theirs)
			}
		}
	}
}
