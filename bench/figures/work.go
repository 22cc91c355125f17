package figures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

// work is what can be counted instead of timed: it is the same on a busy machine and on an idle one, so gates can rest on it.
var work = group{
	name: "work",
	figures: []result.Figure{
		{ID: "work/reads-p1", Title: "read system calls of the server for a GET", Unit: "1"},
		{ID: "work/reads-p16", Title: "read system calls of the server for 16 GETs in a pipeline", Unit: "1"},
		{ID: "work/segments-p16", Title: "TCP segments with the replies to 16 GETs in a pipeline", Unit: "1"},
		{ID: "work/bus-frame", Title: "bytes of a bus frame besides its gossip", Unit: "bytes"},
		{ID: "work/slot-trips", Title: "round trips that move a slot of 10 keys", Unit: "1"},
	},
	trials: 3, estimate: 4 * time.Second,
	open: openWork,
}

const (
	workDepth    = 16 // requests in a pipeline
	workBatches  = 1000
	workSlotKeys = 10
	workBytes    = 64 // of the values
)

// labour is a cluster of two primaries, of which the first is asked, one batch after the other on one connection.
type labour struct {
	server *rig.Server
	conn   *net.TCPConn
	key    string // that the first serves
	slot   int    // the next to be moved from the first to the second
}

func openWork(ctx context.Context, spec string) (_ subject, err error) {
	s, err := rig.StartCluster(ctx, spec, rig.Shape{Primaries: 2, NodeTimeout: 15 * time.Second})
	if err != nil {
		return nil, err
	}
	l := &labour{server: s, key: keyWhere(func(slot int) bool { return slot < wire.Slots/2 })}
	l.slot = wire.SlotOf(l.key) + 1
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	if err := rig.Demand(ctx, s.Addrs[0], "SET", l.key, strings.Repeat("x", workBytes)); err != nil {
		return nil, err
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.Addrs[0])
	if err != nil {
		return nil, err
	}
	l.conn = conn.(*net.TCPConn)
	return l, nil
}

func (l *labour) name() string { return l.server.Name }

func (l *labour) close() error {
	if l.conn != nil {
		l.conn.Close()
	}
	return l.server.Close()
}

func (l *labour) trial(ctx context.Context) ([]float64, error) {
	if l.server.PID(0) == 0 { // nobody sees its system calls, who relays its segments is unknown, and it cannot reach a node of ours
		trips, err := l.move(ctx)
		return []float64{unseen, unseen, unseen, unseen, trips}, err
	}
	single, _, err := l.count(1)
	if err != nil {
		return nil, err
	}
	batch, segments, err := l.count(workDepth)
	if err != nil {
		return nil, err
	}
	frame, err := l.frame(ctx)
	if err != nil {
		return nil, fmt.Errorf("meeting a node of ours: %w", err)
	}
	trips, err := l.move(ctx)
	return []float64{single, batch, segments, frame, trips}, err
}

// count asks batch after batch and returns what one of them costs: read calls of the server, and segments that come back.
func (l *labour) count(depth int) (reads, segments float64, err error) {
	const patience = 30 * time.Second
	if err := l.conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, 0, err
	}
	request := []byte(strings.Repeat(string(wire.AppendCommand(nil, "GET", l.key)), depth))
	reply := make([]byte, depth*len(fmt.Sprintf("$%d\r\n%s\r\n", workBytes, strings.Repeat("x", workBytes))))
	ask := func() error {
		if _, err := l.conn.Write(request); err != nil {
			return err
		}
		_, err := io.ReadFull(l.conn, reply)
		return err
	}
	if err := ask(); err != nil {
		return 0, 0, err
	}
	readsBefore, segmentsBefore := readCalls(l.server.PID(0)), receivedSegments(l.conn)
	for range workBatches {
		if err := ask(); err != nil {
			return 0, 0, err
		}
	}
	return (readCalls(l.server.PID(0)) - readsBefore) / workBatches, (receivedSegments(l.conn) - segmentsBefore) / workBatches, nil
}

// readCalls is how many times a process has called read(2) or one of its kin, from /proc/PID/io (Linux). What a server does besides answering is in it:
// divide it by many.
func readCalls(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
	if err != nil {
		return unseen
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "syscr:"); found {
			if n, err := strconv.ParseFloat(strings.TrimSpace(rest), 64); err == nil {
				return n
			}
		}
	}
	return unseen
}

// frame has the node meet a listener, and returns how long the first frame is that it sends there, but for the gossip in it.
func (l *labour) frame(ctx context.Context) (float64, error) {
	const patience = 10 * time.Second
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	if err := listener.(*net.TCPListener).SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	_, port, err := rig.SplitAddr(listener.Addr().String())
	if err != nil {
		return 0, err
	}
	if err := rig.Demand(ctx, l.server.Addrs[0], "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(port), strconv.Itoa(port)); err != nil {
		return 0, err
	}
	link, err := listener.Accept()
	if err != nil {
		return 0, err
	}
	defer link.Close()
	if err := link.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	frame, err := bus.NewReader(link).Frame()
	if err != nil {
		return 0, err
	}
	return float64(bus.HeaderBytes + len(frame.Payload)), nil // how many nodes it gossips about is drawn by lot
}

// move moves a slot with some keys, and returns the round trips of whoever moves it.
func (l *labour) move(ctx context.Context) (float64, error) {
	slot := l.slot
	l.slot++
	tag := keyWhere(func(s int) bool { return s == slot })
	for i := range workSlotKeys {
		if err := rig.Demand(ctx, l.server.Addrs[0], "SET", fmt.Sprintf("{%s}%d", tag, i), "x"); err != nil {
			return 0, err
		}
	}
	mover, err := rig.NewMover(ctx, l.server.Addrs[0], l.server.Addrs[1])
	if err != nil {
		return 0, err
	}
	defer mover.Close()
	moved, err := mover.Move(ctx, slot)
	if err == nil && moved != workSlotKeys {
		err = fmt.Errorf("moving slot %d moved %d keys of %d", slot, moved, workSlotKeys)
	}
	return float64(mover.Trips), err
}
