package command

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/replication"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// TestSameStreamAsRedis compares what requests put into the replication stream with what a live redis-server sends to a
// replica for them. Each line is one request; "a|b" are several, and "sleep 20" waits.
func TestSameStreamAsRedis(t *testing.T) {
	const script = `
SET k v
SET k v EX 100
SET k v PX 100000
SET k v EXAT 99999999999
SET k v PXAT 99999999999123
SET k v NX
SET k v XX KEEPTTL
SET k v GET
SET k v XX GET GET
SET k v EX 100 GET
SET absent v XX
SETNX k v
SETNX fresh v
SETEX k 100 v
PSETEX k 100000 v
GETSET k w
GETDEL k
GETDEL k
SET k v
GETEX k
GETEX k EX 100
GETEX k PXAT 99999999999123
GETEX k PERSIST
GETEX k PERSIST
GETEX k PXAT 1
APPEND k x
SETRANGE k 3 x
SETRANGE k 3 ""
INCR n
INCRBY n 5
DECR n
INCRBY n x
INCRBYFLOAT n 1.5
MSET {t}1 a {t}2 b
MSETNX {t}1 a {t}2 b
MSETNX {t}3 a {t}4 b
EVAL "return redis.call('set',KEYS[1],'v')" 1 script
EVAL "redis.call('incr',KEYS[1]) redis.call('incr',KEYS[1])" 1 {t}script
EVAL "redis.call('incr',KEYS[1]) redis.call('foo')" 1 {t}script
EVAL "return redis.call('get',KEYS[1])" 1 {t}script
EVAL "redis.set_repl(redis.REPL_NONE) redis.call('incr',KEYS[1]) redis.set_repl(redis.REPL_ALL) redis.call('del',KEYS[1])" 1 {t}script
MULTI|EVAL "redis.call('incr',KEYS[1]) redis.call('incr',KEYS[1])" 1 {t}script|SET {t}a b|EXEC
DEL {t}1 {t}9
DEL {t}9
UNLINK {t}2
RENAME {t}3 {t}4
RENAME {t}4 {t}4
RENAMENX {t}4 {t}5
COPY {t}5 {t}6
COPY {t}5 {t}6
EXPIRE k 100
EXPIRE k 100 NX
EXPIRE k 200 XX GT
PEXPIRE k 100000
EXPIREAT k 99999999999
PEXPIREAT k 99999999999123
PERSIST k
PERSIST k
EXPIRE k 0
EXPIRE k 100
FLUSHALL
FLUSHDB
FLUSHALL ASYNC
MULTI|SET a 1|EXEC
MULTI|SET {a}1 1|SET {a}2 2|EXEC
MULTI|GET a|EXEC
MULTI|SET {a}1 x|INCR {a}1|EXEC
MULTI|SET a 1|DISCARD
MULTI|SET a 1 EX 100|EXPIRE a 200|EXEC
WATCH a|MULTI|SET a 2|EXEC
PUBLISH ch m
SPUBLISH ch m
DEBUG SET-ACTIVE-EXPIRE 0
SET e v PX 10
sleep 30
GET e
SET e v PX 10
sleep 30
SETNX e w
SET e v PX 10
sleep 30
INCR e
SET {e}1 v PX 10
sleep 30
MULTI|GET {e}1|SET {e}2 x|EXEC
SET e v PX 10
sleep 30
EXISTS e
SET e v PX 10
sleep 30
DEL e
SET e v PX 10
sleep 30
TTL e
DEBUG SET-ACTIVE-EXPIRE 1
RESTORE r 0 "\x00\x01v\n\x00\x91\b\xce\xb2\x198\x8a\xce"
RESTORE r 100000 "\x00\x01v\n\x00\x91\b\xce\xb2\x198\x8a\xce" REPLACE
RESTORE r 99999999999123 "\x00\x01v\n\x00\x91\b\xce\xb2\x198\x8a\xce" REPLACE ABSTTL
RESTORE r 1 "\x00\x01v\n\x00\x91\b\xce\xb2\x198\x8a\xce" REPLACE ABSTTL
RESTORE r 0 "\x00\x01v\n\x00\x91\b\xce\xb2\x198\x8a\xce" REPLACE IDLETIME 5
CLUSTER KEYSLOT a
CONFIG SET timeout 0
RPUSH l a b c d e f
LPUSHX l x
LPUSHX nosuch x
LPOP l
RPOP l 2
LPOP l 0
LMPOP 2 {t}none {t}nosuch LEFT
LMPOP 1 l LEFT
LMPOP 1 l RIGHT COUNT 100
RPUSH {t}l a b c b
LMOVE {t}l {t}m LEFT RIGHT
RPOPLPUSH {t}l {t}m
RPOPLPUSH {t}none {t}m
LSET {t}l 0 x
LINSERT {t}l BEFORE x y
LINSERT {t}l BEFORE nosuch y
LREM {t}l 0 nosuch
LREM {t}l 0 y
LTRIM {t}l 0 -1
LTRIM {t}l 1 0
RPUSH {t}l 1 2 3 4 5 6 7
BLPOP {t}none {t}l 0
BRPOP {t}l 0
BLMPOP 0 2 {t}none {t}l LEFT COUNT 2
BLMOVE {t}l {t}m left RIGHT 0
BRPOPLPUSH {t}l {t}m 0
DEL {t}l {t}m
HSET h f 1 g 2
HSETNX h f 2
HSETNX h n 2
HINCRBY h f 5
HINCRBYFLOAT h f 1.5
HDEL h nosuch
HDEL h f g n
COPY {t}h {t}i
HSET {t}h f 1
COPY {t}h {t}i
SADD s a b c
SADD s a
SREM s a zz
SREM s zz
SREM s b c
SADD s a
SPOP s
SPOP s
SADD s a b
SPOP s 2
SPOP s 2
SADD s a b
SPOP s 0
SMOVE s s a
SADD {t}s a b
SMOVE {t}s {t}o a
SMOVE {t}s {t}o a
SMOVE {t}s {t}o b
SUNIONSTORE {t}u {t}o
SUNIONSTORE {t}u {t}nosuch
SUNIONSTORE {t}u {t}nosuch
SINTERSTORE {t}u {t}o
SINTERSTORE {t}u {t}o {t}nosuch
SDIFFSTORE {t}u {t}o {t}nosuch
SDIFFSTORE {t}u {t}o {t}o
SRANDMEMBER s
ZADD z 1 a 2 b
ZADD z 1 a
ZADD z CH 2 a
ZADD z INCR 2 a
ZADD z INCR 0 a
ZADD z NX INCR 2 a
ZADD z XX 1 zz
ZINCRBY z 1.5 a
ZREM z a zz
ZREM z zz
ZADD z 1 a 2 b 3 c 4 d
ZREMRANGEBYRANK z 0 0
ZREMRANGEBYRANK z 9 10
ZREMRANGEBYSCORE z 2 2
ZREMRANGEBYLEX z - +
ZADD {t}z 1 a 2 b
ZRANGESTORE {t}y {t}z 0 0
ZRANGESTORE {t}y {t}z 5 6
ZRANGESTORE {t}y {t}z 5 6
ZUNIONSTORE {t}y 2 {t}z {t}z WEIGHTS 1 2
ZUNIONSTORE {t}y 1 {t}nosuch
ZUNIONSTORE {t}y 1 {t}nosuch
ZINTERSTORE {t}y 1 {t}z
ZDIFFSTORE {t}y 2 {t}z {t}z
ZADD z 1 a 2 b 3 c 4 d 5 e
ZPOPMIN z
ZPOPMAX z 2
ZPOPMAX z 0
ZPOPMAX nosuch
ZMPOP 1 z MIN
ZMPOP 1 z MAX COUNT 5
ZMPOP 1 z MAX COUNT 5
ZADD {t}z 1 a 2 b 3 c 4 d 5 e
BZPOPMIN {t}none {t}z 0
BZPOPMAX {t}z 0
BZMPOP 0 2 {t}none {t}z MIN COUNT 2
BZMPOP 0 1 {t}z MAX COUNT 9
SADD {t}set c a b
SORT {t}set ALPHA STORE {t}sorted
SORT {t}set BY nosort STORE {t}sorted
SORT {t}nosuch STORE {t}sorted
SORT {t}nosuch STORE {t}sorted
SORT {t}set ALPHA
`
	o := startOracle(t)
	b := newBench(t, testSetup{options: map[string]string{"enable-debug-command": "yes"}})
	theirs := &streamReader{conn: connect(t, o)}
	theirs.follow(t)
	b.Source.Open(replication.NewID(b.Rand))
	ours := b.client()
	ours.Replica = &ReplicaLink{Online: true}
	b.Follow(ours, true)

	client, conn := b.client(), connect(t, o)
	for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
		if millis, ok := strings.CutPrefix(line, "sleep "); ok {
			ms, _ := strconv.Atoi(millis)
			time.Sleep(time.Duration(ms) * time.Millisecond)
			continue
		}
		b.Now = wallClock()
		for _, request := range append(strings.Split(line, "|"), "SET marker set") {
			args, _ := resp.SplitArgs([]byte(request))
			texts := make([]string, len(args))
			for i, arg := range args {
				texts[i] = string(arg)
			}
			b.do(client, texts...)
			conn.do(texts...)
		}
		want, got := theirs.untilMarker(t), string(ours.Reply.Buf)
		ours.Reply.Buf = nil
		if withoutTimes(got) != withoutTimes(want) {
			t.Errorf("%s\n here  %q\n redis %q", line, got, want)
		}
	}
}

