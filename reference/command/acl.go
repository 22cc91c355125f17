package command

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
)

// aclCommands are ACL, as far as it asks: there is one user, who may do everything, and whose password is requirepass.
var aclCommands = []Command{
	{
		Name: "acl", Arity: -2, Group: "server", Since: "6.0.0", Complexity: "That of the subcommand", Summary: "Tells of users; there is one",
	},
	{
		Name: "acl|cat", Arity: -2, Flags: NoScript | Loading | Stale, Group: "server", Since: "6.0.0",
		Complexity: "O(N) in the number of commands", Syntax: "[<category>]", Summary: "Lists the categories, or the commands of one", Run: aclCat,
	},
	{
		Name: "acl|getuser", Arity: 3, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "6.0.0",
		Complexity: "O(1)", Syntax: "<username>", Summary: "Returns what a user may do", Run: aclGetuser,
	},
	{
		Name: "acl|help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "6.0.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
	{
		Name: "acl|list", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "6.0.0",
		Complexity: "O(1)", Summary: "Lists the users as an ACL file would", Run: aclList,
	},
	{
		Name: "acl|users", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "6.0.0",
		Complexity: "O(1)", Summary: "Lists the names of the users", Run: aclUsers,
	},
	{
		Name: "acl|whoami", Arity: 2, Flags: NoScript | Loading | Stale, Group: "server", Since: "6.0.0",
		Complexity: "O(1)", Summary: "Returns the name of this connection's user", Run: aclWhoami,
	},
}

func aclWhoami(c *Call) { c.Reply.BulkString(defaultUser) }

func aclUsers(c *Call) {
	c.Reply.Array(1)
	c.Reply.BulkString(defaultUser)
}

// passwordHash is how ACL shows a password.
func passwordHash(password string) string {
	sum := sha256.Sum256([]byte(password))
	return hex.EncodeToString(sum[:])
}

func aclList(c *Call) {
	secret := "nopass"
	if c.password != "" {
		secret = "#" + passwordHash(c.password)
	}
	c.Reply.Array(1)
	c.Reply.BulkString("user " + defaultUser + " on " + secret + " ~* &* +@all")
}

func aclGetuser(c *Call) {
	w := c.Reply
	if string(c.Args[2]) != defaultUser {
		w.Null()
		return
	}
	w.Map(6)
	w.BulkString("flags")
	if c.password == "" {
		w.Set(2)
		w.BulkString("on")
		w.BulkString("nopass")
	} else {
		w.Set(1)
		w.BulkString("on")
	}
	w.BulkString("passwords")
	if c.password == "" {
		w.Array(0)
	} else {
		w.Array(1)
		w.BulkString(passwordHash(c.password))
	}
	for _, rule := range [][2]string{{"commands", "+@all"}, {"keys", "~*"}, {"channels", "&*"}} {
		w.BulkString(rule[0])
		w.BulkString(rule[1])
	}
	w.BulkString("selectors")
	w.Array(0)
}

// aclCategories are all there are, also those without a command here.
var aclCategories = []string{
	"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream", "pubsub",
	"admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
}

func aclCat(c *Call) {
	switch len(c.Args) {
	case 2:
		c.Reply.Array(len(aclCategories))
		for _, name := range aclCategories {
			c.Reply.BulkString(name)
		}
	case 3:
		for _, name := range aclCategories {
			if is(c.Args[2], name) {
				writeStrings(c.Reply, table.namesWhere(func(cmd *Command) bool { return cmd.isIn(name) }))
				return
			}
		}
		c.Error(fmt.Sprintf("ERR Unknown category '%s'", cString(c.Args[2], math.MaxInt)))
	default:
		c.badSubcommand()
	}
}
