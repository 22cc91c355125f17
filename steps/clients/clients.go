// Package clients has cluster clients of other makers do a few things: the libraries that applications use, each behind the same verbs.
// One for Go is linked in; those for other languages are programs of a page (programs/), which their interpreter runs.
//
// The verbs, and what each answers with; "" stands for a key that is not there:
//
//	set KEY VALUE
//	get KEY                     VALUE
//	mset KEY VALUE ...          one request; the keys have one tag
//	mget KEY ...                VALUE ...; likewise
//	pipeline KEY VALUE ...      VALUE ...; every key is set and then read, all sent at once; the keys have one tag
//	publish CHANNEL MESSAGE
//	receive CHANNEL             MESSAGE, the first that comes
package clients

import (
	"context"
	"fmt"
	"slices"
)

// Client is one client of a library. It does one thing at a time.
type Client interface {
	// Do carries out a verb. What the library reports as an error is the error; the client can be used on, unless the context ended.
	Do(ctx context.Context, verb string, words ...string) ([]string, error)
	Close()
}

// Reads says whom a client is to read from.
type Reads string

const (
	FromPrimaries Reads = "primaries"
	FromReplicas  Reads = "replicas"
)

// Library is a client library.
type Library struct {
	Name string
	// Missing tells what this machine lacks to use it, or "". It looks once.
	Missing func() string
	// Open makes a client that is told of one node, by its host and port.
	Open func(ctx context.Context, host, port string, reads Reads) (Client, error)
}

var libraries = []Library{
	{Name: "go-redis", Missing: func() string { return "" }, Open: openGoRedis},
	program{"redis-py", "python3", "-c", "redis-py.py", "python3-redis"}.library(),
	program{"redis-rb", "ruby", "-e", "redis-rb.rb", "ruby-redis"}.library(),
	program{"phpredis", "php", "-r", "phpredis.php", "php-cli php-redis"}.library(),
	program{"node-redis", "node", "-e", "node-redis.js", "nodejs node-redis"}.library(),
}

// Names are the libraries there are.
func Names() []string {
	var names []string
	for _, l := range libraries {
		names = append(names, l.Name)
	}
	return names
}

// Add makes one more library known, before any feature is read.
func Add(l Library) { libraries = append(libraries, l) }

// Find gives the library of a name.
func Find(name string) (Library, error) {
	i := slices.IndexFunc(libraries, func(l Library) bool { return l.Name == name })
	if i < 0 {
		return Library{}, fmt.Errorf("there is no client library %q; known are %q", name, Names())
	}
	return libraries[i], nil
}

// Pairs takes apart KEY VALUE ....
func Pairs(words []string) (keys, values []string) {
	for pair := range slices.Chunk(words, 2) {
		keys, values = append(keys, pair[0]), append(values, pair[1])
	}
	return keys, values
}

func unknownVerb(verb string) error { return fmt.Errorf("there is no verb %q", verb) }
