package clients_test

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/redis/rueidis"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
	"github.com/clusterspec/clusterspec/steps/clients"
)

// TestRueidis takes rueidis through the scenarios of the client libraries. It is not one of those the program brings: its builder of
// commands would make the binary a third larger.
func TestRueidis(t *testing.T) {
	clients.Add(clients.Library{Name: "rueidis", Missing: func() string { return "" }, Open: openRueidis})
	text, err := fs.ReadFile(features.FS, "clients/libraries.feature")
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`(?m)^ +\| (redis-py|redis-rb|phpredis|node-redis) +\|\n`).ReplaceAll(text, nil)
	text = regexp.MustCompile(`\| go-redis +\|`).ReplaceAll(text, []byte("| rueidis |"))
	o := steps.Options{
		Features: fstest.MapFS{"clients/libraries.feature": &fstest.MapFile{Data: text}},
		Parallel: 2, Require: true,
	}
	for _, spec := range []string{"reference", "redis-server"} {
		one, err := catalog.Parse(spec, target.Env{})
		if err != nil {
			t.Fatal(err)
		}
		o.Targets = append(o.Targets, one)
	}
	report, err := steps.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		if r.Verdict != reports.Pass {
			t.Errorf("%s on %s: %s: %s", r.Case, r.Target, r.Verdict, r.Reason)
		}
	}
	if n := len(report.Cases); n < 7 || len(report.Results) != 2*n {
		t.Errorf("%d results of %d scenarios", len(report.Results), n)
	}
}

// ofRueidis is the cluster client of redis/rueidis, which sends what it has in one automatic pipeline per node.
type ofRueidis struct {
	client rueidis.Client
}

func openRueidis(_ context.Context, host, port string, reads clients.Reads) (clients.Client, error) {
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress:  []string{net.JoinHostPort(host, port)},
		DisableCache: true, // nothing here is read twice from a client's own memory
		SendToReplicas: func(cmd rueidis.Completed) bool {
			return reads == clients.FromReplicas && cmd.IsReadOnly()
		},
	})
	if err != nil {
		return nil, err
	}
	return &ofRueidis{client}, nil
}

func (c *ofRueidis) Do(ctx context.Context, verb string, words ...string) ([]string, error) {
	b := c.client.B()
	switch verb {
	case "set":
		return nil, c.client.Do(ctx, b.Set().Key(words[0]).Value(words[1]).Build()).Error()
	case "get":
		value, err := c.client.Do(ctx, b.Get().Key(words[0]).Build()).ToString()
		return []string{value}, unlessRedisNil(err)
	case "mset":
		request := b.Mset().KeyValue()
		keys, values := clients.Pairs(words)
		for i, key := range keys {
			request = request.KeyValue(key, values[i])
		}
		return nil, c.client.Do(ctx, request.Build()).Error()
	case "mget":
		return c.client.Do(ctx, b.Mget().Key(words...).Build()).AsStrSlice()
	case "pipeline":
		return c.pipeline(ctx, words)
	case "publish":
		return nil, c.client.Do(ctx, b.Publish().Channel(words[0]).Message(words[1]).Build()).Error()
	case "receive":
		return c.receive(ctx, words[0])
	}
	return nil, fmt.Errorf("there is no verb %q", verb)
}

func (c *ofRueidis) pipeline(ctx context.Context, words []string) ([]string, error) {
	keys, values := clients.Pairs(words)
	var requests []rueidis.Completed
	for i, key := range keys {
		requests = append(requests, c.client.B().Set().Key(key).Value(values[i]).Build())
	}
	for _, key := range keys {
		requests = append(requests, c.client.B().Get().Key(key).Build())
	}
	var got []string
	for i, reply := range c.client.DoMulti(ctx, requests...) {
		text, err := reply.ToString()
		if err != nil {
			return nil, err
		}
		if i >= len(keys) {
			got = append(got, text)
		}
	}
	return got, nil
}

func (c *ofRueidis) receive(ctx context.Context, channel string) (got []string, err error) {
	ctx, done := context.WithCancel(ctx)
	defer done()
	err = c.client.Receive(ctx, c.client.B().Subscribe().Channel(channel).Build(), func(m rueidis.PubSubMessage) {
		if got == nil {
			got = []string{m.Message}
		}
		done()
	})
	if got != nil {
		err = nil // Receive ended because we had what we wanted
	}
	return got, err
}

func (c *ofRueidis) Close() { c.client.Close() }

func unlessRedisNil(err error) error {
	if rueidis.IsRedisNil(err) {
		return nil
	}
	return err
}
