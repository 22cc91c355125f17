package command

import "strings"

// protocolTypes are those DEBUG PROTOCOL has an example of: a client library is tested with them.
var protocolTypes = []string{
	"string", "integer", "double", "bignum", "null", "array", "set", "map", "attrib", "push", "verbatim", "true", "false",
}

func debugProtocol(c *Call) {
	r, resp3 := c.Reply, c.Reply.Proto == 3
	switch word := c.Args[2]; {
	case is(word, "string"):
		r.BulkString("Hello World")
	case is(word, "integer"):
		r.Int(12345)
	case is(word, "double"):
		r.Double(3.141)
	case is(word, "bignum"):
		r.BigNumber("1234567999999999999999999999999999999")
	case is(word, "null"):
		r.Null()
	case is(word, "array"):
		r.Array(3)
		upToTwo(c, nil)
	case is(word, "set"):
		r.Set(3)
		upToTwo(c, nil)
	case is(word, "map"):
		r.Map(3)
		upToTwo(c, func(n int64) { r.Bool(n == 1) })
	case is(word, "attrib"):
		if resp3 {
			r.Attribute(1)
			r.BulkString("key-popularity")
			r.Array(2)
			r.BulkString("key:123")
			r.Int(90)
		}
		r.BulkString("Some real reply following the attribute")
	case is(word, "push") && !resp3:
		c.Error("ERR RESP2 is not supported by this command")
	case is(word, "push"):
		r.Push(2)
		r.BulkString("server-cpu-usage")
		r.Int(42)
		r.BulkString("Some real reply following the push reply") // a push is no reply
	case is(word, "verbatim"):
		r.Verbatim("txt", []byte("This is a verbatim\nstring"))
	case is(word, "true"):
		r.Bool(true)
	case is(word, "false"):
		r.Bool(false)
	default:
		c.Error("ERR Wrong protocol type name. Please use one of the following: " + strings.Join(protocolTypes, "|"))
	}
}

// upToTwo writes 0, 1 and 2, each with what goes with it.
func upToTwo(c *Call, with func(n int64)) {
	for n := range int64(3) {
		c.Reply.Int(n)
		if with != nil {
			with(n)
		}
	}
}
