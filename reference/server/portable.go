package server

import (
	"net"
	"net/netip"
	"time"

	"github.com/clusterspec/clusterspec/reference/node"
)

// portable is the loop on package net: the goroutine of run owns the node; every connection has a goroutine that reads
// and one that writes, and all of them hand what they have to the owner as functions.
type portable struct {
	*duties
	listeners []net.Listener
	calls     chan func() // unbuffered: what was handed over is called
	ended     chan struct{}
	open      map[*stream]struct{}
}

// stream is one connection; its goroutines end when it is closed.
type stream struct {
	net  net.Conn
	conn *node.Conn
	out  chan []byte // one batch at a time to the writing goroutine
	busy bool        // a batch is under way
	last bool        // the node is done with it: close when all is written

	held  bool   // its link is cut
	later func() // what was read meanwhile
	err   error  // why a write failed meanwhile
}

func newPortable(d *duties, client, bus []net.Listener) loop {
	l := &portable{duties: d, calls: make(chan func()), ended: make(chan struct{}), open: make(map[*stream]struct{})}
	l.listeners = append(l.listeners, client...)
	l.listeners = append(l.listeners, bus...)
	for _, listener := range client {
		go l.accept(listener, node.Client)
	}
	for _, listener := range bus {
		go l.accept(listener, node.BusIn)
	}
	return l
}

func (l *portable) do(f func()) bool {
	select {
	case l.calls <- f:
		return true
	case <-l.ended:
		return false
	}
}

func (l *portable) run() {
	defer l.closeAll()
	for sleep := time.Duration(0); !l.over(); sleep = l.turn(l) {
		timer := time.NewTimer(sleep)
		select {
		case f := <-l.calls:
			f()
			l.callWaiting()
		case <-timer.C:
		}
		timer.Stop()
		if l.killed {
			return
		}
	}
}

// callWaiting calls those who came in the meantime too, so that one turn serves them all.
func (l *portable) callWaiting() {
	const callsMax = 128
	for range callsMax {
		select {
		case f := <-l.calls:
			f()
		default:
			return
		}
	}
}

func (l *portable) accept(listener net.Listener, kind node.Kind) {
	for {
		accepted, err := listener.Accept()
		if err != nil {
			return
		}
		taken := l.do(func() {
			c := l.node.Accept(l.now(), kind, addrPortOf(accepted.LocalAddr()), addrPortOf(accepted.RemoteAddr()))
			l.begin(accepted, c)
		})
		if !taken {
			accepted.Close()
			return
		}
	}
}

// begin starts the goroutines of a connection.
func (l *portable) begin(connection net.Conn, c *node.Conn) {
	if tcp, ok := connection.(*net.TCPConn); ok {
		k := keepAliveOf(l.config, c.Kind)
		tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: k.idle > 0, Idle: k.idle, Interval: k.probe, Count: keepAliveProbes})
	}
	s := &stream{net: connection, conn: c, out: make(chan []byte, 1), held: !l.links.Carries(c)}
	c.Shell = s
	l.open[s] = struct{}{}
	go l.read(s)
	go l.write(s)
}

func (l *portable) read(s *stream) {
	const readBytes = 16 << 10
	for {
		buffer := make([]byte, readBytes)
		n, err := s.net.Read(buffer)
		handled := make(chan struct{})
		handle := func() {
			defer close(handled)
			if _, open := l.open[s]; !open || s.last {
				return
			}
			if n > 0 {
				l.node.Receive(l.now(), s.conn, buffer[:n])
			}
			if err != nil {
				l.release(s)
				l.node.Closed(l.now(), s.conn, err.Error())
			}
		}
		taken := l.do(func() {
			if s.held {
				s.later = handle // until then we wait here, and read no more
				return
			}
			handle()
		})
		if !taken || err != nil {
			return
		}
		select { // so that a client that sends faster than we answer fills its own buffers, not ours
		case <-handled:
		case <-l.ended:
		}
	}
}

func (l *portable) write(s *stream) {
	for batch := range s.out {
		_, err := s.net.Write(batch)
		taken := l.do(func() {
			if _, open := l.open[s]; !open {
				return
			}
			switch {
			case err != nil && s.held: // the other side is gone, which cannot be known here as long as the link is cut
				s.err = err
				return
			case err != nil:
				l.lost(s, err)
				return
			}
			s.busy = false
			l.node.Wrote(l.now(), s.conn, len(batch))
			l.flush(s.conn)
		})
		if !taken {
			return
		}
	}
}

// lost tells the node that a stream ended, unless the node was done with it.
func (l *portable) lost(s *stream, err error) {
	l.release(s)
	if !s.last {
		l.node.Closed(l.now(), s.conn, err.Error())
	}
}

// relink holds the connections whose link was cut, and lets go of those whose link was healed.
func (l *portable) relink() {
	for s := range l.open {
		s.held = !l.links.Carries(s.conn)
		later := s.later
		switch {
		case s.held:
		case s.err != nil:
			l.lost(s, s.err)
		case later != nil:
			s.later = nil
			later()
		}
	}
	l.redial(l)
}

func (l *portable) flush(c *node.Conn) {
	s, ok := c.Shell.(*stream)
	if !ok || s.busy {
		return
	}
	if _, open := l.open[s]; !open {
		return
	}
	out := c.Out()
	if len(out) == 0 {
		if s.last {
			l.release(s)
		}
		return
	}
	s.busy = true
	s.out <- append([]byte(nil), out...) // the node may move its buffer while we write
}

func (l *portable) hangup(c *node.Conn) {
	s, ok := c.Shell.(*stream)
	if !ok {
		c.Shell = nil
		return
	}
	if _, open := l.open[s]; !open {
		return
	}
	s.last = true
	if !c.CloseAfterWrite || !s.busy && len(c.Out()) == 0 {
		l.release(s)
	}
}

func (l *portable) dial(c *node.Conn) {
	if l.holdDial(c) {
		return
	}
	const patience = 15 * time.Second
	pending := new(int) // tells this dial from none, after a hangup
	c.Shell = pending
	go func() {
		connection, err := net.DialTimeout("tcp", c.Addr, patience)
		taken := l.do(func() {
			if c.Shell != any(pending) {
				if err == nil {
					connection.Close()
				}
				return
			}
			if err != nil {
				l.node.Closed(l.now(), c, err.Error())
				return
			}
			local := addrPortOf(connection.LocalAddr())
			if !l.links.Established(c, local) {
				connection.Close()
				l.dial(c)
				return
			}
			l.begin(connection, c)
			l.node.Connected(l.now(), c, local, addrPortOf(connection.RemoteAddr()))
		})
		if !taken && err == nil {
			connection.Close()
		}
	}()
}

func (l *portable) release(s *stream) {
	delete(l.open, s)
	l.forgetDialled(s.conn)
	s.net.Close()
	if later := s.later; later != nil { // its goroutine waits for that
		s.later = nil
		later()
	}
	close(s.out)
}

func (l *portable) closeAll() {
	close(l.ended)
	for _, listener := range l.listeners {
		listener.Close()
	}
	for s := range l.open {
		l.release(s)
	}
}

func addrPortOf(a net.Addr) netip.AddrPort {
	if tcp, ok := a.(*net.TCPAddr); ok {
		p := tcp.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
	}
	return netip.AddrPort{}
}
