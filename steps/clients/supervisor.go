package clients

import (
	"context"
	"errors"
)

// errEnded is the reason when a client cannot be used any more: its program has ended, or was ended because it did not answer.
var errEnded = errors.New("the program has ended")

// Supervised gives a library whose programs are started again when they have ended, as what supervises a service does: a library that crashes
// in a language without protection from it takes its program along. What was asked when it crashed is an error; the next request starts another.
func (l Library) Supervised() Library {
	supervised := l
	supervised.Open = func(ctx context.Context, host, port string, reads Reads) (Client, error) {
		s := &supervisor{open: func(ctx context.Context) (Client, error) { return l.Open(ctx, host, port, reads) }}
		var err error
		s.client, err = s.open(ctx)
		return s, err
	}
	return supervised
}

// supervisor is a client that is replaced when it has ended.
type supervisor struct {
	open   func(context.Context) (Client, error)
	client Client // nil when the last one has ended
}

func (s *supervisor) Do(ctx context.Context, verb string, words ...string) (values []string, err error) {
	if s.client == nil {
		if s.client, err = s.open(ctx); err != nil {
			return nil, err
		}
	}
	values, err = s.client.Do(ctx, verb, words...)
	if errors.Is(err, errEnded) {
		s.Close()
	}
	return values, err
}

func (s *supervisor) Close() {
	if s.client != nil {
		s.client.Close()
		s.client = nil
	}
}
