package target

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// Limits of waiting for a node to come up.
const (
	startLimit    = 60 * time.Second      // when the context has no deadline
	answerLimit   = 2 * time.Second       // for one try
	retryInterval = 10 * time.Millisecond // between tries
)

// AwaitPong asks the node until it answers PING with PONG. It gives up when ctx ends or when alive, called before each try, returns an error.
func AwaitPong(ctx context.Context, addr string, alive func() error) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if err := alive(); err != nil {
			return err
		}
		last := ping(ctx, addr)
		if last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no PONG from %s: %w (last try: %w)", addr, context.Cause(ctx), last)
		case <-time.After(retryInterval):
		}
	}
}

func ping(ctx context.Context, addr string) error {
	reply, err := Ask(ctx, addr, "PING")
	if err != nil {
		return err
	}
	if reply.Kind != wire.Simple || reply.Text != "PONG" {
		return fmt.Errorf("PING was answered by %s", reply)
	}
	return nil
}

// Ask sends one command on a connection of its own and returns the reply.
func Ask(ctx context.Context, addr string, args ...string) (wire.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	conn, err := wire.Dial(ctx, addr)
	if err != nil {
		return wire.Value{}, err
	}
	defer conn.Close()
	return conn.Do(ctx, args...)
}

// ClusterModeIsOff is the error for a node that answered a CLUSTER command by saying that it has no cluster mode, in Redis's words or in
// words like them; nil for every other reply.
func ClusterModeIsOff(addr string, reply wire.Value) error {
	if reply.IsError() && strings.Contains(reply.Text, "cluster support disabled") {
		return fmt.Errorf("the server at %s is not in cluster mode: start it with cluster-enabled yes", addr)
	}
	return nil
}
