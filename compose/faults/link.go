package faults

import (
	"net"
	"sync"
)

// link is a connection that somebody opened to a node, and its other half from here to the node.
type link struct {
	near, node net.Conn
	at         string // the node
	once       sync.Once
	done       chan struct{}

	mutex sync.Mutex
	who   string // the node at the near end, "" of a client and while it has not said so
}

func (l *link) peer() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.who
}

func (l *link) learn(who string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.who = who
}

func (l *link) close() {
	l.once.Do(func() {
		close(l.done)
		l.near.Close()
		l.node.Close()
	})
}
