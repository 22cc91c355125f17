package command

import (
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// settingCommands set whole strings, with conditions and expiry.
var settingCommands = []Command{
	{
		Name: "set", Arity: -3, Flags: Write | DenyOOM, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue | Varies), Group: "string",
		Since: "1.0.0", Complexity: "O(1)", Summary: "Sets a key to a string value, under conditions and with an expiry if asked to", Run: set,
	},
	{
		Name: "setnx", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(OverwriteKey | InsertsValue), Group: "string", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Sets a key that does not exist", Run: setnx,
	},
	{
		Name: "setex", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(OverwriteKey | UpdatesValue), Group: "string", Since: "2.0.0",
		Complexity: "O(1)", Summary: "Sets a key with an expiry in seconds", Run: setex,
	},
	{
		Name: "psetex", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(OverwriteKey | UpdatesValue), Group: "string", Since: "2.6.0",
		Complexity: "O(1)", Summary: "Sets a key with an expiry in milliseconds", Run: psetex,
	},
	{
		Name: "getset", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "string",
		Since: "1.0.0", Complexity: "O(1)", Summary: "Sets a key and returns what it held before", Run: getset,
	},
	{
		Name: "getdel", Arity: 2, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | DeletesValue), Group: "string", Since: "6.2.0",
		Complexity: "O(1)", Summary: "Returns the string value of a key and deletes it", Run: getdel,
	},
	{
		Name: "getex", Arity: -2, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "string", Since: "6.2.0",
		Complexity: "O(1)", Summary: "Returns the string value of a key and changes its expiry", Run: getex,
	},
	{
		Name: "mset", Arity: -3, Flags: Write | DenyOOM, Keys: allKeys(2, OverwriteKey|UpdatesValue), Group: "string", Since: "1.0.1",
		Complexity: "O(N) in the number of keys", Tips: []string{"request_policy:multi_shard", "response_policy:all_succeeded"},
		Summary: "Sets keys to string values", Run: mset,
	},
	{
		Name: "msetnx", Arity: -3, Flags: Write | DenyOOM, Keys: allKeys(2, OverwriteKey|InsertsValue), Group: "string", Since: "1.0.1",
		Complexity: "O(N) in the number of keys", Tips: []string{"request_policy:multi_shard", "response_policy:agg_min"},
		Summary: "Sets keys to string values if none of them exists", Run: msetnx,
	},
}

// expiryUnit is how an expiry was given.
type expiryUnit uint8

const (
	noExpiry  expiryUnit = iota
	inSeconds            // EX
	inMillis             // PX
	atSeconds            // EXAT
	atMillis             // PXAT
)

// expiryWords are the options for each unit.
var expiryWords = [...]string{inSeconds: "EX", inMillis: "PX", atSeconds: "EXAT", atMillis: "PXAT"}

// stringOptions are those of SET and GETEX.
type stringOptions struct {
	unit     expiryUnit
	expiry   []byte
	keepTTL  bool // SET ... KEEPTTL
	persist  bool // GETEX ... PERSIST
	ifAbsent bool // NX
	ifThere  bool // XX
	get      bool
}

// parse reads one option and says how many words it has; 0: it is none, or contradicts an earlier one.
func (o *stringOptions) parse(words [][]byte, forSet bool) int {
	for unit := inSeconds; unit <= atMillis; unit++ {
		if is(words[0], expiryWords[unit]) {
			if o.keepTTL || o.persist || o.unit != noExpiry && o.unit != unit || len(words) < 2 {
				return 0
			}
			o.unit, o.expiry = unit, words[1]
			return 2
		}
	}
	switch {
	case forSet && is(words[0], "NX") && !o.ifThere:
		o.ifAbsent = true
	case forSet && is(words[0], "XX") && !o.ifAbsent:
		o.ifThere = true
	case forSet && is(words[0], "GET"):
		o.get = true
	case forSet && is(words[0], "KEEPTTL") && o.unit == noExpiry:
		o.keepTTL = true
	case !forSet && is(words[0], "PERSIST") && o.unit == noExpiry:
		o.persist = true
	default:
		return 0
	}
	return 1
}

// parseAll reads the options from the i-th word on, or replies with an error.
func (o *stringOptions) parseAll(c *Call, i int, forSet bool) bool {
	for i < len(c.Args) {
		n := o.parse(c.Args[i:], forSet)
		if n == 0 {
			c.Error(errSyntax)
			return false
		}
		i += n
	}
	return true
}

// expiryTime turns an expiry into Unix time, or replies that it is none.
func (c *Call) expiryTime(text []byte, unit expiryUnit) (clock.Millis, bool) {
	n, ok := resp.ParseInt(text)
	if !ok {
		c.Error(errNotInteger)
		return 0, false
	}
	at := n
	if unit == inSeconds || unit == atSeconds {
		if n > math.MaxInt64/1000 {
			n = 0
		}
		at = n * 1000
	}
	if n > 0 && (unit == inSeconds || unit == inMillis) {
		at += int64(c.Now.Wall) // an overflow makes it negative
	}
	if n <= 0 || at <= 0 {
		c.Error(errExpireTime(c.Cmd.Name))
		return 0, false
	}
	return clock.Millis(at), true
}

