package load

import (
	"fmt"
	"net"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The system calls of the request path are made raw: telling Go's scheduler about each costs 5 to 17 % of the throughput. None of them
// can block for longer than maxWait, so garbage collection never waits for longer than that either.

// maxWait bounds how long the poller sleeps.
const maxWait = 5 * time.Millisecond

// maxEvents is how many ready connections are learnt of at a time.
const maxEvents = 256

type poller struct {
	fd     int
	events [maxEvents]unix.EpollEvent
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making an epoll: %w", err)
	}
	return &poller{fd: fd}, nil
}

func (p *poller) close() { unix.Close(p.fd) }

// watch tells of data on a socket, and of room to write if that is wanted. The tag comes back with the event.
func (p *poller) watch(fd int, tag int32, known, writable bool) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: tag}
	if writable {
		event.Events |= unix.EPOLLOUT
	}
	op := unix.EPOLL_CTL_ADD
	if known {
		op = unix.EPOLL_CTL_MOD
	}
	return unix.EpollCtl(p.fd, op, fd, &event)
}

// wait sleeps until something is ready, for as long as told but never longer than maxWait. Waking up early, with nothing, is allowed.
func (p *poller) wait(limit time.Duration) []unix.EpollEvent {
	timeout := unix.NsecToTimespec(int64(min(max(limit, 0), maxWait)))
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), maxEvents,
		uintptr(unsafe.Pointer(&timeout)), 0, 0)
	if errno == unix.ENOSYS { // before Linux 5.11: milliseconds, so the last of them is spent asking again and again
		n, _, errno = syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), maxEvents,
			uintptr(min(max(limit, 0), maxWait)/time.Millisecond), 0, 0)
	}
	if errno != 0 {
		return nil // interrupted by a signal
	}
	return p.events[:n]
}

// dial begins to connect; the socket becomes writable when that is done.
func dial(addr string) (fd int, err error) {
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return -1, err
	}
	var to unix.Sockaddr
	family := unix.AF_INET6
	if v4 := at.IP.To4(); v4 != nil {
		family, to = unix.AF_INET, &unix.SockaddrInet4{Port: at.Port, Addr: [4]byte(v4)}
	} else {
		to = &unix.SockaddrInet6{Port: at.Port, Addr: [16]byte(at.IP.To16())}
	}
	fd, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("making a socket: %w", err)
	}
	if err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err == nil {
		err = unix.Connect(fd, to)
	}
	if err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return -1, fmt.Errorf("connecting to %s: %w", addr, err)
	}
	return fd, nil
}

// dialResult is what became of dial once the socket is writable.
func dialResult(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	return err
}

func send(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

func receive(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_DONTWAIT, 0, 0)
	return int(n), errno
}

// threadCPU is the processor time this thread has used.
func threadCPU() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// sharpenTimers lets this thread wake up when it asks to, instead of up to 50 us later to save power.
func sharpenTimers() { unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }
