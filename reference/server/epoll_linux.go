package server

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/clusterspec/clusterspec/reference/node"
)

const (
	eventsMax  = 512      // events taken from the kernel at once
	acceptsMax = 1000     // connections accepted per event, as Redis does
	readBytes  = 64 << 10 // read at once from one socket
)

// epoll is the event loop of Linux. One goroutine owns the node, the sockets and the shared read buffer; nothing on the
// way of a request is handed to another goroutine. System calls that cannot block are made raw, without telling the Go
// scheduler, which costs more than the calls themselves; only the wait of an idle loop is a scheduled one.
type epoll struct {
	*duties
	fd      int
	wake    int // an eventfd: somebody called do
	sockets []*socket
	events  [eventsMax]unix.EpollEvent
	buffer  [readBytes]byte

	mu    sync.Mutex
	calls []func()
	ended bool
}

// socket is one descriptor that the loop watches.
type socket struct {
	fd        int
	accepts   bool       // a listener
	kind      node.Kind  // of the listener's connections
	conn      *node.Conn // nil for listeners
	dialling  bool
	writing   bool // the kernel took less than there was: wait until it takes more
	hangingUp bool // the node is done with it: close when all is written
	held      bool // its link is cut: nothing is read, nor is anything of its end heard
}

func newLoop(d *duties, client, bus []net.Listener) (loop, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating an epoll instance: %w", err)
	}
	wake, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("creating an eventfd: %w", err)
	}
	l := &epoll{duties: d, fd: fd, wake: wake}
	l.watch(&socket{fd: wake}, unix.EPOLLIN)
	for kind, listeners := range map[node.Kind][]net.Listener{node.Client: client, node.BusIn: bus} {
		for _, listener := range listeners {
			if err := l.addListener(listener, kind); err != nil {
				l.closeAll()
				return nil, err
			}
		}
	}
	return l, nil
}

// addListener takes over the descriptor of a listener from package net, whose own poller must not see it.
func (l *epoll) addListener(listener net.Listener, kind node.Kind) error {
	file, err := listener.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		return fmt.Errorf("taking over a listener: %w", err)
	}
	defer file.Close()
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("taking over a listener: %w", err)
	}
	listener.Close()
	if err := unix.SetNonblock(fd, true); err != nil {
		return fmt.Errorf("taking over a listener: %w", err)
	}
	l.watch(&socket{fd: fd, accepts: true, kind: kind}, unix.EPOLLIN)
	return nil
}

// do has f called by the loop and wakes it up.
func (l *epoll) do(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.calls = append(l.calls, f)
	unix.Write(l.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	return true
}

func (l *epoll) run() {
	defer l.closeAll()
	for sleep := time.Duration(0); !l.over(); sleep = l.turn(l) {
		for _, event := range l.wait(sleep) {
			if s := l.sockets[event.Fd]; s != nil {
				l.handle(s, event.Events)
			}
		}
		l.runCalls()
		if l.killed {
			return
		}
	}
}

// wait returns what has happened, sleeping only when nothing has.
func (l *epoll) wait(sleep time.Duration) []unix.EpollEvent {
	n, _, _ := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.fd), uintptr(unsafe.Pointer(&l.events)), eventsMax, 0, 0, 0)
	if int(n) > 0 {
		return l.events[:n]
	}
	millis := int((sleep + time.Millisecond - 1) / time.Millisecond)
	if millis == 0 {
		return nil
	}
	slept, err := unix.EpollWait(l.fd, l.events[:], millis)
	if err != nil { // EINTR
		return nil
	}
	return l.events[:slept]
}

func (l *epoll) runCalls() {
	l.mu.Lock()
	calls := l.calls
	l.calls = nil
	l.mu.Unlock()
	for _, f := range calls {
		f()
	}
}

func (l *epoll) handle(s *socket, events uint32) {
	switch {
	case s.accepts:
		l.accept(s)
	case s.conn == nil: // the eventfd: reading it makes it silent again
		var count [8]byte
		unix.Read(s.fd, count[:])
	case s.dialling:
		l.dialled(s)
	case s.held:
		l.write(s)
	default:
		if events&unix.EPOLLOUT != 0 {
			l.write(s)
		}
		if events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 && l.sockets[s.fd] == s {
			l.read(s)
		}
	}
}

