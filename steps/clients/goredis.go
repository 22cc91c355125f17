package clients

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
)

// goRedis is the cluster client of redis/go-redis.
type goRedis struct {
	rdb *redis.ClusterClient
}

// The library would tell the terminal of every connection that was refused.
var quiet = sync.OnceFunc(logging.Disable)

func openGoRedis(_ context.Context, host, port string, reads Reads) (Client, error) {
	quiet()
	return &goRedis{redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: []string{net.JoinHostPort(host, port)}, ReadOnly: reads == FromReplicas,
		ClusterStateReloadInterval: time.Second, // how soon it notices that a node is gone for good; a minute unless it is told
	})}, nil
}

func (c *goRedis) Do(ctx context.Context, verb string, words ...string) ([]string, error) {
	switch verb {
	case "set":
		return nil, c.rdb.Set(ctx, words[0], words[1], 0).Err()
	case "get":
		value, err := c.rdb.Get(ctx, words[0]).Result()
		return []string{value}, unlessNil(err)
	case "mset":
		return nil, c.rdb.MSet(ctx, words).Err()
	case "mget":
		return texts(c.rdb.MGet(ctx, words...).Result())
	case "pipeline":
		return c.pipeline(ctx, words)
	case "publish":
		return nil, c.rdb.Publish(ctx, words[0], words[1]).Err()
	case "receive":
		return c.receive(ctx, words[0])
	}
	return nil, unknownVerb(verb)
}

func (c *goRedis) pipeline(ctx context.Context, words []string) ([]string, error) {
	keys, values := Pairs(words)
	pipe := c.rdb.Pipeline()
	for i, key := range keys {
		pipe.Set(ctx, key, values[i], 0)
	}
	for _, key := range keys {
		pipe.Get(ctx, key)
	}
	replies, err := pipe.Exec(ctx)
	if err != nil {
		return nil, err
	}
	var got []string
	for _, reply := range replies[len(keys):] {
		got = append(got, reply.(*redis.StringCmd).Val())
	}
	return got, nil
}

func (c *goRedis) receive(ctx context.Context, channel string) ([]string, error) {
	subscription := c.rdb.Subscribe(ctx, channel)
	defer subscription.Close()
	message, err := subscription.ReceiveMessage(ctx)
	if err != nil {
		return nil, err
	}
	return []string{message.Payload}, nil
}

func (c *goRedis) Close() { c.rdb.Close() }

func unlessNil(err error) error {
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// texts makes "" of what is nil.
func texts(values []any, err error) ([]string, error) {
	all := make([]string, len(values))
	for i, v := range values {
		all[i], _ = v.(string)
	}
	return all, err
}
