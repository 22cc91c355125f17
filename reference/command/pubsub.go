package command

import (
	"maps"
	"slices"

	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// pubsubCommands are publish/subscribe, over the whole cluster and by shard.
var pubsubCommands = []Command{
	{
		Name: "subscribe", Arity: -2, Flags: PubSub | NoScript | Loading | Stale | InSubscription, Group: "pubsub", Since: "2.0.0",
		Complexity: "O(N) in the number of channels", Summary: "Receives the messages of channels", Run: subscribe,
	},
	{
		Name: "unsubscribe", Arity: -1, Flags: PubSub | NoScript | Loading | Stale | InSubscription, Group: "pubsub", Since: "2.0.0",
		Complexity: "O(N) in the number of channels", Summary: "Receives no more messages of channels, or of none", Run: unsubscribe,
	},
	{
		Name: "psubscribe", Arity: -2, Flags: PubSub | NoScript | Loading | Stale | InSubscription, Group: "pubsub", Since: "2.0.0",
		Complexity: "O(N) in the number of patterns", Summary: "Receives the messages of channels that match patterns", Run: psubscribe,
	},
	{
		Name: "punsubscribe", Arity: -1, Flags: PubSub | NoScript | Loading | Stale | InSubscription, Group: "pubsub", Since: "2.0.0",
		Complexity: "O(N) in the number of patterns", Summary: "Receives no more messages by patterns, or by none", Run: punsubscribe,
	},
	{
		Name: "ssubscribe", Arity: -2, Flags: PubSub | NoScript | Loading | Stale | InSubscription | ShardChannel, Group: "pubsub", Since: "7.0.0",
		Keys: allKeys(1, NotAKey), Complexity: "O(N) in the number of channels",
		Summary: "Receives the messages of channels of one slot", Run: ssubscribe,
	},
	{
		Name: "sunsubscribe", Arity: -1, Flags: PubSub | NoScript | Loading | Stale | InSubscription | ShardChannel, Group: "pubsub", Since: "7.0.0",
		Keys: allKeys(1, NotAKey), Complexity: "O(N) in the number of channels",
		Summary: "Receives no more messages of channels of a slot, or of none", Run: sunsubscribe,
	},
	{
		Name: "publish", Arity: 3, Flags: PubSub | Loading | Stale | Fast | MayReplicate, Group: "pubsub", Since: "2.0.0",
		Complexity: "O(N+M) in the number of the channel's clients and of all patterns", Summary: "Sends a message to a channel", Run: publish,
	},
	{
		Name: "spublish", Arity: 3, Flags: PubSub | Loading | Stale | Fast | MayReplicate | ShardChannel, Group: "pubsub", Since: "7.0.0",
		Keys: oneKey(NotAKey), Complexity: "O(N) in the number of the channel's clients",
		Summary: "Sends a message to a channel of one shard", Run: spublish,
	},
	{
		Name: "pubsub", Arity: -2, Group: "pubsub", Since: "2.8.0", Complexity: "That of the subcommand", Summary: "Says who listens to what",
	},
	{
		Name: "pubsub|channels", Arity: -2, Flags: PubSub | Loading | Stale, Group: "pubsub", Since: "2.8.0",
		Complexity: "O(N) in the number of channels", Syntax: "[<pattern>]", Summary: "Lists the channels somebody listens to", Run: pubsubChannels,
	},
	{
		Name: "pubsub|numsub", Arity: -2, Flags: PubSub | Loading | Stale, Group: "pubsub", Since: "2.8.0",
		Complexity: "O(N) in the number of channels named", Syntax: "[<channel> ...]", Summary: "Counts who listens to channels", Run: pubsubNumsub,
	},
	{
		Name: "pubsub|numpat", Arity: 2, Flags: PubSub | Loading | Stale, Group: "pubsub", Since: "2.8.0",
		Complexity: "O(1)", Summary: "Counts the patterns somebody listens to", Run: pubsubNumpat,
	},
	{
		Name: "pubsub|shardchannels", Arity: -2, Flags: PubSub | Loading | Stale, Group: "pubsub", Since: "7.0.0",
		Complexity: "O(N) in the number of channels", Syntax: "[<pattern>]", Summary: "Lists the channels of this shard somebody listens to", Run: pubsubChannels,
	},
	{
		Name: "pubsub|shardnumsub", Arity: -2, Flags: PubSub | Loading | Stale, Group: "pubsub", Since: "7.0.0",
		Complexity: "O(N) in the number of channels named", Syntax: "[<shardchannel> ...]", Summary: "Counts who listens to channels of this shard", Run: pubsubNumsub,
	},
	{
		Name: "pubsub|help", Arity: 2, Flags: Loading | Stale, Group: "pubsub", Since: "6.2.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
}

// messages knows who listens to what on this node.
type messages struct {
	channels audience
	shard    audience
	patterns []patternAudience // in the order they were first asked for
}

// audience are the listeners of channels by name, in the order they came.
type audience map[string][]*Session

// patternAudience are the listeners of one pattern.
type patternAudience struct {
	pattern   string
	listeners []*Session
}

// subscriptions is what one client listens to.
type subscriptions struct {
	channels map[string]struct{}
	shard    map[string]struct{}
	patterns []string
}

// start makes room.
func (m *messages) start() { m.channels, m.shard = make(audience), make(audience) }

// subscribed says whether the client waits for messages.
func (s *Session) subscribed() bool {
	return len(s.subscriptions.channels)+len(s.subscriptions.shard)+len(s.subscriptions.patterns) > 0
}

// globalCount is the number that confirmations of channels and patterns carry.
func (s *Session) globalCount() int {
	return len(s.subscriptions.channels) + len(s.subscriptions.patterns)
}

// add makes s a listener.
func (a audience) add(name string, s *Session) { a[name] = append(a[name], s) }

// drop makes s no listener any more.
func (a audience) drop(name string, s *Session) {
	listeners := a[name]
	remove(&listeners, s)
	if len(listeners) == 0 {
		delete(a, name)
	} else {
		a[name] = listeners
	}
}

// confirm tells a client what it listens to now. Like a message, it is not silenced by CLIENT REPLY.
func confirm(w *resp.Writer, kind string, name []byte, count int) {
	w.Push(3)
	w.BulkString(kind)
	if name == nil {
		w.Null()
	} else {
		w.Bulk(name)
	}
	w.Int(int64(count))
}

func subscribe(c *Call) {
	s := c.Session
	if s.subscriptions.channels == nil {
		s.subscriptions.channels = make(map[string]struct{})
	}
	for _, name := range c.Args[1:] {
		if _, already := s.subscriptions.channels[string(name)]; !already {
			s.subscriptions.channels[string(name)] = struct{}{}
			c.messages.channels.add(string(name), s)
		}
		confirm(&s.Reply, "subscribe", name, s.globalCount())
	}
}

func ssubscribe(c *Call) {
	s := c.Session
	if c.inTransaction {
		c.Error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client")
		return
	}
	if s.subscriptions.shard == nil {
		s.subscriptions.shard = make(map[string]struct{})
	}
	for _, name := range c.Args[1:] {
		if _, already := s.subscriptions.shard[string(name)]; !already {
			s.subscriptions.shard[string(name)] = struct{}{}
			c.messages.shard.add(string(name), s)
		}
		confirm(&s.Reply, "ssubscribe", name, len(s.subscriptions.shard))
	}
}

func psubscribe(c *Call) {
	for _, pattern := range c.Args[1:] {
		c.addPattern(c.Session, string(pattern))
		confirm(&c.Session.Reply, "psubscribe", pattern, c.Session.globalCount())
	}
}

// addPattern makes s a listener of a pattern.
func (e *Engine) addPattern(s *Session, pattern string) {
	if slices.Contains(s.subscriptions.patterns, pattern) {
		return
	}
	s.subscriptions.patterns = append(s.subscriptions.patterns, pattern)
	m := &e.messages
	for i := range m.patterns {
		if m.patterns[i].pattern == pattern {
			m.patterns[i].listeners = append(m.patterns[i].listeners, s)
			return
		}
	}
	m.patterns = append(m.patterns, patternAudience{pattern, []*Session{s}})
}

// dropPattern makes s no listener of a pattern any more.
func (e *Engine) dropPattern(s *Session, pattern string) {
	at := slices.Index(s.subscriptions.patterns, pattern)
	if at < 0 {
		return
	}
	s.subscriptions.patterns = slices.Delete(s.subscriptions.patterns, at, at+1)
	m := &e.messages
	for i := range m.patterns {
		if m.patterns[i].pattern == pattern {
			remove(&m.patterns[i].listeners, s)
			if len(m.patterns[i].listeners) == 0 {
				m.patterns = slices.Delete(m.patterns, i, i+1)
			}
			return
		}
	}
}

func unsubscribe(c *Call) {
	s := c.Session
	unsubscribeFrom(c, "unsubscribe", slices.Sorted(maps.Keys(s.subscriptions.channels)), func(name string) int {
		if _, there := s.subscriptions.channels[name]; there {
			delete(s.subscriptions.channels, name)
			c.messages.channels.drop(name, s)
		}
		return s.globalCount()
	})
}

func sunsubscribe(c *Call) {
	s := c.Session
	unsubscribeFrom(c, "sunsubscribe", slices.Sorted(maps.Keys(s.subscriptions.shard)), func(name string) int {
		if _, there := s.subscriptions.shard[name]; there {
			delete(s.subscriptions.shard, name)
			c.messages.shard.drop(name, s)
		}
		return len(s.subscriptions.shard)
	})
}

func punsubscribe(c *Call) {
	s := c.Session
	unsubscribeFrom(c, "punsubscribe", slices.Clone(s.subscriptions.patterns), func(pattern string) int {
		c.dropPattern(s, pattern)
		return s.globalCount()
	})
}

// unsubscribeFrom drops what the request names, or all when it names nothing, and confirms each; when there was nothing
// to drop, it confirms that.
func unsubscribeFrom(c *Call, kind string, all []string, drop func(name string) (left int)) {
	w := &c.Session.Reply
	if len(c.Args) > 1 {
		for _, name := range c.Args[1:] {
			confirm(w, kind, name, drop(string(name)))
		}
		return
	}
	for _, name := range all {
		confirm(w, kind, []byte(name), drop(name))
	}
	if len(all) == 0 {
		confirm(w, kind, nil, drop(""))
	}
}

// unsubscribeAll makes a session that ends, or is RESET, listen to nothing.
func (e *Engine) unsubscribeAll(s *Session) {
	for name := range s.subscriptions.channels {
		e.messages.channels.drop(name, s)
	}
	for name := range s.subscriptions.shard {
		e.messages.shard.drop(name, s)
	}
	for _, pattern := range slices.Clone(s.subscriptions.patterns) {
		e.dropPattern(s, pattern)
	}
	s.subscriptions = subscriptions{}
}

// SlotsGone forgets the costs of slots this node no longer serves, and ends the subscriptions to their channels (Redis: removeChannelsInSlot).
func (e *Engine) SlotsGone(slots *slot.Set) {
	e.costsGone(slots)
	for _, name := range slices.Sorted(maps.Keys(e.messages.shard)) {
		if !slots.Has(e.SlotOf([]byte(name))) {
			continue
		}
		for _, s := range e.messages.shard[name] {
			delete(s.subscriptions.shard, name)
			confirm(&s.Reply, "sunsubscribe", []byte(name), len(s.subscriptions.shard))
			e.Host.Dirty(s)
		}
		delete(e.messages.shard, name)
	}
}

func publish(c *Call) {
	receivers := c.deliver(c.Args[1], c.Args[2], false)
	if c.Cluster != nil {
		c.Cluster.Publish(c.Args[1], c.Args[2], false)
		if c.Defects.Has(defect.PublishCountsAll) {
			receivers += len(c.Cluster.Peers()) - 1
		}
	} else {
		c.Rewrite(c.Args...)
	}
	c.Reply.Int(int64(receivers))
}

func spublish(c *Call) {
	receivers := c.deliver(c.Args[1], c.Args[2], true)
	if c.Cluster != nil {
		c.Cluster.Publish(c.Args[1], c.Args[2], true)
	} else {
		c.Rewrite(c.Args...)
	}
	c.Reply.Int(int64(receivers))
}

// Deliver hands a message that came over the bus to the clients of this node.
func (e *Engine) Deliver(channel, payload []byte, shard bool) { e.deliver(channel, payload, shard) }

// deliver hands a message to the clients of this node and says how many copies there were.
func (e *Engine) deliver(channel, payload []byte, shard bool) (receivers int) {
	listeners, kind := e.messages.channels[string(channel)], "message"
	if shard {
		listeners, kind = e.messages.shard[string(channel)], "smessage"
	}
	for _, s := range listeners {
		mark := len(s.Reply.Buf)
		s.Reply.Push(3)
		s.Reply.BulkString(kind)
		s.Reply.Bulk(channel)
		s.Reply.Bulk(payload)
		e.Host.Dirty(s)
		receivers++
		if shard {
			e.countReply(channel, len(s.Reply.Buf)-mark)
		}
	}
	if shard {
		return receivers
	}
	for i := range e.messages.patterns {
		p := &e.messages.patterns[i]
		if !globMatch([]byte(p.pattern), channel, false) {
			continue
		}
		for _, s := range p.listeners {
			s.Reply.Push(4)
			s.Reply.BulkString("pmessage")
			s.Reply.BulkString(p.pattern)
			s.Reply.Bulk(channel)
			s.Reply.Bulk(payload)
			e.Host.Dirty(s)
			receivers++
		}
	}
	return receivers
}

// audienceOf are the channels that PUBSUB is asked about: those of the shard for SHARDCHANNELS and SHARDNUMSUB.
func audienceOf(c *Call) audience {
	if c.Cmd.Name == "pubsub|shardchannels" || c.Cmd.Name == "pubsub|shardnumsub" {
		return c.messages.shard
	}
	return c.messages.channels
}

func pubsubChannels(c *Call) {
	if len(c.Args) > 3 {
		c.badSubcommand()
		return
	}
	names := slices.Sorted(maps.Keys(audienceOf(c)))
	if len(c.Args) == 3 {
		names = slices.DeleteFunc(names, func(name string) bool { return !globMatch(c.Args[2], []byte(name), false) })
	}
	c.Reply.Array(len(names))
	for _, name := range names {
		c.Reply.BulkString(name)
	}
}

func pubsubNumsub(c *Call) {
	from := audienceOf(c)
	c.Reply.Array(2 * (len(c.Args) - 2))
	for _, name := range c.Args[2:] {
		c.Reply.Bulk(name)
		c.Reply.Int(int64(len(from[string(name)])))
	}
}

func pubsubNumpat(c *Call) { c.Reply.Int(int64(len(c.messages.patterns))) }
