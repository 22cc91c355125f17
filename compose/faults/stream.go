package faults

import (
	"net"
	"strings"
	"sync"
)

// streamBytes is how much of a stream is held at a time, each way.
const streamBytes = 32 << 10

// stream carries a connection to a client port both ways. Between nodes that are cut off from each other it stands still, and goes on later.
func (p *Proxy) stream(f *front, conn net.Conn) {
	l := p.connect(f, conn, func(f *front) string { return f.addr })
	if l == nil {
		return
	}
	defer p.forget(l)
	var requests commands
	var both sync.WaitGroup
	both.Go(func() {
		p.flow(l, l.near, l.node, func(piece []byte) { requests.scan(piece, func(args []string) { p.overhear(l, args) }) })
	})
	both.Go(func() { p.flow(l, l.node, l.near, func([]byte) {}) })
	both.Wait()
}

// flow carries one direction until either end is gone, and then ends both.
func (p *Proxy) flow(l *link, from, to net.Conn, look func(piece []byte)) {
	defer l.close()
	buffer := make([]byte, streamBytes)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			look(buffer[:n])
			if !p.await(l) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// await waits while the nodes at the ends are cut off from each other. It reports false when the link is gone.
func (p *Proxy) await(l *link) bool {
	for {
		p.mutex.Lock()
		held, changed := p.rules.Holds(l.peer(), l.at), p.changed
		p.mutex.Unlock()
		if !held {
			return true
		}
		select {
		case <-changed:
		case <-l.done:
			return false
		}
	}
}

// overhear learns from a request who sent it.
func (p *Proxy) overhear(l *link, args []string) {
	const named = 3
	switch command := strings.ToUpper(args[0]); {
	case command == "REPLCONF" && len(args) == named && strings.EqualFold(args[1], "listening-port"):
		l.learn(p.nodeWithPort(args[2]))
	case command == "MIGRATE" && len(args) == named:
		if to := p.nodeWithPort(args[2]); to != "" {
			p.mutex.Lock()
			p.migrates[to] = l.at
			p.mutex.Unlock()
		}
	case strings.HasPrefix(command, "RESTORE-ASKING") && l.peer() == "":
		p.mutex.Lock()
		who := p.migrates[l.at]
		p.mutex.Unlock()
		l.learn(who)
	}
}