func (l *epoll) accept(listener *socket) {
	for range acceptsMax {
		fd, from, err := unix.Accept4(listener.fd, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err != nil {
			return // nobody waits, or no descriptor is left: they wait on
		}
		prepare(fd, keepAliveOf(l.config, listener.kind))
		s := &socket{fd: fd}
		s.conn = l.node.Accept(l.now(), listener.kind, localAddr(fd), addrPort(from))
		s.conn.Shell, s.conn.Descriptor = s, fd
		l.watch(s, unix.EPOLLIN)
		l.holdIfCut(s)
	}
}

// prepare sets what every TCP connection of a node has: no Nagle delay, and keep-alive. What the kernel does not take is
// left as it is.
func prepare(fd int, k keepAlive) {
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if k.idle > 0 {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(k.idle/time.Second))
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(k.probe/time.Second))
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_KEEPCNT, keepAliveProbes)
	}
	if k.unacked > 0 {
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(k.unacked/time.Millisecond))
	}
}

func (l *epoll) read(s *socket) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(s.fd), uintptr(unsafe.Pointer(&l.buffer)), readBytes)
	switch {
	case errno == unix.EAGAIN || errno == unix.EINTR:
	case errno != 0:
		l.lost(s, errno.Error())
	case n == 0:
		l.lost(s, "closed by the other side")
	case s.hangingUp: // what it still says no longer matters
	default:
		l.node.Receive(l.now(), s.conn, l.buffer[:n])
	}
}

// write sends what the socket takes and asks to be called again when there is more.
func (l *epoll) write(s *socket) {
	out := s.conn.Out()
	for blocked := false; len(out) > 0 && !blocked; out = s.conn.Out() {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd), uintptr(unsafe.Pointer(&out[0])), uintptr(len(out)), unix.MSG_NOSIGNAL, 0, 0)
		if errno == unix.EAGAIN || errno == unix.EINTR {
			n, errno = 0, 0
		}
		switch {
		case errno != 0 && s.held: // the other side is gone, which cannot be known here as long as the link is cut
			s.writing = true
			unix.EpollCtl(l.fd, unix.EPOLL_CTL_DEL, s.fd, nil)
			return
		case errno != 0:
			l.lost(s, errno.Error())
			return
		}
		l.node.Wrote(l.now(), s.conn, int(n))
		blocked = int(n) < len(out)
	}
	if len(out) == 0 && s.hangingUp {
		l.release(s)
		return
	}
	if wants := len(out) > 0; wants != s.writing {
		s.writing = wants
		l.rewatch(s)
	}
}

// lost tells the node that a stream ended, unless the node was done with it.
func (l *epoll) lost(s *socket, reason string) {
	l.release(s)
	if !s.hangingUp {
		l.node.Closed(l.now(), s.conn, reason)
	}
}

func (l *epoll) flush(c *node.Conn) {
	if s, ok := c.Shell.(*socket); ok && !s.writing && !s.dialling && l.sockets[s.fd] == s {
		l.write(s)
	}
}

func (l *epoll) hangup(c *node.Conn) {
	s, ok := c.Shell.(*socket)
	if !ok || l.sockets[s.fd] != s {
		c.Shell = nil // a dial that still resolves its name, or waits for its link, is dropped when it comes back
		return
	}
	s.hangingUp = true
	if c.CloseAfterWrite && len(c.Out()) > 0 {
		return // flush has begun and goes on when the socket takes more
	}
	l.release(s)
}

// dial connects to a literal address at once, and to a name when it is resolved.
func (l *epoll) dial(c *node.Conn) {
	if l.holdDial(c) {
		return
	}
	if to, err := netip.ParseAddrPort(c.Addr); err == nil {
		l.connect(c, to)
		return
	}
	pending := new(int) // tells this dial from a later one, and from none after a hangup
	c.Shell = pending
	go func() {
		to, err := resolve(c.Addr)
		l.do(func() {
			if c.Shell != any(pending) {
				return
			}
			if err != nil {
				l.node.Closed(l.now(), c, err.Error())
				return
			}
			l.connect(c, to)
		})
	}()
}

