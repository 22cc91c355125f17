// Package faults puts a proxy in the path of every link of a cluster that was launched: the nodes announce the proxy's ports in place of their
// own, so all clients and all other nodes come by here. Nodes can then be cut off from each other, and frames of the bus dropped, held up and
// recorded, without privileges and without the help of the server.
//
//	rules.go     what becomes of what: the pure core
//	proxy.go     the ports, and who stands behind them
//	buslink.go   a link of the bus, frame by frame
//	stream.go    a connection to a client port: a client's, a replica's, or that of a node that migrates keys
//	queue.go     frames that wait until they are due
//	commands.go  the requests of a stream
//
// Who sits at the far end of a link is learned from what it says: a frame of the bus holds the port its sender announces, a replica names
// its port (REPLCONF listening-port), and a node that brings keys (RESTORE-ASKING) was told to by a MIGRATE that came by here before.
package faults

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

// maxLinks bounds the links of one proxy; a cluster of ten nodes has two hundred.
const maxLinks = 4096

// Proxy stands in front of the nodes of one cluster. It is safe for use by several goroutines.
type Proxy struct {
	// Log holds every frame that came by.
	Log bus.Log

	serving sync.WaitGroup

	mutex    sync.Mutex
	rules    Rules
	changed  chan struct{} // closed when the rules change
	fronts   map[string]*front
	links    map[*link]bool
	migrates map[string]string // who was told last to migrate keys to a node
	closed   bool
}

// dialLimit ends the attempt to reach a node that is paused and whose backlog is full.
const dialLimit = 5 * time.Second

// front is what other nodes and clients take for a node.
type front struct {
	name      string
	port      *target.Port // where it is
	addr      string       // the node's own client address
	bus       string       // and that of its bus
	listeners []net.Listener
}

// New makes a proxy in front of nobody.
func New() *Proxy {
	return &Proxy{changed: make(chan struct{}), fronts: map[string]*front{}, links: map[*link]bool{}, migrates: map[string]string{}}
}

// Announce implements target.Front. A node that found its port taken and moved is announced again, and stays where it was.
func (p *Proxy) Announce(name, addr string, busPort int) (port int, err error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return 0, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	f := p.fronts[name]
	if f == nil {
		if f, err = p.open(name); err != nil {
			return 0, fmt.Errorf("opening the proxy in front of node %s: %w", name, err)
		}
	}
	f.addr, f.bus = addr, net.JoinHostPort(host, strconv.Itoa(busPort))
	return f.port.Number, nil
}

// open finds ports for the front of a node and listens on them.
func (p *Proxy) open(name string) (*front, error) {
	const tries = 5
	var last error
	for range tries {
		port, err := target.ReservePort()
		if err != nil {
			return nil, err
		}
		f := &front{name: name, port: port}
		if last = f.listen(); last != nil { // somebody who does not reserve ports was faster
			f.close()
			continue
		}
		p.fronts[name] = f
		p.serving.Go(func() { p.accept(f, f.listeners[0], p.stream) })
		p.serving.Go(func() { p.accept(f, f.listeners[1], p.busLink) })
		return f, nil
	}
	return nil, last
}

func (f *front) listen() error {
	for _, port := range []int{f.port.Number, f.port.Bus()} {
		listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return err
		}
		f.listeners = append(f.listeners, listener)
	}
	return nil
}

func (f *front) close() error {
	for _, l := range f.listeners {
		l.Close()
	}
	return f.port.Release()
}

// accept serves those who come to a front until it is closed.
func (p *Proxy) accept(f *front, listener net.Listener, serve func(*front, net.Conn)) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		p.serving.Go(func() { serve(f, conn) })
	}
}

// connect makes a link of a connection that came in by connecting to the node. A node that is down ends the connection.
func (p *Proxy) connect(f *front, conn net.Conn, addr func(*front) string) *link {
	p.mutex.Lock()
	to := addr(f)
	p.mutex.Unlock()
	node, err := net.DialTimeout("tcp", to, dialLimit)
	if err != nil {
		conn.Close()
		return nil
	}
	l := &link{near: conn, node: node, at: f.name, done: make(chan struct{})}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.closed || len(p.links) >= maxLinks {
		l.close()
		return nil
	}
	p.links[l] = true
	return l
}

func (p *Proxy) forget(l *link) {
	l.close()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.links, l)
}

// Change changes the rules.
func (p *Proxy) Change(change func(*Rules)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	change(&p.rules)
	close(p.changed)
	p.changed = make(chan struct{})
}

// Break ends all links there are now between two nodes.
func (p *Proxy) Break(a, b string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for l := range p.links {
		if who := l.peer(); l.at == a && who == b || l.at == b && who == a {
			l.close()
		}
	}
}

// nodeAt names the node that announces a bus port, or "".
func (p *Proxy) nodeAt(busPort int) string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, f := range p.fronts {
		if f.port.Bus() == busPort {
			return f.name
		}
	}
	return ""
}

// nodeWithPort names the node that has a client port, its own or the one it announces, or "".
func (p *Proxy) nodeWithPort(port string) string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, f := range p.fronts {
		if strings.HasSuffix(f.addr, ":"+port) || strconv.Itoa(f.port.Number) == port {
			return f.name
		}
	}
	return ""
}

// Nodes names those the proxy stands in front of, sorted.
func (p *Proxy) Nodes() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	var names []string
	for name := range p.fronts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Close ends all links, gives the ports back and waits until nobody is at work for the proxy.
func (p *Proxy) Close() error {
	p.mutex.Lock()
	p.closed = true
	var errs []error
	for _, f := range p.fronts {
		errs = append(errs, f.close())
	}
	for l := range p.links {
		l.close()
	}
	p.mutex.Unlock()
	p.serving.Wait()
	return errors.Join(errs...)
}
