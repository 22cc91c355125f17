package command

import (
	"fmt"
	"github.com/clusterspec/clusterspec/reference/defect"
	"math"
)

// connectionCommands concern the connection itself. CLIENT has a file of its own.
var connectionCommands = []Command{
	{
		Name: "ping", Arity: -1, Flags: Fast | InSubscription, Group: "connection", Since: "1.0.0", Complexity: "O(1)",
		Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}, Summary: "Answers, to show that the node is there", Run: ping,
	},
	{
		Name: "echo", Arity: 2, Flags: Loading | Stale | Fast, Group: "connection", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Answers with its argument", Run: echo,
	},
	{
		Name: "hello", Arity: -1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, Group: "connection", Since: "6.0.0",
		Complexity: "O(1)", Summary: "Chooses the protocol version and introduces the node", Run: hello,
	},
	{
		Name: "auth", Arity: -2, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy, Group: "connection", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Gives the password", Run: auth,
	},
	{
		Name: "select", Arity: 2, Flags: Loading | Stale | Fast, Group: "connection", Since: "1.0.0", Complexity: "O(1)",
		Summary: "Chooses the database; a cluster has one", Run: selectDB,
	},
	{
		Name: "quit", Arity: -1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy | NotQueued | InSubscription, Group: "connection",
		Since: "1.0.0", Complexity: "O(1)", Summary: "Closes the connection", Run: quit,
	},
	{
		Name: "reset", Arity: 1, Flags: NoScript | Loading | Stale | Fast | NoAuth | AllowBusy | NotQueued | InSubscription, Group: "connection",
		Since: "6.2.0", Complexity: "O(1)", Summary: "Brings the connection back to how it began", Run: reset,
	},
	{
		Name: "asking", Arity: 1, Flags: Fast | Connection, Group: "cluster", Since: "3.0.0", Complexity: "O(1)",
		Summary: "Says that the next command follows an ASK redirection", Run: asking,
		Reply: "OK.", Errors: []Failure{{errClusterDisabled, "the node was started with cluster-enabled no"}},
	},
	{
		Name: "readonly", Arity: 1, Flags: Loading | Stale | Fast | Connection, Group: "cluster", Since: "3.0.0", Complexity: "O(1)",
		Summary: "Lets a replica answer reads of its primary's slots", Run: readOnly,
		Reply: "OK. The connection stays so until READWRITE.", Errors: []Failure{{errClusterDisabled, "the node was started with cluster-enabled no"}},
	},
	{
		Name: "readwrite", Arity: 1, Flags: Loading | Stale | Fast | Connection, Group: "cluster", Since: "3.0.0", Complexity: "O(1)",
		Summary: "Ends what READONLY began", Run: readWrite,
		Reply: "OK.", Errors: []Failure{{errClusterDisabled, "the node was started with cluster-enabled no"}},
	},
}

func ping(c *Call) {
	if len(c.Args) > 2 {
		c.Error(errWrongArity(c.Cmd.Name))
		return
	}
	if c.Session.subscribed() && c.Reply.Proto != 3 {
		c.Reply.Array(2)
		c.Reply.BulkString("pong")
		if len(c.Args) == 1 {
			c.Reply.BulkString("")
		} else {
			c.Reply.Bulk(c.Args[1])
		}
		return
	}
	if len(c.Args) == 1 {
		c.Reply.Simple("PONG")
	} else {
		c.Reply.Bulk(c.Args[1])
	}
}

func echo(c *Call) { c.Reply.Bulk(c.Args[1]) }

// protocolVersions are those HELLO can choose.
const oldestProtocol, newestProtocol = 2, 3

