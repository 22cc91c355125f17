package rig

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// What a measurement asks nodes besides its load, on connections of its own.

// Demand sends a command that has to be answered without an error.
func Demand(ctx context.Context, addr string, args ...string) error {
	_, err := Text(ctx, addr, args...)
	return err
}

// Text is the answer to a command, as text.
func Text(ctx context.Context, addr string, args ...string) (string, error) {
	reply, err := target.Ask(ctx, addr, args...)
	if err != nil {
		return "", err
	}
	if reply.IsError() {
		return "", refusal(addr, args, reply)
	}
	return reply.Text, nil
}

// DemandOn sends a command on a connection that has to be answered without an error, and returns the answer.
func DemandOn(ctx context.Context, at *wire.Conn, args ...string) (wire.Value, error) {
	reply, err := at.Do(ctx, args...)
	if err == nil && reply.IsError() {
		err = refusal(at.Addr(), args, reply)
	}
	return reply, err
}

func refusal(addr string, args []string, reply wire.Value) error {
	const shown = 4 // words of a long command
	return fmt.Errorf("%s was answered by %s at %s", strings.Join(args[:min(shown, len(args))], " "), reply, addr)
}

// Info is the answer to INFO or CLUSTER INFO, by field.
func Info(ctx context.Context, addr string, args ...string) (map[string]string, error) {
	text, err := Text(ctx, addr, args...)
	if err != nil {
		return nil, err
	}
	return wire.ParseInfo(text), nil
}

// pollInterval is how often a node is asked while something is waited for.
const pollInterval = 10 * time.Millisecond

// Until asks every node until it is content.
func (s *Server) Until(ctx context.Context, content func(ctx context.Context, addr string) error) error {
	for _, addr := range s.Addrs {
		if err := Poll(ctx, func(ctx context.Context) error { return content(ctx, addr) }); err != nil {
			return err
		}
	}
	return nil
}

// Poll tries until there is no error, or ctx ends; then the last error says why.
func Poll(ctx context.Context, try func(context.Context) error) error {
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", err, context.Cause(ctx))
		case <-time.After(pollInterval):
		}
	}
}

// SplitAddr takes host:port apart.
func SplitAddr(addr string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(text)
	return host, port, err
}
