package steps

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// Keys of every kind of value: how they are made, changed at random, and read so that two servers can be compared, whatever form
// each keeps its values in.

// valueKind is a type of value.
type valueKind struct {
	name   string                                    // as TYPE says it
	create func(r *rand.Rand, key string) []string   // the command that makes a value of some size
	read   func(key string) []string                 // the command that reads all of it
	sorted bool                                      // whether the order of what is read means nothing
	pairs  bool                                      // whether what is read comes two by two
	scores bool                                      // whether the second of two is a number, which servers write in several ways
	change []func(r *rand.Rand, key string) []string // commands that change it, make it or end it
}

// someMembers is a size: most values are small, some too large for the compact form that servers keep small ones in.
func someMembers(r *rand.Rand) int {
	if r.IntN(10) == 0 {
		return 100 + r.IntN(500)
	}
	return 1 + r.IntN(20)
}

// someMember is one of many, so that writes meet what others wrote.
func someMember(r *rand.Rand) string {
	if r.IntN(2) == 0 {
		return itoa(r.IntN(1000)) // integers are kept in another form
	}
	return "member:" + itoa(r.IntN(1000))
}

// eachOf makes a command with a number of arguments after the key.
func eachOf(r *rand.Rand, name, key string, item func(i int) []string) []string {
	args := []string{name, key}
	for i := range someMembers(r) {
		args = append(args, item(i)...)
	}
	return args
}

// with makes a command that takes the key first.
func with(name string, more func(r *rand.Rand) []string) func(*rand.Rand, string) []string {
	return func(r *rand.Rand, key string) []string { return append([]string{name, key}, more(r)...) }
}

func fixed(args ...string) func(*rand.Rand) []string {
	return func(*rand.Rand) []string { return args }
}

func score(r *rand.Rand) string { return fmt.Sprintf("%g", float64(r.IntN(4000)-2000)/8) }

var valueKinds = []valueKind{
	{
		name:   "string",
		create: func(r *rand.Rand, key string) []string { return []string{"SET", key, randomText(r, r.IntN(300))} },
		read:   func(key string) []string { return []string{"GET", key} },
		change: []func(*rand.Rand, string) []string{
			with("SET", func(r *rand.Rand) []string { return []string{randomText(r, r.IntN(100))} }),
			with("SET", func(r *rand.Rand) []string { return []string{itoa(r.IntN(1e6)), "KEEPTTL"} }),
			with("APPEND", func(r *rand.Rand) []string { return []string{randomText(r, 5)} }),
			with("SETRANGE", func(r *rand.Rand) []string { return []string{itoa(r.IntN(200)), "range"} }),
			with("GETEX", fixed("EX", "5000")), with("GETDEL", fixed()), with("GETSET", fixed("got")),
		},
	},
	{
		name: "list",
		create: func(r *rand.Rand, key string) []string {
			return eachOf(r, "RPUSH", key, func(int) []string { return []string{someMember(r)} })
		},
		read: func(key string) []string { return []string{"LRANGE", key, "0", "-1"} },
		change: []func(*rand.Rand, string) []string{
			with("LPUSH", func(r *rand.Rand) []string { return []string{someMember(r), randomText(r, 20)} }),
			with("RPUSH", func(r *rand.Rand) []string { return []string{someMember(r)} }),
			with("LPOP", fixed()), with("RPOP", fixed("2")), with("LTRIM", fixed("0", "200")),
			with("LREM", func(r *rand.Rand) []string { return []string{"1", someMember(r)} }),
			with("LINSERT", func(r *rand.Rand) []string { return []string{"BEFORE", someMember(r), "inserted"} }),
			func(_ *rand.Rand, key string) []string { return []string{"LMOVE", key, key, "LEFT", "RIGHT"} },
		},
	},
	{
		name: "set",
		create: func(r *rand.Rand, key string) []string {
			return eachOf(r, "SADD", key, func(int) []string { return []string{someMember(r)} })
		},
		read:   func(key string) []string { return []string{"SMEMBERS", key} },
		sorted: true,
		change: []func(*rand.Rand, string) []string{
			with("SADD", func(r *rand.Rand) []string { return []string{someMember(r), someMember(r)} }),
			with("SREM", func(r *rand.Rand) []string { return []string{someMember(r)} }),
			with("SPOP", fixed()), with("SPOP", fixed("3")), // by chance, and the same everywhere
			func(_ *rand.Rand, key string) []string { return []string{"SUNIONSTORE", key, key, key} },
		},
	},
	{
		name: "hash",
		create: func(r *rand.Rand, key string) []string {
			return eachOf(r, "HSET", key, func(int) []string { return []string{someMember(r), itoa(r.IntN(1000))} })
		},
		read:   func(key string) []string { return []string{"HGETALL", key} },
		sorted: true, pairs: true,
		change: []func(*rand.Rand, string) []string{
			with("HSET", func(r *rand.Rand) []string { return []string{someMember(r), itoa(r.IntN(1e6)), "f", randomText(r, 70)} }),
			with("HDEL", func(r *rand.Rand) []string { return []string{someMember(r)} }),
			with("HINCRBY", fixed("n", "7")), with("HINCRBYFLOAT", fixed("x", "0.1")), with("HSETNX", fixed("once", "1")),
		},
	},
	{
		name: "zset",
		create: func(r *rand.Rand, key string) []string {
			return eachOf(r, "ZADD", key, func(i int) []string { return []string{score(r), "member:" + itoa(i)} })
		},
		read:  func(key string) []string { return []string{"ZRANGE", key, "0", "-1", "WITHSCORES"} },
		pairs: true, scores: true,
		change: []func(*rand.Rand, string) []string{
			with("ZADD", func(r *rand.Rand) []string { return []string{score(r), someMember(r)} }),
			with("ZINCRBY", func(r *rand.Rand) []string { return []string{"0.1", someMember(r)} }),
			with("ZREM", func(r *rand.Rand) []string { return []string{someMember(r)} }),
			with("ZPOPMIN", fixed()), with("ZPOPMAX", fixed("2")), with("ZREMRANGEBYRANK", fixed("100", "-1")),
		},
	},
}