func set(c *Call) {
	if len(c.Args) == 3 { // nearly all there are: whatever the key holds is overwritten unseen
		c.Store(c.Args[1], keyspace.Value{Kind: keyspace.String, Str: c.Args[2]})
		c.Changed(1)
		c.OK()
		return
	}
	var o stringOptions
	if o.parseAll(c, 3, true) {
		setString(c, c.Args[2], o)
	}
}

func setex(c *Call) { setString(c, c.Args[3], stringOptions{unit: inSeconds, expiry: c.Args[2]}) }

func psetex(c *Call) { setString(c, c.Args[3], stringOptions{unit: inMillis, expiry: c.Args[2]}) }

// setString is SET with options. Replicas get a relative expiry as an absolute one, and no GET.
func setString(c *Call, value []byte, o stringOptions) {
	key, at := c.Args[1], clock.Millis(0)
	if o.unit != noExpiry {
		var ok bool
		if at, ok = c.expiryTime(o.expiry, o.unit); !ok {
			return
		}
	}
	if o.get {
		if _, _, ok := replyString(c); !ok {
			return
		}
	}
	old, found := c.LookupWrite(key)
	if o.ifAbsent && found || o.ifThere && !found {
		if !o.get {
			c.Reply.Null()
		}
		return
	}
	if o.keepTTL {
		at = old.ExpireAt
	}
	c.Store(key, keyspace.Value{Kind: keyspace.String, Str: value, ExpireAt: at})
	c.Changed(1)
	switch {
	case o.unit != noExpiry:
		c.Rewrite(wordSet, key, value, wordPXAT, strconv.AppendInt(nil, int64(at), 10))
	case o.get:
		c.Rewrite(withoutGet(c.Args)...)
	}
	if !o.get {
		c.OK()
	}
}

// The words of propagated commands.
var (
	wordDel       = []byte("DEL")
	wordSet       = []byte("SET")
	wordSRem      = []byte("SREM")
	wordHSet      = []byte("HSET")
	wordLPop      = []byte("LPOP")
	wordRPop      = []byte("RPOP")
	wordLMove     = []byte("LMOVE")
	wordRPopLPush = []byte("RPOPLPUSH")
	wordPXAT      = []byte("PXAT")
	wordKeepTTL   = []byte("KEEPTTL")
	wordPersist   = []byte("PERSIST")
	wordPExpireAt = []byte("PEXPIREAT")
)

// withoutGet is a SET request without its GET options.
func withoutGet(args [][]byte) [][]byte {
	kept := append([][]byte(nil), args[:3]...)
	for _, arg := range args[3:] {
		if !is(arg, "GET") {
			kept = append(kept, arg)
		}
	}
	return kept
}

func setnx(c *Call) {
	if _, found := c.LookupWrite(c.Args[1]); found {
		c.Reply.Int(0)
		return
	}
	c.Store(c.Args[1], keyspace.Value{Kind: keyspace.String, Str: c.Args[2]})
	c.Changed(1)
	c.Reply.Int(1)
}

func getset(c *Call) {
	if _, _, ok := replyString(c); !ok {
		return
	}
	c.Store(c.Args[1], keyspace.Value{Kind: keyspace.String, Str: c.Args[2]})
	c.Changed(1)
	c.Rewrite(wordSet, c.Args[1], c.Args[2])
}

func getdel(c *Call) {
	if _, found, ok := replyString(c); !found || !ok {
		return
	}
	c.Delete(c.Args[1])
	c.Changed(1)
	c.Rewrite(wordDel, c.Args[1])
}

func getex(c *Call) {
	var o stringOptions
	if !o.parseAll(c, 2, false) {
		return
	}
	key, at := c.Args[1], clock.Millis(0)
	v, found := c.LookupRead(key)
	switch {
	case !found:
		c.Reply.Null()
		return
	case v.Kind != keyspace.String:
		c.Error(errWrongType)
		return
	}
	if o.unit != noExpiry {
		var ok bool
		if at, ok = c.expiryTime(o.expiry, o.unit); !ok {
			return
		}
	}
	c.Reply.Bulk(v.Str)
	switch {
	case (o.unit == atSeconds || o.unit == atMillis) && c.alreadyExpired(at):
		c.Delete(key)
		c.Changed(1)
		c.Rewrite(wordDel, key)
	case o.unit != noExpiry:
		c.StoreExpiry(key, at)
		c.Changed(1)
		c.Rewrite(wordPExpireAt, key, strconv.AppendInt(nil, int64(at), 10))
	case o.persist && v.ExpireAt != 0:
		c.StoreExpiry(key, 0)
		c.Changed(1)
		c.Rewrite(wordPersist, key)
	}
}

func mset(c *Call) {
	if setAll(c) {
		c.OK()
	}
}

func msetnx(c *Call) {
	for i := 1; i < len(c.Args) && len(c.Args)%2 == 1; i += 2 {
		if _, found := c.LookupWrite(c.Args[i]); found {
			c.Reply.Int(0)
			return
		}
	}
	if setAll(c) {
		c.Reply.Int(1)
	}
}

// setAll sets every key of MSET, or replies that one is without a value.
func setAll(c *Call) bool {
	if len(c.Args)%2 == 0 {
		c.Error(errWrongArity(c.Cmd.Name))
		return false
	}
	for i := 1; i < len(c.Args); i += 2 {
		c.Store(c.Args[i], keyspace.Value{Kind: keyspace.String, Str: c.Args[i+1]})
	}
	c.Changed(len(c.Args) / 2)
	return true
}
