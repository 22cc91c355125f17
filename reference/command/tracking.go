package command

import (
	"maps"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// Client-side caching: a client that asked for it (CLIENT TRACKING) is told when a key it has read, or a key with a prefix
// it named (BCAST), is changed. It is told at most once for each time it reads (Redis: tracking.c).

// tracking is what one client asked for.
type tracking struct {
	redirect uint64 // the client that is told in place of this one; 0: none
	broken   bool   // that client is gone, as was noticed when there was something to tell
	bcast    bool
	optIn    bool // only reads after CLIENT CACHING yes count
	optOut   bool // all reads count but those after CLIENT CACHING no
	noLoop   bool // its own changes are not told
	caching  bool // CLIENT CACHING was called for the next command
	prefixes []string
}

// caches is who is to be told of which keys.
type caches struct {
	clients  int                            // with tracking on
	readers  map[string]map[uint64]struct{} // clients, by number, that have read a key since they were told of it last
	items    int                            // of all keys together
	prefixes map[string]*prefixAudience
	changed  bool     // some prefix has something to tell
	own      [][]byte // what the client whose command is running is told after the reply; nil: everything has gone
}

// prefixAudience is who is told of keys with one prefix, and of which keys next: with the client that changed each last.
type prefixAudience struct {
	clients map[*Session]struct{}
	changed map[string]*Session
}

// trackingCommands are those of CLIENT that concern client-side caching.
var trackingCommands = []Command{
	{
		Name: "client|caching", Arity: 3, Flags: NoScript | Loading | Stale, Group: "connection", Since: "6.0.0",
		Complexity: "O(1)", Syntax: "(YES|NO)", Summary: "Says whether the keys of the next command are tracked, in modes OPTIN and OPTOUT",
		Run: clientCaching,
	},
	{
		Name: "client|getredir", Arity: 2, Flags: NoScript | Loading | Stale, Group: "connection", Since: "6.0.0",
		Complexity: "O(1)", Summary: "The number of the connection that invalidations go to: 0 is this one, -1 says that tracking is off",
		Run: clientGetredir,
	},
	{
		Name: "client|tracking", Arity: -3, Flags: NoScript | Loading | Stale, Group: "connection", Since: "6.0.0",
		Complexity: "O(1)", Syntax: "(ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
		Summary: "Has this connection told when keys it has read are changed", Run: clientTracking,
	},
	{
		Name: "client|trackinginfo", Arity: 2, Flags: NoScript | Loading | Stale, Group: "connection", Since: "6.2.0",
		Complexity: "O(1)", Summary: "What this connection asked CLIENT TRACKING for", Run: clientTrackinginfo,
	},
}

func clientTracking(c *Call) {
	var wish tracking
	for i := 3; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch word := c.Args[i]; {
		case is(word, "REDIRECT") && more:
			i++
			if wish.redirect != 0 {
				c.Error("ERR A client can only redirect to a single other client")
				return
			}
			id, ok := c.intArg(i)
			if !ok {
				return
			}
			if c.sessions[uint64(id)] == nil {
				c.Error("ERR The client ID you want redirect to does not exist")
				return
			}
			wish.redirect = uint64(id)
		case is(word, "BCAST"):
			wish.bcast = true
		case is(word, "OPTIN"):
			wish.optIn = true
		case is(word, "OPTOUT"):
			wish.optOut = true
		case is(word, "NOLOOP"):
			wish.noLoop = true
		case is(word, "PREFIX") && more:
			i++
			wish.prefixes = append(wish.prefixes, string(c.Args[i]))
		default:
			c.Error(errSyntax)
			return
		}
	}
	switch s := c.Session; {
	case is(c.Args[2], "ON"):
		if problem := wish.contradiction(s.tracking); problem != "" {
			c.Error(problem)
			return
		}
		c.track(s, wish)
	case is(c.Args[2], "OFF"):
		c.untrack(s)
	default:
		c.Error(errSyntax)
		return
	}
	c.OK()
}

// contradiction says why a wish cannot be granted to a client that has asked for old before; nil: for nothing.
func (t *tracking) contradiction(old *tracking) string {
	switch {
	case !t.bcast && len(t.prefixes) > 0:
		return "ERR PREFIX option requires BCAST mode to be enabled"
	case old != nil && old.bcast != t.bcast:
		return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."
	case t.bcast && (t.optIn || t.optOut):
		return "ERR OPTIN and OPTOUT are not compatible with BCAST"
	case t.optIn && t.optOut:
		return "ERR You can't specify both OPTIN mode and OPTOUT mode"
	case old != nil && (t.optIn && old.optOut || t.optOut && old.optIn):
		return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."
	}
	for i, prefix := range t.prefixes {
		if old != nil {
			for _, existing := range old.prefixes {
				if overlap(prefix, existing) {
					return overlapError(prefix, "an existing prefix", existing)
				}
			}
		}
		for _, other := range t.prefixes[i+1:] {
			if overlap(prefix, other) {
				return overlapError(prefix, "another provided prefix", other)
			}
		}
	}
	return ""
}

