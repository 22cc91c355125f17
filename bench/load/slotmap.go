package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// slotMap says which address serves each slot; empty: nobody.
type slotMap [wire.Slots]string

// primaries are the addresses in the map, each once, in the order of their first slot.
func (m *slotMap) primaries() []string {
	var addrs []string
	seen := make(map[string]bool)
	for _, addr := range m {
		if addr != "" && !seen[addr] {
			seen[addr] = true
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// learn asks one address after another for the map of slots (CLUSTER SLOTS). A server without cluster mode serves all of them.
func learn(ctx context.Context, addrs []string) (*slotMap, error) {
	if len(addrs) == 0 {
		return nil, errors.New("no address to send load to")
	}
	var errs []error
	for _, addr := range addrs {
		m, err := ask(ctx, addr)
		if err == nil {
			return m, nil
		}
		errs = append(errs, err)
	}
	return nil, fmt.Errorf("learning who serves which slot: %w", errors.Join(errs...))
}

// askLimit keeps one node that hangs from hiding the others.
const askLimit = time.Second

func ask(ctx context.Context, addr string) (*slotMap, error) {
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	conn, err := wire.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	reply, err := conn.Do(ctx, "CLUSTER", "SLOTS")
	if err != nil {
		return nil, err
	}
	m := &slotMap{}
	if reply.IsError() && strings.Contains(reply.Text, "cluster support disabled") {
		for slot := range m {
			m[slot] = addr
		}
		return m, nil
	}
	entries, err := wire.ParseSlots(reply)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", addr, err)
	}
	for _, e := range entries {
		for slot := e.From; slot <= e.To; slot++ {
			m[slot] = dialAddr(e.Nodes[0], addr)
		}
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("%s serves no slot and knows nobody who does; assign the slots first", addr)
	}
	return m, nil
}

// dialAddr is where to reach a node that asked told of.
func dialAddr(node wire.SlotNode, asked string) string {
	host := node.Endpoint
	if node.Unknown || host == "" { // then it is the host one has already reached
		host, _, _ = net.SplitHostPort(asked)
	}
	return net.JoinHostPort(host, strconv.Itoa(node.Port))
}
