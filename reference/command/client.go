package command

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// clientCommands are CLIENT: sessions as objects.
var clientCommands = []Command{
	{
		Name: "client", Arity: -2, Group: "connection", Since: "2.4.0", Complexity: "That of the subcommand", Summary: "Lists and steers connections",
	},
	{
		Name: "client|getname", Arity: 2, Flags: NoScript | Loading | Stale, Group: "connection", Since: "2.6.9",
		Complexity: "O(1)", Summary: "The name of this connection", Run: clientGetname,
	},
	{
		Name: "client|id", Arity: 2, Flags: NoScript | Loading | Stale, Group: "connection", Since: "5.0.0",
		Complexity: "O(1)", Summary: "The number of this connection", Run: clientID,
	},
	{
		Name: "client|info", Arity: 2, Flags: NoScript | Loading | Stale, Group: "connection", Since: "6.2.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Summary: "What is known of this connection", Run: clientInfo,
	},
	{
		Name: "client|kill", Arity: -3, Flags: Admin | NoScript | Loading | Stale, Group: "connection", Since: "2.4.0",
		Complexity: "O(N) in the number of connections", Summary: "Closes connections",
		Syntax: "<ip:port> | <[ID <client-id>] [TYPE <type>] [USER <name>] [ADDR <ip:port>] [LADDR <ip:port>] [SKIPME <yes|no>] ...>",
		Run:    clientKill,
	},
	{
		Name: "client|list", Arity: -2, Flags: Admin | NoScript | Loading | Stale, Group: "connection", Since: "2.4.0",
		Complexity: "O(N) in the number of connections", Tips: []string{"nondeterministic_output"}, Syntax: "[TYPE <type>] [ID <client-id> [<client-id> ...]]",
		Summary: "What is known of connections", Run: clientList,
	},
	{
		Name: "client|no-evict", Arity: 3, Flags: Admin | NoScript | Loading | Stale, Group: "connection", Since: "7.0.0",
		Complexity: "O(1)", Syntax: "(ON|OFF)", Summary: "Protects this connection from being closed for want of memory", Run: clientNoEvict,
	},
	{
		Name: "client|pause", Arity: -3, Flags: Admin | NoScript | Loading | Stale, Group: "connection", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<timeout> [WRITE|ALL]", Summary: "Has requests wait for milliseconds", Run: clientPause,
	},
	{
		Name: "client|reply", Arity: 3, Flags: NoScript | Loading | Stale, Group: "connection", Since: "3.2.0",
		Complexity: "O(1)", Syntax: "(ON|OFF|SKIP)", Summary: "Chooses which requests of this connection are answered", Run: clientReply,
	},
	{
		Name: "client|setname", Arity: 3, Flags: NoScript | Loading | Stale, Group: "connection", Since: "2.6.9",
		Complexity: "O(1)", Syntax: "<name>", Summary: "Names this connection", Run: clientSetname,
	},
	{
		Name: "client|unblock", Arity: -3, Flags: Admin | NoScript | Loading | Stale, Group: "connection", Since: "5.0.0",
		Complexity: "O(N) in the number of connections that are blocked", Syntax: "<clientid> [TIMEOUT|ERROR]",
		Summary: "Ends the wait of a blocked connection", Run: clientUnblock,
	},
	{
		Name: "client|unpause", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Group: "connection", Since: "6.2.0",
		Complexity: "O(N) in the number of requests that wait", Summary: "Ends CLIENT PAUSE", Run: clientUnpause,
	},
	{
		Name: "client|help", Arity: 2, Flags: Loading | Stale, Group: "connection", Since: "5.0.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
}

func clientID(c *Call) { c.Reply.Int(int64(c.Session.ID)) }

func clientGetname(c *Call) {
	if c.Session.Name == "" {
		c.Reply.Null()
		return
	}
	c.Reply.BulkString(c.Session.Name)
}

func clientSetname(c *Call) {
	if c.setName(c.Args[2]) {
		c.OK()
	}
}

// setName names the connection, or replies that it cannot have that name. An empty name takes the name away.
func (c *Call) setName(name []byte) bool {
	for _, b := range name {
		if b < '!' || b > '~' {
			c.Error("ERR Client names cannot contain spaces, newlines or special characters.")
			return false
		}
	}
	c.Session.Name = string(name)
	return true
}

func clientInfo(c *Call) { c.Reply.Verbatim("txt", c.describe(nil, c.Session)) }

func clientList(c *Call) {
	var text []byte
	switch {
	case len(c.Args) == 2:
		for _, s := range c.allSessions() {
			text = c.describe(text, s)
		}
	case len(c.Args) == 4 && is(c.Args[2], "TYPE"):
		kind, ok := c.sessionKindArg(3)
		if !ok {
			return
		}
		for _, s := range c.allSessions() {
			if s.kind() == kind {
				text = c.describe(text, s)
			}
		}
	case len(c.Args) > 3 && is(c.Args[2], "ID"):
		for i := 3; i < len(c.Args); i++ {
			id, ok := c.intArgOr(i, "ERR Invalid client ID")
			if !ok {
				return
			}
			if s := c.sessions[uint64(id)]; s != nil {
				text = c.describe(text, s)
			}
		}
	default:
		c.Error(errSyntax)
		return
	}
	c.Reply.Verbatim("txt", text)
}

// allSessions lists the sessions by age.
func (e *Engine) allSessions() []*Session {
	all := slices.Collect(maps.Values(e.sessions))
	slices.SortFunc(all, func(a, b *Session) int { return int(int64(a.ID) - int64(b.ID)) })
	return all
}

// sessionKind is the type of a connection in CLIENT LIST and CLIENT KILL.
type sessionKind uint8

const (
	normalSession sessionKind = iota
	replicaSession
	pubsubSession
	primarySession
)

// kind says what the connection is used for.
func (s *Session) kind() sessionKind {
	switch {
	case s.Replica != nil:
		return replicaSession
	case s.subscribed():
		return pubsubSession
	}
	return normalSession
}

// sessionKindArg reads a type of connections, or replies that it is none.
func (c *Call) sessionKindArg(i int) (sessionKind, bool) {
	word := c.Args[i]
	switch {
	case is(word, "NORMAL"):
		return normalSession, true
	case is(word, "REPLICA"), is(word, "SLAVE"):
		return replicaSession, true
	case is(word, "PUBSUB"):
		return pubsubSession, true
	case is(word, "MASTER"):
		return primarySession, true
	}
	c.Error(fmt.Sprintf("ERR Unknown client type '%s'", cString(word, math.MaxInt)))
	return 0, false
}

// describe appends a line of CLIENT LIST: what Redis tells, as far as we know it.
func (e *Engine) describe(dst []byte, s *Session) []byte {
	queued := -1
	if s.queue != nil {
		queued = len(s.queue.requests)
	}
	last := "NULL"
	if s.lastCommand != nil {
		last = s.lastCommand.Name
	}
	return fmt.Appendf(dst, "id=%d addr=%s laddr=%s name=%s age=%d idle=%d flags=%s db=0 sub=%d psub=%d ssub=%d multi=%d obl=%d cmd=%s user=%s resp=%d\n",
		s.ID, s.Addr, s.Laddr, s.Name, seconds(e.Now.Mono-s.Since.Mono), seconds(e.Now.Mono-s.lastRequest.Mono), s.letters(),
		len(s.subscriptions.channels), len(s.subscriptions.patterns), len(s.subscriptions.shard), queued, len(s.Reply.Buf), last,
		defaultUser, max(s.Reply.Proto, oldestProtocol))
}

// seconds rounds a duration down.
func seconds(d clock.Millis) int64 { return int64(d) / 1000 }

// letters are the session's flags in CLIENT LIST, in Redis's order.
func (s *Session) letters() string {
	var letters []byte
	for _, one := range []struct {
		letter byte
		set    bool
	}{
		{'S', s.Replica != nil}, {'P', s.subscribed()}, {'x', s.queue != nil}, {'b', s.wait.blocked}, {'d', s.watchBroken},
		{'c', s.closing}, {'r', s.ReadOnly}, {'e', s.noEvict},
	} {
		if one.set {
			letters = append(letters, one.letter)
		}
	}
	if letters == nil {
		return "N"
	}
	return string(letters)
}

// sessionFilter says whom CLIENT KILL is about.
type sessionFilter struct {
	id          uint64 // 0: any
	addr, laddr []byte // nil: any
	kind        sessionKind
	anyKind     bool
	byUser      bool // only who logged in; there is one user
	skipMe      bool
}

// parse reads the options of CLIENT KILL, or replies with an error.
func (f *sessionFilter) parse(c *Call) bool {
	for i := 2; i < len(c.Args); i += 2 {
		word := c.Args[i]
		if i+1 == len(c.Args) {
			c.Error(errSyntax)
			return false
		}
		value := c.Args[i+1]
		switch {
		case is(word, "ID"):
			n, ok := resp.ParseInt(value)
			if !ok || n < 1 {
				c.Error("ERR client-id should be greater than 0")
				return false
			}
			f.id = uint64(n)
		case is(word, "TYPE"):
			kind, ok := c.sessionKindArg(i + 1)
			if !ok {
				return false
			}
			f.kind, f.anyKind = kind, false
		case is(word, "ADDR"):
			f.addr = value
		case is(word, "LADDR"):
			f.laddr = value
		case is(word, "USER"):
			if string(value) != defaultUser {
				c.Error(fmt.Sprintf("ERR No such user '%s'", cString(value, math.MaxInt)))
				return false
			}
			f.byUser = true
		case is(word, "SKIPME") && is(value, "YES"):
			f.skipMe = true
		case is(word, "SKIPME") && is(value, "NO"):
			f.skipMe = false
		default:
			c.Error(errSyntax)
			return false
		}
	}
	return true
}

// admits says whether a session is meant.
func (f *sessionFilter) admits(s, me *Session) bool {
	return (f.id == 0 || s.ID == f.id) && (f.addr == nil || s.Addr == string(f.addr)) && (f.laddr == nil || s.Laddr == string(f.laddr)) &&
		(f.anyKind || s.kind() == f.kind) && !(f.skipMe && s == me)
}

// admitsPrimary says whether the link to our primary is meant, which is a connection without a session.
func (f *sessionFilter) admitsPrimary(addr string) bool {
	return f.id == 0 && f.laddr == nil && !f.byUser && (f.addr == nil || addr == string(f.addr)) && (f.anyKind || f.kind == primarySession)
}

func clientKill(c *Call) {
	byAddr := len(c.Args) == 3
	f := sessionFilter{anyKind: true, skipMe: !byAddr}
	if byAddr {
		f.addr = c.Args[2]
	} else if !f.parse(c) {
		return
	}
	killed := 0
	for _, s := range c.allSessions() {
		if s.closing || !f.admits(s, c.Session) {
			continue
		}
		killed++
		if s == c.Session {
			c.Close()
		} else {
			c.disconnect(s)
		}
	}
	if f.admitsPrimary(c.Host.PrimaryLink().Addr) && c.Host.CutPrimaryLink() {
		killed++
	}
	switch {
	case !byAddr:
		c.Reply.Int(int64(killed))
	case killed == 0:
		c.Error("ERR No such client")
	default:
		c.OK()
	}
}

func clientNoEvict(c *Call) {
	switch {
	case is(c.Args[2], "ON"):
		c.Session.noEvict = true
	case is(c.Args[2], "OFF"):
		c.Session.noEvict = false
	default:
		c.Error(errSyntax)
		return
	}
	c.OK()
}

func clientReply(c *Call) {
	s := c.Session
	switch {
	case is(c.Args[2], "ON"):
		s.silence = answerAll
		s.Reply.Simple("OK")
	case is(c.Args[2], "OFF"):
		s.silence = answerNone
	case is(c.Args[2], "SKIP"):
		if s.silence != answerNone {
			s.silence = skipNext
		}
	default:
		c.Error(errSyntax)
	}
}

// clientPause keeps the longer and the stricter of an earlier pause and this one (Redis: pauseClients).
func clientPause(c *Call) {
	all := true
	switch {
	case len(c.Args) > 4:
		c.badSubcommand()
		return
	case len(c.Args) == 4 && is(c.Args[3], "WRITE"):
		all = false
	case len(c.Args) == 4 && !is(c.Args[3], "ALL"):
		c.Error("ERR CLIENT PAUSE mode must be WRITE or ALL")
		return
	}
	until, ok := c.timeoutArg(2)
	if !ok {
		return
	}
	if p := &c.pauses.client; until != 0 {
		p.until, p.all = max(p.until, until), p.all || all
	}
	c.OK()
}

// clientUnblock ends a wait that has a timeout, as if it were over, or with an error. Who waits for anything else has to
// wait for it.
func clientUnblock(c *Call) {
	if len(c.Args) > 4 {
		c.badSubcommand()
		return
	}
	withError := false
	if len(c.Args) == 4 {
		if withError = is(c.Args[3], "ERROR"); !withError && !is(c.Args[3], "TIMEOUT") {
			c.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
			return
		}
	}
	id, ok := c.intArg(2)
	if !ok {
		return
	}
	s := c.sessions[uint64(id)]
	if s == nil || s.wait.expired == nil {
		c.Reply.Int(0)
		return
	}
	if withError {
		s.Reply.Error("UNBLOCKED client unblocked via CLIENT UNBLOCK")
	} else {
		s.wait.expired(s)
	}
	c.Unblock(s)
	c.Reply.Int(1)
}

func clientUnpause(c *Call) {
	c.pauses.client = pause{}
	c.resumeParked()
	c.OK()
}
