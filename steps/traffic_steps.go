package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clusterspec/clusterspec/compose/wire"
)

func (w *World) trafficActions() []sentence {
	return []sentence{
		{`(\d+) clients write to and read from those slots without pause`, func(count int) error { return w.startClients(count, false) }},
		{`(\d+) clients write to and read from (\d+) keys whatever happens`, w.startTireless},
		{`the clients stop`, w.stopClients},
	}
}

func (w *World) trafficStatements() []sentence {
	return []sentence{
		{`every write that was acknowledged is there, once`, w.acknowledgedWritesAreThere},
		{`no acknowledged write is lost`, w.noWriteIsLost},
		{`no client read an older value than one it had seen acknowledged`, w.noStaleReads},
		{`every key has been written in the last node timeout`, w.everyKeyIsWritten},
		{`the clients saw ASK or MOVED`, w.clientsWereRedirected},
		{`the keys of slots (\d+)-(\d+) lie on node ` + one + ` and nowhere else`, w.keysOfSlotsLieOn},
		{`go-redis's cluster client runs a pipeline over all nodes, a transaction with one tag and an MSET with one tag`, w.goRedis},
	}
}

// startTireless has clients that go on whatever they are answered, on keys of all slots.
func (w *World) startTireless(count, keys int) error {
	w.data.fill(keys, func(i int) string { return "key:" + itoa(i) })
	return w.startClients(count, true)
}

func (w *World) startClients(count int, tireless bool) error {
	ctx, cancel := context.WithCancel(w.ctx)
	var clients []storer
	for range count {
		c, err := w.clusterClient()
		if err != nil {
			cancel()
			return err
		}
		c.ctx = ctx
		clients = append(clients, c)
	}
	w.traffic = startTraffic(cancel, w.data.keys(), clients, tireless)
	return nil
}

func (w *World) stopClients() error {
	w.traffic.end()
	for _, c := range w.traffic.clients {
		if c.trouble != nil && !w.traffic.tireless {
			return w.check("", false, fmt.Sprintf("client %d: %v", c.number+1, c.trouble), "clients that are served throughout")
		}
	}
	for i, key := range w.traffic.keys {
		if n := w.traffic.acked[i].Load(); n > 0 {
			w.data.values[key] = strconv.FormatInt(n, 10)
		}
	}
	return nil
}

func (w *World) acknowledgedWritesAreThere() error {
	if err := w.readsAllBack(); err != nil {
		return err
	}
	primaries, err := w.serving()
	if err != nil {
		return err
	}
	held, err := w.held(primaries)
	if err != nil {
		return err
	}
	var all []string
	for _, keys := range held {
		all = append(all, keys...)
	}
	slices.Sort(all)
	return w.checkKeys(primaries[0], all, w.data.keys())
}

func (w *World) noWriteIsLost() error {
	lost := w.countWrites()
	return w.check("", len(lost) == 0 && w.writes.Unread == 0 && w.writes.Acknowledged > 0,
		fmt.Sprintf("of %d keys %d lost it and %d cannot be read: %s", w.writes.Keys, len(lost), w.writes.Unread, strings.Join(lost, "; ")),
		"the last acknowledged write in every key")
}

func (w *World) noStaleReads() error {
	writes := 0
	for _, c := range w.traffic.clients {
		writes += c.writes
		if err := w.check("", c.stale == "", c.stale, "no value older than one acknowledged before"); err != nil {
			return err
		}
	}
	return w.check("", writes > 0, "no write", "writes")
}

// everyKeyIsWritten looks at the last acknowledgement for each key.
func (w *World) everyKeyIsWritten() error {
	now := w.traffic.history.now()
	for i, key := range w.traffic.keys {
		at := w.traffic.ackedAt[i].Load()
		ago := time.Duration(now - at)
		if err := w.check("", at > 0 && ago <= w.nodeTimeout, fmt.Sprintf("%s ago for %s", ago.Round(time.Millisecond), key), "an acknowledgement in the last "+w.nodeTimeout.String()); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) clientsWereRedirected() error {
	n := 0
	for _, c := range w.traffic.clients {
		if own, ok := c.client.(*clusterClient); ok {
			n += own.moved + own.asked
		}
	}
	return w.check("", n > 0, "no redirection", "at least one ASK or MOVED")
}

func (w *World) keysOfSlotsLieOn(from, to int, name string) error {
	owner, err := w.node(name)
	if err != nil {
		return err
	}
	held, err := w.held(w.primaries())
	if err != nil {
		return err
	}
	within := func(keys []string) (some []string) {
		for _, key := range keys {
			if slot := wire.SlotOf(key); from <= slot && slot <= to {
				some = append(some, key)
			}
		}
		return some
	}
	for _, m := range w.primaries() {
		var want []string
		if m == owner {
			want = within(w.data.keys())
		}
		if err := w.checkKeys(m, within(held[m]), want); err != nil {
			return err
		}
	}
	return nil
}

// goRedis has a client library of others talk to the cluster.
func (w *World) goRedis() error {
	var addrs []string
	for _, m := range w.cluster.members {
		addrs = append(addrs, m.Addr())
	}
	rdb := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs, Protocol: 2, DisableIdentity: true})
	defer rdb.Close()
	ctx, cancel := w.limited()
	defer cancel()
	return errors.Join(w.goRedisPipeline(ctx, rdb), w.goRedisTransaction(ctx, rdb), w.goRedisMSet(ctx, rdb))
}

func (w *World) goRedisPipeline(ctx context.Context, rdb *redis.ClusterClient) error {
	const keys = 300
	pipe := rdb.Pipeline()
	for i := range keys {
		pipe.Set(ctx, fmt.Sprintf("piped:%d", i), i, time.Minute)
	}
	for i := range keys {
		pipe.Get(ctx, fmt.Sprintf("piped:%d", i))
	}
	replies, err := pipe.Exec(ctx)
	if err != nil {
		return w.checkEqual("", err.Error(), "a pipeline without errors")
	}
	for i := range keys {
		got := replies[keys+i].(*redis.StringCmd).Val()
		if err := w.checkEqual("", fmt.Sprintf("piped:%d is %s", i, got), fmt.Sprintf("piped:%d is %d", i, i)); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) goRedisTransaction(ctx context.Context, rdb *redis.ClusterClient) error {
	var sum *redis.IntCmd
	_, err := rdb.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		tx.Set(ctx, "{tag}n", 41, time.Minute)
		sum = tx.Incr(ctx, "{tag}n")
		return nil
	})
	return w.checkEqual("", fmt.Sprintf("%d, %v", sum.Val(), err), "42, <nil>")
}

func (w *World) goRedisMSet(ctx context.Context, rdb *redis.ClusterClient) error {
	err := rdb.MSet(ctx, "{tag}a", "1", "{tag}b", "2").Err()
	got, readErr := rdb.MGet(ctx, "{tag}a", "{tag}b").Result()
	return w.checkEqual("", fmt.Sprint(got, err, readErr), "[1 2] <nil> <nil>")
}
