package command

import (
	"errors"

	"github.com/clusterspec/clusterspec/reference/hyperloglog"
	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// hyperloglogCommands count distinct elements, about, in strings of a fixed size.
var hyperloglogCommands = []Command{
	{
		Name: "pfadd", Arity: -2, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | InsertsValue), Group: "hyperloglog", Since: "2.8.9",
		Complexity: "O(1) for each element", Summary: "Counts elements", Run: pfadd,
	},
	{
		Name: "pfcount", Arity: -2, Flags: ReadOnly | MayReplicate, Keys: allKeys(1, ReadWriteKey|ReturnsValue), Group: "hyperloglog", Since: "2.8.9",
		Complexity: "O(N) in the number of keys", Summary: "Returns about how many distinct elements were counted, in all keys together",
		Run: pfcount,
	},
	{
		Name: "pfmerge", Arity: -2, Flags: Write | DenyOOM, Keys: storeAndKeys(ReadWriteKey|ReturnsValue|InsertsValue, ReadKey|ReturnsValue),
		Group: "hyperloglog", Since: "2.8.9", Complexity: "O(N) in the number of keys", Summary: "Counts in the first key what all keys count", Run: pfmerge,
	},
}

// hyperLogLog reads the counter of a key, nil when there is none; ok is false after the reply that it is none.
func (c *Call) hyperLogLog(v keyspace.Value, found bool) (h *hyperloglog.Counter, ok bool) {
	if !found {
		return nil, true
	}
	if v.Kind != keyspace.String {
		c.Error(errWrongType)
		return nil, false
	}
	h, err := hyperloglog.Parse(v.Str)
	switch {
	case errors.Is(err, hyperloglog.ErrForeign):
		c.Error("WRONGTYPE Key is not a valid HyperLogLog string value.")
	case err != nil:
		c.Error("INVALIDOBJ Corrupted HLL object detected")
	}
	return h, err == nil
}

// storeHyperLogLog gives a key a counter; its expiry stays.
func (c *Call) storeHyperLogLog(key []byte, h *hyperloglog.Counter, v keyspace.Value) {
	c.scratch = h.Append(c.scratch[:0], int(c.Config.Int("hll-sparse-max-bytes")))
	c.Store(key, keyspace.Value{Kind: keyspace.String, Str: c.scratch, ExpireAt: v.ExpireAt})
	c.Changed(1)
}

func pfadd(c *Call) {
	v, found := c.LookupWrite(c.Args[1])
	h, ok := c.hyperLogLog(v, found)
	if !ok {
		return
	}
	changed := h == nil
	if h == nil {
		h = hyperloglog.New()
	}
	for _, element := range c.Args[2:] {
		changed = h.Add(element) || changed
	}
	if !changed {
		c.Reply.Int(0)
		return
	}
	c.storeHyperLogLog(c.Args[1], h, v)
	c.Reply.Int(1)
}

// pfcount writes the count of a single key into it, so that it need not be computed again; replicas do so as well.
func pfcount(c *Call) {
	if len(c.Args) == 2 {
		v, found := c.LookupRead(c.Args[1])
		h, ok := c.hyperLogLog(v, found)
		switch {
		case !ok:
		case h == nil:
			c.Reply.Int(0)
		default:
			n, computed := h.Count()
			if computed {
				c.storeHyperLogLog(c.Args[1], h, v)
				c.Rewrite(c.Args...)
			}
			c.Reply.Int(int64(n))
		}
		return
	}
	if all, ok := c.mergeHyperLogLogs(); ok {
		n, _ := all.Count()
		c.Reply.Int(int64(n))
	}
}

// mergeHyperLogLogs counts what all keys of the request count.
func (c *Call) mergeHyperLogLogs() (*hyperloglog.Counter, bool) {
	all := hyperloglog.New()
	for _, key := range c.Args[1:] {
		h, ok := c.hyperLogLog(c.LookupRead(key))
		if !ok {
			return nil, false
		}
		if h != nil {
			all.Merge(h)
		}
	}
	return all, true
}

func pfmerge(c *Call) {
	all, ok := c.mergeHyperLogLogs()
	if !ok {
		return
	}
	v, _ := c.LookupWrite(c.Args[1])
	c.storeHyperLogLog(c.Args[1], all, v)
	c.OK()
}