// overlap says whether one of two prefixes begins with the other.
func overlap(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }

func overlapError(prefix, kind, other string) string {
	return "ERR Prefix '" + prefix + "' overlaps with " + kind + " '" + other + "'. Prefixes for a single client must not overlap."
}

// track begins to tell s of changes, or changes how. In BCAST mode prefixes are added to those it has; one that names none
// is told of all keys.
func (e *Engine) track(s *Session, wish tracking) {
	if s.tracking == nil {
		e.caches.clients++
		s.tracking = new(tracking)
	}
	added, kept := wish.prefixes, s.tracking.prefixes
	if wish.bcast && len(added) == 0 && len(kept) == 0 {
		added = []string{""}
	}
	wish.prefixes = append(kept, added...)
	*s.tracking = wish
	for _, prefix := range added {
		e.caches.join(prefix, s)
	}
}

// join adds s to the audience of a prefix.
func (t *caches) join(prefix string, s *Session) {
	if t.prefixes == nil {
		t.prefixes = make(map[string]*prefixAudience)
	}
	a := t.prefixes[prefix]
	if a == nil {
		a = &prefixAudience{make(map[*Session]struct{}), make(map[string]*Session)}
		t.prefixes[prefix] = a
	}
	a.clients[s] = struct{}{}
}

// untrack ends what track began. What s has read is forgotten when it is changed.
func (e *Engine) untrack(s *Session) {
	if s.tracking == nil {
		return
	}
	e.caches.clients--
	for _, prefix := range s.tracking.prefixes {
		a := e.caches.prefixes[prefix]
		if delete(a.clients, s); len(a.clients) == 0 {
			delete(e.caches.prefixes, prefix)
		}
	}
	s.tracking = nil
}

// errNotTracking is for CLIENT CACHING of a client that is not tracked.
const errNotTracking = "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"

func clientCaching(c *Call) {
	t := c.Session.tracking
	switch yes, no := is(c.Args[2], "YES"), is(c.Args[2], "NO"); {
	case t == nil:
		c.Error(errNotTracking)
	case yes && !t.optIn:
		c.Error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
	case no && !t.optOut:
		c.Error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
	case !yes && !no:
		c.Error(errSyntax)
	default:
		t.caching = true
		c.OK()
	}
}

// redirection is where a client's invalidations go: 0 to itself, -1 nowhere.
func (s *Session) redirection() int64 {
	if s.tracking == nil {
		return -1
	}
	return int64(s.tracking.redirect)
}

func clientGetredir(c *Call) { c.Reply.Int(c.Session.redirection()) }

func clientTrackinginfo(c *Call) {
	var t tracking
	flags := []string{"off"}
	if c.Session.tracking != nil {
		t = *c.Session.tracking
		flags[0] = "on"
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"bcast", t.bcast}, {"optin", t.optIn}, {"caching-yes", t.optIn && t.caching}, {"optout", t.optOut},
		{"caching-no", t.optOut && t.caching}, {"noloop", t.noLoop}, {"broken_redirect", t.broken},
	} {
		if flag.set {
			flags = append(flags, flag.name)
		}
	}
	w := c.Reply
	w.Map(3)
	w.BulkString("flags")
	w.Set(len(flags))
	for _, flag := range flags {
		w.BulkString(flag)
	}
	w.BulkString("redirect")
	w.Int(c.Session.redirection())
	w.BulkString("prefixes")
	w.Array(len(t.prefixes))
	for _, prefix := range slices.Sorted(slices.Values(t.prefixes)) {
		w.BulkString(prefix)
	}
}

// noteReads remembers that the client has read the keys of a request.
func (c *Call) noteReads() {
	t := c.Session.tracking
	if t.bcast || t.optIn && !t.caching || t.optOut && t.caching || c.Cmd.Flags.Has(ShardChannel) {
		return
	}
	all := &c.caches
	if all.readers == nil {
		all.readers = make(map[string]map[uint64]struct{})
	}
	var keys keyWalk
	keys.enter(c.Cmd, c.Args)
	for key, ok := keys.next(); ok; key, ok = keys.next() {
		readers := all.readers[string(key)]
		if readers == nil {
			readers = make(map[uint64]struct{})
			all.readers[string(key)] = readers
		}
		if _, known := readers[c.Session.ID]; !known {
			readers[c.Session.ID] = struct{}{}
			all.items++
		}
	}
}

// invalidate tells all who have read a key, or wait for its prefix, that it is changed. The client whose command is running
// is told after its reply.
func (e *Engine) invalidate(key []byte) {
	for prefix, audience := range e.caches.prefixes {
		if strings.HasPrefix(string(key), prefix) {
			audience.changed[string(key)] = e.caller
			e.caches.changed = true
		}
	}
	e.invalidateReaders(key)
}