// ofAnyKind are commands for keys of any kind.
var ofAnyKind = []func(*rand.Rand, string) []string{
	with("EXPIRE", func(r *rand.Rand) []string { return []string{itoa(1000 + r.IntN(1000))} }),
	with("PEXPIRE", func(r *rand.Rand) []string { return []string{itoa(1 + r.IntN(50))} }), // soon gone
	with("PERSIST", fixed()),
	with("DEL", fixed()),
}

// kindOf is the kind of the key with a number.
func kindOf(number int) *valueKind { return &valueKinds[number%len(valueKinds)] }

// randomWrite is one of the commands that change the key with a number, or those of all kinds.
func randomWrite(r *rand.Rand, key string, number int) []string {
	k := kindOf(number)
	if r.IntN(8) == 0 {
		return k.create(r, key)
	}
	if r.IntN(12) == 0 {
		return ofAnyKind[r.IntN(len(ofAnyKind))](r, key)
	}
	return k.change[r.IntN(len(k.change))](r, key)
}

// kindNamed finds a kind by what TYPE says.
func kindNamed(name string) *valueKind {
	for i := range valueKinds {
		if valueKinds[i].name == name {
			return &valueKinds[i]
		}
	}
	return nil
}

// content is what of a key can be compared.
type content struct {
	value   string // its type and its members, in one text; "" if there is no such key
	expires int64  // Unix time in milliseconds; -1: never
}

func (c content) String() string {
	if c.value == "" {
		return "nothing"
	}
	return fmt.Sprintf("%s, expiring at %d", c.value, c.expires)
}

// content reads the replies to read and to PEXPIRETIME.
func (k *valueKind) content(value, expires wireValue) content {
	parts := []string{value.Text}
	if value.Kind == wire.Array {
		parts = nil
		for _, item := range value.Items {
			parts = append(parts, item.Text)
		}
	}
	if k.pairs {
		for i := 0; i+1 < len(parts); i += 2 {
			second := parts[i+1]
			if n, err := strconv.ParseFloat(second, 64); err == nil && k.scores {
				second = strconv.FormatFloat(n, 'g', -1, 64)
			}
			parts[i/2] = parts[i] + "=" + second
		}
		parts = parts[:len(parts)/2]
	}
	if k.sorted {
		slices.Sort(parts)
	}
	at, _ := expires.Int()
	return content{fmt.Sprintf("%s %q", k.name, parts), at}
}
