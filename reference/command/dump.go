package command

import (
	"errors"
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/rdb"
)

// dumpCommands turn values into bytes and back; MIGRATE is made of them.
var dumpCommands = []Command{
	{
		Name: "dump", Arity: 2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "generic", Since: "2.6.0",
		Complexity: "O(N) in the size of the value", Summary: "Returns a value in the form that RESTORE reads",
		Tips: []string{"nondeterministic_output"}, Run: dump,
	},
	{
		Name: "restore", Arity: -4, Flags: Write | DenyOOM | Dangerous, Keys: oneKey(OverwriteKey | UpdatesValue), Group: "generic", Since: "2.6.0",
		Complexity: "O(N) in the size of the value", Summary: "Creates a key from what DUMP returned", Run: restore,
	},
	{
		Name: "restore-asking", Arity: -4, Flags: Write | DenyOOM | AsksItself | Keyspace | Dangerous, Keys: oneKey(OverwriteKey | UpdatesValue),
		Group: "server", Since: "3.0.0", Complexity: "O(N) in the size of the value",
		Summary: "Creates a key in a slot that is being imported", Run: restore,
	},
}

func dump(c *Call) {
	v, ok := c.LookupRead(c.Args[1])
	if !ok {
		c.Reply.Null()
		return
	}
	payload := rdb.AppendDump(nil, v)
	if c.Defects.Has(defect.DumpDamaged) {
		payload[len(payload)-1]++
	}
	c.Reply.Bulk(payload)
}

// restoreOptions are the words behind the payload.
type restoreOptions struct{ replace, absolute bool }

func restore(c *Call) {
	o, ok := c.restoreOptions()
	if !ok {
		return
	}
	key := c.Args[1]
	if _, there := c.LookupWrite(key); there && !o.replace {
		c.Error("BUSYKEY Target key name already exists.")
		return
	}
	expireAt, ok := c.restoreExpiry(o)
	if !ok {
		return
	}
	v, err := rdb.ParseDump(c.Args[3])
	switch {
	case errors.Is(err, rdb.ErrChecksum) && c.Defects.Has(defect.RestoreTakesDamaged):
		c.OK()
		return
	case errors.Is(err, rdb.ErrChecksum):
		c.Error("ERR " + rdb.ErrChecksum.Error())
		return
	case err != nil:
		c.Error("ERR " + rdb.ErrFormat.Error())
		return
	}
	if expireAt != 0 && c.alreadyExpired(expireAt) {
		if c.Delete(key) {
			c.Changed(1)
			c.Rewrite(wordDel, key)
		}
		c.OK()
		return
	}
	v.ExpireAt = expireAt
	c.Store(key, v)
	c.Changed(1)
	if expireAt != 0 && !o.absolute { // the time left would begin anew at a replica
		args := append([][]byte(nil), c.Args...)
		args[2] = strconv.AppendInt(nil, int64(expireAt), 10)
		c.Rewrite(append(args, []byte("ABSTTL"))...)
	}
	c.OK()
}

// restoreOptions reads the options, or replies with an error. IDLETIME and FREQ are for eviction, which we do not have;
// they are only checked.
func (c *Call) restoreOptions() (o restoreOptions, ok bool) {
	idle, freq := false, false
	for i := 4; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch {
		case is(c.Args[i], "REPLACE"):
			o.replace = true
		case is(c.Args[i], "ABSTTL"):
			o.absolute = true
		case is(c.Args[i], "IDLETIME") && more && !freq:
			i, idle = i+1, true
			if !c.restoreHint(i, math.MaxInt64, "ERR Invalid IDLETIME value, must be >= 0") {
				return o, false
			}
		case is(c.Args[i], "FREQ") && more && !idle:
			i, freq = i+1, true
			if !c.restoreHint(i, math.MaxUint8, "ERR Invalid FREQ value, must be >= 0 and <= 255") {
				return o, false
			}
		default:
			c.Error(errSyntax)
			return o, false
		}
	}
	return o, true
}

// restoreHint checks the value of IDLETIME or FREQ, or replies with an error.
func (c *Call) restoreHint(i int, most int64, problem string) bool {
	n, ok := c.intArg(i)
	if ok && (n < 0 || n > most) {
		c.Error(problem)
		return false
	}
	return ok
}

// restoreExpiry is when the key will expire (wall); 0 means never.
func (c *Call) restoreExpiry(o restoreOptions) (at clock.Millis, ok bool) {
	ttl, ok := c.intArg(2)
	if !ok {
		return 0, false
	}
	if ttl < 0 || !o.absolute && ttl > math.MaxInt64-int64(c.Now.Wall) {
		c.Error("ERR Invalid TTL value, must be >= 0")
		return 0, false
	}
	if ttl == 0 || o.absolute {
		return clock.Millis(ttl), true
	}
	return c.Now.Wall + clock.Millis(ttl), true
}
