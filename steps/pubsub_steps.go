package steps

import (
	"context"
	"fmt"

	"github.com/clusterspec/clusterspec/compose/wire"
)

func (w *World) pubsubActions() []sentence {
	return []sentence{
		{`a client subscribes to (channel|pattern|shard channel) "([^"]*)" on node ` + one, w.subscribes},
	}
}

func (w *World) pubsubStatements() []sentence {
	return []sentence{
		{`(?:the|both|all) subscribers? receives? "([^"]*)" on channel "([^"]*)"`, w.allReceive},
		{`no subscriber has received anything`, w.noneReceive},
		{`(?:the|both|all) subscribers? (?:is|are) unsubscribed from shard channel "([^"]*)"`, w.allAreUnsubscribed},
	}
}

// subscriber is a connection that receives messages.
type subscriber struct {
	on      *member
	command string // SUBSCRIBE or PSUBSCRIBE
	name    string // of the channel, or the pattern
	conn    *wire.Conn
	got     []wireValue
	seen    int // how many of them were as expected
}

// subscriptions are the commands for what can be subscribed to.
var subscriptions = map[string]string{"channel": "SUBSCRIBE", "pattern": "PSUBSCRIBE", "shard channel": "SSUBSCRIBE"}

func (w *World) subscribes(kind, name, on string) error {
	m, err := w.node(on)
	if err != nil {
		return err
	}
	s := &subscriber{on: m, command: subscriptions[kind], name: name}
	ctx, cancel := w.limited()
	defer cancel()
	if s.conn, err = wire.Dial(ctx, m.Addr()); err != nil {
		return w.silence(m, err)
	}
	s.conn.Trace(func(e wire.Exchange) { w.trace.add(m.name, e) })
	w.subscribers = append(w.subscribers, s)
	value, err := s.conn.Do(ctx, s.command, name)
	if err != nil {
		return w.silence(m, err)
	}
	confirmed := len(value.Items) == 3 && value.Items[1].Text == name
	return w.check(on, confirmed, value.String(), "the confirmation of "+s.command+" "+name)
}

func (w *World) allReceive(message, channel string) error {
	return w.eachSubscriberGets(func(s *subscriber) wireValue { return s.message(channel, message) })
}

func (w *World) noneReceive() error {
	for _, s := range w.subscribers {
		err := s.receive(w.ctx)
		got := "nothing"
		if err == nil {
			got = s.got[len(s.got)-1].String()
		}
		if err := w.check(s.on.name, len(s.got) == s.seen, got, "nothing"); err != nil {
			return err
		}
	}
	return w.check("", len(w.subscribers) > 0, "nobody has subscribed", "subscribers")
}

// allAreUnsubscribed waits for what a node says unasked when it no longer serves the slot of a channel.
func (w *World) allAreUnsubscribed(channel string) error {
	told := wireValue{Kind: wire.Array, Items: []wireValue{
		{Kind: wire.Bulk, Text: "sunsubscribe"}, {Kind: wire.Bulk, Text: channel}, {Kind: wire.Integer, Text: "0"},
	}}
	return w.eachSubscriberGets(func(*subscriber) wireValue { return told })
}

// eachSubscriberGets looks at the first message of each subscriber that was not looked at before.
func (w *World) eachSubscriberGets(want func(*subscriber) wireValue) error {
	for _, s := range w.subscribers {
		if len(s.got) == s.seen {
			if err := s.receive(w.ctx); err != nil {
				return w.check(s.on.name, false, "nothing", want(s).String())
			}
		}
		if err := w.check(s.on.name, s.got[s.seen].Equal(want(s)), s.got[s.seen].String(), want(s).String()); err != nil {
			return err
		}
	}
	for _, s := range w.subscribers {
		s.seen++
	}
	return w.check("", len(w.subscribers) > 0, "nobody has subscribed", "subscribers")
}

// message is the form in which the subscriber gets a message.
func (s *subscriber) message(channel, text string) wireValue {
	parts := []string{"message", channel, text}
	switch s.command {
	case "PSUBSCRIBE":
		parts = []string{"pmessage", s.name, channel, text}
	case "SSUBSCRIBE":
		parts[0] = "smessage"
	}
	value := wireValue{Kind: wire.Array}
	for _, part := range parts {
		value.Items = append(value.Items, wireValue{Kind: wire.Bulk, Text: part})
	}
	return value
}

// receive waits a moment for the next message.
func (s *subscriber) receive(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*pollInterval)
	defer cancel()
	value, err := s.conn.Receive(ctx)
	if err != nil {
		return fmt.Errorf("node %s: %w", s.on.name, err)
	}
	s.got = append(s.got, value)
	return nil
}
