package faults

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

// busLink carries a link of the bus, frame by frame, both ways.
func (p *Proxy) busLink(f *front, conn net.Conn) {
	l := p.connect(f, conn, func(f *front) string { return f.bus })
	if l == nil {
		return
	}
	defer p.forget(l)
	var both sync.WaitGroup
	both.Go(func() { p.carry(l, l.near, l.node, true) })
	both.Go(func() { p.carry(l, l.node, l.near, false) })
	both.Wait()
}

// carry takes frames from one end to the other until either end is gone. What is no frame is not understood; from there on all passes.
func (p *Proxy) carry(l *link, from, to net.Conn, inward bool) {
	q, in := newQueue(), bus.NewReader(from)
	var writing sync.WaitGroup
	writing.Go(func() { p.deliver(l, q, to) })
	var last error
	for last == nil {
		var raw []byte
		if raw, last = in.Raw(); last != nil {
			break
		}
		if pass, due := p.judge(l, raw, inward); pass && !q.push(raw, due) {
			last = io.EOF
		}
	}
	q.close()
	if noFrame := (*bus.NoFrame)(nil); errors.As(last, &noFrame) {
		writing.Wait()
		io.Copy(to, in.Rest())
	} else if !errors.Is(last, io.EOF) {
		l.close()
	}
	writing.Wait()
	l.close()
}

// deliver writes frames when they are due and nothing is in the way.
func (p *Proxy) deliver(l *link, q *queue, to net.Conn) {
	defer q.close()
	for {
		next, more := q.first()
		if !more {
			return
		}
		if wait := time.Until(next.due); wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-l.done:
				timer.Stop()
				return
			}
		}
		if !p.await(l) {
			return
		}
		if _, err := to.Write(next.bytes); err != nil {
			l.close()
			return
		}
		q.done()
	}
}

// judge looks at a frame: who sent it, what the rules say, and what goes into the log.
func (p *Proxy) judge(l *link, raw []byte, inward bool) (pass bool, due time.Time) {
	now := time.Now()
	frame, err := bus.Parse(raw)
	if err == nil && inward && !frame.IsLight() {
		if who := p.nodeAt(int(frame.BusPort)); who != "" {
			l.learn(who)
		}
	}
	from, to := l.peer(), l.at
	if !inward {
		from, to = to, from
	}
	kind := bus.Type(0xffff) // of a frame that cannot be read no filter by type knows
	if frame != nil {
		kind = frame.Type.Plain()
	}
	p.mutex.Lock()
	drop, delay := p.rules.Frame(from, to, kind)
	p.mutex.Unlock()
	if err == nil {
		p.Log.Add(bus.Seen{At: now, From: from, To: to, Frame: frame, Dropped: drop})
	}
	return !drop, now.Add(delay)
}
