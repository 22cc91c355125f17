package command

import "github.com/clusterspec/clusterspec/reference/keyspace"

var stringCommands = []Command{
	{
		Name: "get", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "string", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Returns the string value of a key", Run: get,
	},
	{
		Name: "set", Arity: -3, Flags: Write | DenyOOM, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue | Varies), Group: "string", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Sets a key to a string value", Run: set,
	},
}

func get(c *Call) {
	v, ok := c.LookupRead(c.Args[1])
	if !ok {
		c.Reply.Null()
		return
	}
	c.Reply.Bulk(v.Str)
}

func set(c *Call) {
	c.Store(c.Args[1], keyspace.Value{Kind: keyspace.String, Str: c.Args[2]})
	c.Changed(1)
	c.OK()
}
