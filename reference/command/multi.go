package command

// transactionCommands are MULTI and what belongs to it.
var transactionCommands = []Command{
	{
		Name: "multi", Arity: 1, Flags: NoScript | Loading | Stale | Fast | AllowBusy | NotQueued, Group: "transactions", Since: "1.2.0",
		Complexity: "O(1)", Summary: "Begins a transaction: what follows is queued", Run: multi,
	},
	{
		Name: "exec", Arity: 1, Flags: NoScript | Loading | Stale | SkipSlowlog | NotQueued, Group: "transactions", Since: "1.2.0",
		Complexity: "That of the queued commands", Summary: "Runs the queued commands of a transaction", Run: execute,
	},
	{
		Name: "discard", Arity: 1, Flags: NoScript | Loading | Stale | Fast | AllowBusy | NotQueued, Group: "transactions", Since: "2.0.0",
		Complexity: "O(N) in the number of queued commands", Summary: "Ends a transaction without running it", Run: discard,
	},
	{
		Name: "watch", Arity: -2, Flags: NoScript | Loading | Stale | Fast | AllowBusy | NotQueued, Group: "transactions", Since: "2.2.0",
		Keys: allKeys(1, ReadKey), Complexity: "O(1) for each key",
		Summary: "Makes the next EXEC refuse when one of the keys was changed before it", Run: watch,
	},
	{
		Name: "unwatch", Arity: 1, Flags: NoScript | Loading | Stale | Fast | AllowBusy, Group: "transactions", Since: "2.2.0",
		Complexity: "O(1)", Summary: "Forgets the keys of WATCH", Run: unwatch,
	},
}

// queue is a transaction between MULTI and EXEC.
type queue struct {
	requests []request
	flags    Flags // of all requests together
	broken   bool  // a command was refused: EXEC will abort
}

// request is a command that waits for EXEC. Its args are copies.
type request struct {
	cmd  *Command
	args [][]byte
}

// add queues a request with its flags, unless EXEC will not run it anyway.
func (q *queue) add(cmd *Command, args [][]byte, flags Flags) {
	if q.broken {
		return
	}
	q.requests = append(q.requests, request{cmd, copyWords(args)})
	q.flags |= flags
}

// bytes is how much memory the requests take.
func (q *queue) bytes() (n int) {
	if q != nil {
		for _, r := range q.requests {
			n += wordBytes(r.args)
		}
	}
	return n
}

// wordBytes is how long the words of a request are together.
func wordBytes(args [][]byte) (n int) {
	for _, arg := range args {
		n += len(arg)
	}
	return n
}

// copyWords copies a request into memory of its own.
func copyWords(args [][]byte) [][]byte {
	buf := make([]byte, 0, wordBytes(args))
	words := make([][]byte, len(args))
	for i, arg := range args {
		at := len(buf)
		buf = append(buf, arg...)
		words[i] = buf[at:len(buf):len(buf)]
	}
	return words
}

func multi(c *Call) {
	if c.Session.queue != nil {
		c.Error("ERR MULTI calls can not be nested")
		return
	}
	c.Session.queue = new(queue)
	c.OK()
}

func discard(c *Call) {
	if c.Session.queue == nil {
		c.Error("ERR DISCARD without MULTI")
		return
	}
	c.discard(c.Session)
	c.OK()
}

// discard ends a transaction and forgets what was watched for it.
func (e *Engine) discard(s *Session) {
	s.queue = nil
	e.unwatch(s)
}

// execute runs the queue. Its keys were routed already, all together.
func execute(c *Call) {
	s := c.Session
	if s.queue == nil {
		c.Error("ERR EXEC without MULTI")
		return
	}
	q := s.queue
	touched := s.watchBroken || c.watchedExpired(s)
	c.discard(s)
	if q.broken {
		c.Error(errExecAbort)
		return
	}
	if touched {
		c.Reply.NullArray()
		return
	}
	c.Reply.Array(len(q.requests))
	for i := range q.requests {
		inner := c.prepare(s, q.requests[i].cmd, q.requests[i].args)
		inner.inTransaction = true
		if status := c.run(inner); status == Closing {
			c.status = Closing
		}
	}
}

// watchedKey is one key of WATCH. One that had expired already is not changed by being deleted.
type watchedKey struct {
	name    string
	expired bool
}

func watch(c *Call) {
	s := c.Session
	if s.queue != nil {
		c.Error("ERR WATCH inside MULTI is not allowed")
		return
	}
	if !s.watchBroken {
		for _, key := range c.Args[1:] {
			c.watch(s, key)
		}
	}
	c.OK()
}

func unwatch(c *Call) {
	c.unwatch(c.Session)
	c.OK()
}

// watch adds a key to those whose change breaks the session's next transaction.
func (e *Engine) watch(s *Session, key []byte) {
	for i := range s.watching {
		if s.watching[i].name == string(key) {
			return
		}
	}
	at := e.SlotOf(key)
	_, there := e.DB.Get(at, key)
	name := string(key)
	s.watching = append(s.watching, watchedKey{name, there && !e.exists(at, key)})
	e.watched[name] = append(e.watched[name], s)
}

// unwatch forgets the session's keys and whether one was changed.
func (e *Engine) unwatch(s *Session) {
	e.forgetWatched(s)
	s.watchBroken = false
}

// forgetWatched forgets the session's keys.
func (e *Engine) forgetWatched(s *Session) {
	for _, w := range s.watching {
		sessions := e.watched[w.name]
		remove(&sessions, s)
		if len(sessions) == 0 {
			delete(e.watched, w.name)
		} else {
			e.watched[w.name] = sessions
		}
	}
	s.watching = s.watching[:0]
}

// watchedExpired says whether a watched key has expired since WATCH.
func (e *Engine) watchedExpired(s *Session) bool {
	for _, w := range s.watching {
		key := []byte(w.name)
		at := e.SlotOf(key)
		if _, there := e.DB.Get(at, key); there && !w.expired && !e.exists(at, key) {
			return true
		}
	}
	return false
}

// touch tells all who watch a key, or keep a copy of it, that it changes now.
func (e *Engine) touch(key []byte) {
	if e.caches.clients > 0 {
		e.invalidate(key)
	}
	if len(e.watched) > 0 {
		e.touchWatched(key)
	}
}

// touchWatched breaks the transactions of all who watch a key.
func (e *Engine) touchWatched(key []byte) {
	_, there := e.DB.Get(e.SlotOf(key), key)
	for _, s := range append([]*Session(nil), e.watched[string(key)]...) {
		w := s.watched(key)
		if w.expired && !there {
			w.expired = false // it was gone for the client before; to delete it changes nothing
			continue
		}
		if w.expired {
			break // Redis looks no further either
		}
		s.watchBroken = true
		e.forgetWatched(s)
	}
}

// touchAll tells all who watch a key that is there, or keep a copy of one, that all keys go now.
func (e *Engine) touchAll() {
	e.invalidateAll()
	for name, sessions := range e.watched {
		key := []byte(name)
		if _, there := e.DB.Get(e.SlotOf(key), key); !there {
			continue
		}
		for _, s := range sessions {
			if w := s.watched(key); w.expired {
				w.expired = false
			} else {
				s.watchBroken = true
			}
		}
	}
}

// watched finds a key the session watches.
func (s *Session) watched(key []byte) *watchedKey {
	for i := range s.watching {
		if s.watching[i].name == string(key) {
			return &s.watching[i]
		}
	}
	return nil
}