// withoutTimes replaces times relative to now, which two servers do not share.
func withoutTimes(stream string) string {
	return regexp.MustCompile(`\$13\r\n[0-9]{13}\r\n`).ReplaceAllString(stream, "<time>")
}

// streamReader reads a primary's replication stream.
type streamReader struct{ conn *rawConn }

// follow asks for the stream and skips the snapshot before it.
func (s *streamReader) follow(t *testing.T) {
	t.Helper()
	fmt.Fprint(s.conn.conn, "SYNC\r\n")
	s.conn.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		line, err := s.conn.r.ReadString('\n')
		if err != nil {
			t.Fatalf("waiting for the snapshot: %v", err)
		}
		if size, ok := strings.CutPrefix(line, "$"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(size))
			if err != nil {
				t.Fatalf("snapshot of %q bytes: %v", size, err)
			}
			if _, err := io.CopyN(io.Discard, s.conn.r, int64(n)); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
}

// untilMarker reads up to the request that ends each step, and leaves the primary's pings out.
func (s *streamReader) untilMarker(t *testing.T) string {
	t.Helper()
	var stream []byte
	for !bytes.HasSuffix(stream, resp.AppendCommandStrings(nil, "SET", "marker", "set")) {
		one := s.conn.read()
		if !bytes.Equal(one, resp.AppendCommandStrings(nil, "PING")) {
			stream = append(stream, one...)
		}
	}
	return string(stream)
}