func resolve(addr string) (netip.AddrPort, error) {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	host, service, err := net.SplitHostPort(addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := net.DefaultResolver.LookupPort(ctx, "tcp", service)
	if err != nil {
		return netip.AddrPort{}, err
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.AddrPortFrom(found[0].Unmap(), uint16(port)), nil
}

func (l *epoll) connect(c *node.Conn, to netip.AddrPort) {
	family, sockaddr := sockaddrOf(to)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		l.node.Closed(l.now(), c, err.Error())
		return
	}
	prepare(fd, keepAliveOf(l.config, c.Kind))
	if err := unix.Connect(fd, sockaddr); err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		l.node.Closed(l.now(), c, err.Error())
		return
	}
	s := &socket{fd: fd, conn: c, dialling: true}
	c.Shell = s
	l.watch(s, unix.EPOLLOUT)
}

// dialled looks what became of a connect.
func (l *epoll) dialled(s *socket) {
	code, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = unix.Errno(code)
	}
	if err != nil {
		l.lost(s, err.Error())
		return
	}
	local := localAddr(s.fd)
	if !l.links.Established(s.conn, local) {
		l.release(s)
		l.dial(s.conn)
		return
	}
	s.dialling = false
	l.rewatch(s)
	l.holdIfCut(s)
	peer, _ := unix.Getpeername(s.fd)
	l.node.Connected(l.now(), s.conn, local, addrPort(peer))
	l.write(s)
}

// relink holds the connections whose link was cut, and lets go of those whose link was healed.
func (l *epoll) relink() {
	for _, s := range l.sockets {
		if s != nil && s.conn != nil && !s.dialling {
			l.holdIfCut(s)
		}
	}
	l.redial(l)
}

// holdIfCut takes a connection out of the loop while its link is cut; only what it has to write goes on.
func (l *epoll) holdIfCut(s *socket) {
	held := !l.links.Carries(s.conn)
	if held == s.held {
		return
	}
	s.held = held
	unix.EpollCtl(l.fd, unix.EPOLL_CTL_DEL, s.fd, nil) // or the kernel would go on telling that the other side hung up
	if !held || s.writing {
		l.watch(s, s.events())
	}
}

func (l *epoll) watch(s *socket, events uint32) {
	for s.fd >= len(l.sockets) {
		l.sockets = append(l.sockets, nil)
	}
	l.sockets[s.fd] = s
	unix.EpollCtl(l.fd, unix.EPOLL_CTL_ADD, s.fd, &unix.EpollEvent{Events: events, Fd: int32(s.fd)})
}

func (l *epoll) rewatch(s *socket) {
	op := unix.EPOLL_CTL_MOD
	if s.held { // it is watched only as long as it has to write
		op = unix.EPOLL_CTL_DEL
		if s.writing {
			op = unix.EPOLL_CTL_ADD
		}
	}
	unix.EpollCtl(l.fd, op, s.fd, &unix.EpollEvent{Events: s.events(), Fd: int32(s.fd)})
}

// events are those a connection waits for.
func (s *socket) events() (events uint32) {
	if !s.held {
		events |= unix.EPOLLIN
	}
	if s.writing {
		events |= unix.EPOLLOUT
	}
	return events
}

// release closes a socket and forgets it.
func (l *epoll) release(s *socket) {
	l.sockets[s.fd] = nil
	if s.conn != nil {
		l.forgetDialled(s.conn)
	}
	unix.Close(s.fd)
}

func (l *epoll) closeAll() {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	for _, s := range l.sockets {
		if s != nil {
			l.release(s)
		}
	}
	unix.Close(l.fd)
}

func localAddr(fd int) netip.AddrPort {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}
	}
	return addrPort(sa)
}

func addrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port))
	}
	return netip.AddrPort{}
}

func sockaddrOf(a netip.AddrPort) (family int, sa unix.Sockaddr) {
	if a.Addr().Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}
