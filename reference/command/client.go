package command

import (
	"cmp"
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
		Name: "client|no-touch", Arity: 3, Flags: NoScript | Loading | Stale, Group: "connection", Since: "7.2.0",
		Complexity: "O(1)", Syntax: "(ON|OFF)", Summary: "Keeps this connection's requests from counting as use of keys; nothing counts that here",
		Run: clientNoTouch,
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
		Name: "client|setinfo", Arity: 4, Flags: NoScript | Loading | Stale, Group: "connection", Since: "7.2.0",
		Complexity: "O(1)", Syntax: "<option> <value>",
		Summary: "Tells the name (LIB-NAME) or the version (LIB-VER) of the client's library", Run: clientSetinfo,
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
	if !isPlain(name) {
		c.Error("ERR Client names cannot contain spaces, newlines or special characters.")
		return false
	}
	c.Session.Name = string(name)
	return true
}

// isPlain says whether a text can stand in CLIENT LIST: it is of visible ASCII characters (Redis: validateClientAttr).
func isPlain(text []byte) bool {
	for _, b := range text {
		if b < '!' || b > '~' {
			return false
		}
	}
	return true
}

// library is what a client says of the library it is written with.
type library struct{ name, version string }

func clientSetinfo(c *Call) {
	option, value := c.Args[2], c.Args[3]
	target := &c.Session.library.name
	switch {
	case is(option, "LIB-NAME"):
	case is(option, "LIB-VER"):
		target = &c.Session.library.version
	default:
		c.Error(fmt.Sprintf("ERR Unrecognized option '%s'", cString(option, math.MaxInt)))
		return
	}
	if !isPlain(value) {
		c.Error(fmt.Sprintf("ERR %s cannot contain spaces, newlines or special characters.", cString(option, math.MaxInt)))
		return
	}
	*target = string(value)
	c.OK()
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
	return slices.SortedFunc(maps.Values(e.sessions), bySessionID)
}

// bySessionID puts the older session first.
func bySessionID(a, b *Session) int { return cmp.Compare(a.ID, b.ID) }

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

// Buffers is what the node keeps for one client's connection, in bytes.
type Buffers struct {
	Descriptor int  // of its socket
	Query      int  // received and not executed
	QueryRoom  int  // allocated for more of it
	Reply      int  // to be written, in the buffer that replies are built in
	ReplyRoom  int  // the size of that buffer
	ReplyPeak  int  // the most that was in it lately
	Blocks     int  // how many more blocks are to be written before it
	BlockBytes int  // their size
	Writing    bool // it waits until the client takes more
}

// total is the memory of all buffers.
func (b *Buffers) total() int { return b.Query + b.QueryRoom + b.ReplyRoom + b.BlockBytes }

// describe appends a line of CLIENT LIST.
func (e *Engine) describe(dst []byte, s *Session) []byte {
	queued := -1
	if s.queue != nil {
		queued = len(s.queue.requests)
	}
	last := "NULL"
	if s.lastCommand != nil {
		last = s.lastCommand.Name
	}
	b, events := e.Host.Buffers(s), "r"
	if b.Writing {
		events = "rw"
	}
	arguments, queuedBytes := 0, s.queue.bytes()
	if s == e.caller {
		arguments = wordBytes(e.call[e.depth-1].Args)
	}
	total := b.total() + arguments + queuedBytes
	dst = fmt.Appendf(dst, "id=%d addr=%s laddr=%s fd=%d name=%s age=%d idle=%d flags=%s db=0 sub=%d psub=%d ssub=%d multi=%d ",
		s.ID, s.Addr, s.Laddr, b.Descriptor, s.Name, seconds(e.Now.Mono-s.Since.Mono), seconds(e.Now.Mono-s.lastRequest.Mono), s.letters(slices.Contains(e.parked, s)),
		len(s.subscriptions.channels), len(s.subscriptions.patterns), len(s.subscriptions.shard), queued)
	dst = fmt.Appendf(dst, "qbuf=%d qbuf-free=%d argv-mem=%d multi-mem=%d rbs=%d rbp=%d obl=%d oll=%d omem=%d tot-mem=%d events=%s ",
		b.Query, b.QueryRoom, arguments, queuedBytes, b.ReplyRoom, b.ReplyPeak, b.Reply, b.Blocks, b.BlockBytes, total, events)
	return fmt.Appendf(dst, "cmd=%s user=%s redir=%d resp=%d lib-name=%s lib-ver=%s\n",
		last, defaultUser, s.redirection(), max(s.Reply.Proto, oldestProtocol), s.library.name, s.library.version)
}

// seconds rounds a duration down.
func seconds(d clock.Millis) int64 { return int64(d) / 1000 }

// letters are the session's flags in CLIENT LIST, in Redis's order. For Redis a parked client is a blocked one.
func (s *Session) letters(parked bool) string {
	var letters []byte
	for _, one := range []struct {
		letter byte
		set    bool
	}{
		{'O', s.monitors}, {'S', s.Replica != nil}, {'P', s.subscribed()}, {'x', s.queue != nil}, {'b', parked || s.wait.blocked},
		{'t', s.tracking != nil}, {'R', s.tracking != nil && s.tracking.broken}, {'B', s.tracking != nil && s.tracking.bcast},
		{'d', s.watchBroken}, {'c', s.closing}, {'U', s.Unix}, {'r', s.ReadOnly}, {'e', s.noEvict}, {'T', s.noTouch},
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

func clientNoEvict(c *Call) { setSwitch(c, &c.Session.noEvict) }

func clientNoTouch(c *Call) { setSwitch(c, &c.Session.noTouch) }

// setSwitch turns a property of the connection on or off.
func setSwitch(c *Call, property *bool) {
	switch {
	case is(c.Args[2], "ON"):
		*property = true
	case is(c.Args[2], "OFF"):
		*property = false
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
