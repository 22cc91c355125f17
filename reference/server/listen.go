package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// listen opens a port on the addresses of a bind option: several words; * and -::* are all addresses of IPv4 and IPv6; one
// that begins with - may be missing on this machine (Redis: listenToPort).
func listen(bind string, port, backlog int) ([]net.Listener, error) {
	var listeners []net.Listener
	for word := range strings.FieldsSeq(bind) {
		host, optional := strings.CutPrefix(word, "-")
		network := "tcp4"
		if strings.Contains(host, ":") {
			network = "tcp6"
		}
		if host == "*" || host == "::*" {
			host = ""
		}
		l, err := listenOne(network, net.JoinHostPort(host, strconv.Itoa(port)), backlog)
		if err != nil {
			if optional && isMissingAddress(err) {
				continue
			}
			closeAll(listeners)
			return nil, fmt.Errorf("listening on %s: %w", net.JoinHostPort(host, strconv.Itoa(port)), err)
		}
		listeners = append(listeners, l)
	}
	if len(listeners) == 0 {
		return nil, fmt.Errorf("no address of bind %q exists on this machine", bind)
	}
	return listeners, nil
}

// listenOne opens one address. IPv6 sockets leave IPv4 alone, so that both wildcards can be opened.
func listenOne(network, addr string, backlog int) (net.Listener, error) {
	lc := net.ListenConfig{Control: func(network, _ string, c syscall.RawConn) error { return controlSocket(c, network) }}
	l, err := lc.Listen(context.Background(), network, addr)
	if err != nil {
		return nil, err
	}
	return l, setBacklog(l, backlog)
}

// listenUnix opens a socket in the file system. One that is there already is taken to be of an earlier life.
func listenUnix(path string, perm os.FileMode, backlog int) (net.Listener, error) {
	os.Remove(path)
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // it is removed at the very end
	if perm != 0 {
		if err := os.Chmod(path, perm); err != nil {
			l.Close()
			return nil, err
		}
	}
	return l, setBacklog(l, backlog)
}

// isMissingAddress tells an address this machine does not have from a port that is taken.
func isMissingAddress(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) || errors.Is(err, syscall.EPROTONOSUPPORT)
}

// localHost is an address of this machine at which a server with this bind option can be reached.
func localHost(bind string) string {
	words := strings.Fields(bind)
	if len(words) == 0 {
		return "127.0.0.1"
	}
	switch host := strings.TrimPrefix(words[0], "-"); host {
	case "*", "0.0.0.0":
		return "127.0.0.1"
	case "::*", "::":
		return "::1"
	default:
		return host
	}
}