// invalidateReaders tells those who have read a key, and forgets them.
func (e *Engine) invalidateReaders(key []byte) {
	readers := e.caches.readers[string(key)]
	if readers == nil {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(readers)) {
		s := e.sessions[id]
		switch {
		case s == nil || s.tracking == nil || s.tracking.bcast:
		case s != e.caller:
			e.sendInvalidation(s, func(w *resp.Writer) { writeKeys(w, key) })
		case !s.tracking.noLoop:
			e.caches.own = append(e.caches.own, append([]byte{}, key...))
		}
	}
	e.caches.items -= len(readers)
	delete(e.caches.readers, string(key))
}

// invalidateAll tells every client that tracks that all keys are gone.
func (e *Engine) invalidateAll() {
	if e.caches.clients > 0 {
		for _, s := range e.allSessions() {
			switch {
			case s.tracking == nil:
			case s == e.caller:
				e.caches.own = append(e.caches.own, nil)
			default:
				e.sendInvalidation(s, (*resp.Writer).Null)
			}
		}
	}
	e.caches.readers, e.caches.items = nil, 0
}

// invalidateOwn tells a client, whose command has been answered, what the command changed of what it had read.
func (e *Engine) invalidateOwn(s *Session) {
	for _, key := range e.caches.own {
		switch {
		case s.tracking == nil:
		case key == nil:
			e.sendInvalidation(s, (*resp.Writer).Null)
		default:
			e.sendInvalidation(s, func(w *resp.Writer) { writeKeys(w, key) })
		}
	}
	e.caches.own = e.caches.own[:0]
}

// broadcastInvalidations tells the clients in BCAST mode what has changed since the last turn.
func (e *Engine) broadcastInvalidations() {
	if !e.caches.changed {
		return
	}
	e.caches.changed = false
	for _, prefix := range slices.Sorted(maps.Keys(e.caches.prefixes)) {
		a := e.caches.prefixes[prefix]
		keys := slices.Sorted(maps.Keys(a.changed))
		for _, s := range slices.SortedFunc(maps.Keys(a.clients), bySessionID) {
			told := keys
			if s.tracking.noLoop {
				told = slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return a.changed[key] == s })
			}
			if len(told) > 0 {
				e.sendInvalidation(s, func(w *resp.Writer) { writeKeys(w, told...) })
			}
		}
		clear(a.changed)
	}
}

// broadcastDeadline is when broadcastInvalidations has something to do.
func (e *Engine) broadcastDeadline() clock.Millis {
	if e.caches.changed {
		return e.Now.Mono
	}
	return Never
}

// writeKeys writes the keys of an invalidation.
func writeKeys[T []byte | string](w *resp.Writer, keys ...T) {
	w.Array(len(keys))
	for _, key := range keys {
		w.BulkString(string(key))
	}
}

// sendInvalidation sends a message to s, or to the client it redirects to: as a push of RESP3, or, to a client that
// subscribed in RESP2, as a message of a channel (Redis: sendTrackingMessage).
func (e *Engine) sendInvalidation(s *Session, content func(*resp.Writer)) {
	to := s
	if id := s.tracking.redirect; id != 0 {
		if to = e.sessions[id]; to == nil {
			s.tracking.broken = true
			if s.Reply.Proto == 3 {
				s.Reply.Push(2)
				s.Reply.BulkString("tracking-redir-broken")
				s.Reply.Int(int64(id))
				e.Host.Dirty(s)
			}
			return
		}
	}
	switch {
	case to.Reply.Proto == 3:
		to.Reply.Push(2)
		to.Reply.BulkString("invalidate")
	case to != s && to.subscribed():
		to.Reply.Array(3)
		to.Reply.BulkString("message")
		to.Reply.BulkString("__redis__:invalidate")
	default:
		return // RESP2 has no way to tell it
	}
	content(&to.Reply)
	e.Host.Dirty(to)
}

// limitCaches keeps the number of keys that clients have read within tracking-table-max-keys: what is above it is told as
// if it had changed.
func (e *Engine) limitCaches() {
	limit := int(e.Config.Int("tracking-table-max-keys"))
	if limit == 0 || len(e.caches.readers) <= limit {
		return
	}
	for key := range e.caches.readers {
		if len(e.caches.readers) <= limit {
			return
		}
		e.invalidateReaders([]byte(key))
	}
}

// finishTracked does what follows a request of a client that tracks: it is told what it changed itself, and CLIENT CACHING,
// which holds for one command or one transaction, ends.
func (e *Engine) finishTracked(s *Session, cmd *Command) {
	e.invalidateOwn(s)
	if s.queue == nil && (cmd == nil || !strings.HasPrefix(cmd.Name, "client|")) {
		s.tracking.caching = false
	}
}