func hello(c *Call) {
	s := c.Session
	version := int64(0)
	if len(c.Args) > 1 {
		var ok bool
		if version, ok = c.intArgOr(1, "ERR Protocol version is not an integer or out of range"); !ok {
			return
		}
		if version < oldestProtocol || version > newestProtocol {
			c.Error("NOPROTO unsupported protocol version")
			return
		}
	}
	for i := 2; i < len(c.Args); i++ {
		left := len(c.Args) - 1 - i
		switch {
		case is(c.Args[i], "AUTH") && left >= 2:
			if !c.authenticate(s, c.Args[i+1], c.Args[i+2]) {
				c.Error(errWrongPassword)
				return
			}
			i += 2
		case is(c.Args[i], "SETNAME") && left >= 1:
			if !c.setName(c.Args[i+1]) {
				return
			}
			i++
		default:
			c.Error(fmt.Sprintf("ERR Syntax error in HELLO option '%s'", cString(c.Args[i], math.MaxInt)))
			return
		}
	}
	if !s.authenticated {
		c.Error(errHelloNoAuth)
		return
	}
	if version != 0 {
		s.Reply.Proto = int(version)
		c.Reply.Proto = int(version)
	}
	c.introduce()
}

// introduce is the reply to HELLO.
func (c *Call) introduce() {
	w := c.Reply
	w.Map(7)
	w.BulkString("server")
	w.BulkString("redis")
	w.BulkString("version")
	w.BulkString(RedisVersion)
	w.BulkString("proto")
	w.Int(int64(max(w.Proto, oldestProtocol)))
	w.BulkString("id")
	w.Int(int64(c.Session.ID))
	w.BulkString("mode")
	w.BulkString(c.mode())
	w.BulkString("role")
	if c.replica {
		w.BulkString("replica")
	} else {
		w.BulkString("master")
	}
	w.BulkString("modules")
	w.Array(0)
}

// mode is the node's mode as HELLO and INFO name it.
func (e *Engine) mode() string {
	if e.Cluster != nil {
		return "cluster"
	}
	return "standalone"
}

// defaultUser is the only user there is.
const defaultUser = "default"

func auth(c *Call) {
	user, password := []byte(defaultUser), c.Args[len(c.Args)-1]
	switch len(c.Args) {
	case 2:
		if c.password == "" {
			c.Error(errNoPasswordSet)
			return
		}
	case 3:
		user = c.Args[1]
	default:
		c.Error(errSyntax)
		return
	}
	if !c.authenticate(c.Session, user, password) {
		c.Error(errWrongPassword)
		return
	}
	c.OK()
}

// authenticate takes a user's password. Without requirepass any password is right.
func (e *Engine) authenticate(s *Session, user, password []byte) bool {
	if string(user) != defaultUser || e.password != "" && string(password) != e.password {
		e.stats.wrongPasswords++
		return false
	}
	s.authenticated = true
	return true
}

func selectDB(c *Call) {
	n, ok := c.int32Arg(1)
	switch {
	case !ok:
	case n == 0:
		c.OK()
	case c.Cluster != nil:
		c.Error("ERR SELECT is not allowed in cluster mode")
	default:
		c.Error("ERR DB index is out of range")
	}
}

func quit(c *Call) {
	c.OK()
	c.Close()
}

func reset(c *Call) {
	s := c.Session
	if s.Replica != nil || s.Primary {
		c.Error("ERR can only reset normal client connections")
		return
	}
	c.discard(s)
	c.unsubscribeAll(s)
	c.untrack(s)
	c.unmonitor(s)
	s.authenticated = c.password == ""
	s.Name = ""
	s.Asking, s.ReadOnly, s.silence, s.noEvict, s.noTouch = false, false, answerAll, false, false
	s.Reply.Proto = oldestProtocol
	s.Reply.Simple("RESET")
}

func asking(c *Call) { c.flag(&c.Session.Asking, true) }

func readOnly(c *Call) { c.flag(&c.Session.ReadOnly, true) }

func readWrite(c *Call) {
	c.flag(&c.Session.ReadOnly, c.Session.ReadOnly && c.Defects.Has(defect.ReadOnlySticks))
}

// flag sets one of the session's flags that only a cluster knows.
func (c *Call) flag(flag *bool, value bool) {
	if c.Cluster == nil {
		c.Error(errClusterDisabled)
		return
	}
	*flag = value
	c.OK()
}
