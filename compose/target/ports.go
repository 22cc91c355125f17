package target

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// Client ports are drawn from a range in which every bus port is a valid port too, no client port is anybody's bus port, and neither lies
// where systems take the local ports of outgoing connections from (32768 and up): otherwise the port of a node that is down could be gone
// when it is to be started again.
const (
	firstPort = 11000
	lastPort  = firstPort + BusPortOffset - 1
)

// Port is a client port, and the bus port that belongs to it, reserved against every other run on this machine until Release, whether
// something listens on it or not. The reservation is a lock on a file, so it ends with the process at the latest.
type Port struct {
	Number int
	lock   *os.File
}

// ReservePort finds a client port that is free together with its bus port.
func ReservePort() (*Port, error) {
	for range lastPort - firstPort {
		port, err := reserve(firstPort + rand.IntN(lastPort-firstPort+1))
		if errors.Is(err, errTaken) {
			continue
		}
		return port, err
	}
	return nil, fmt.Errorf("no free port from %d to %d whose bus port is free as well", firstPort, lastPort)
}

// Bus is the bus port.
func (p *Port) Bus() int { return p.Number + BusPortOffset }

// Addr is the client address on this machine.
func (p *Port) Addr() string { return localAddr(p.Number) }

// Free reports whether something could listen on both ports now.
func (p *Port) Free() bool { return canListen(p.Number) && canListen(p.Bus()) }

// Release ends the reservation. It may be called again.
func (p *Port) Release() error {
	if p.lock == nil {
		return nil
	}
	// Removed while it is locked: whoever opened it before finds out by isCurrent and starts over.
	err := errors.Join(os.Remove(p.lock.Name()), p.lock.Close())
	p.lock = nil
	return err
}

// PortIsReserved reports whether a live process on this machine holds the reservation of a client port.
func PortIsReserved(number int) bool {
	port, err := lockPort(number)
	if err != nil {
		return true
	}
	port.Release()
	return false
}

// PortDir is the folder with the lock files; runs that see the same folder respect each other.
func PortDir() string { return filepath.Join(os.TempDir(), "clusterspec-ports") }

var errTaken = errors.New("port is taken")

func reserve(number int) (*Port, error) {
	port, err := lockPort(number)
	if err != nil {
		return nil, err
	}
	if !port.Free() {
		return nil, errors.Join(errTaken, port.Release())
	}
	return port, nil
}

func lockPort(number int) (*Port, error) {
	const everybody = 0o1777 // several users of one machine share the folder
	if err := os.Mkdir(PortDir(), everybody); err == nil {
		os.Chmod(PortDir(), everybody|os.ModeSticky)
	} else if !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("making the folder of port locks: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(PortDir(), strconv.Itoa(number)), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, os.ErrPermission) {
		return nil, errTaken // another user's
	}
	if err != nil {
		return nil, fmt.Errorf("locking port %d: %w", number, err)
	}
	if !tryLock(file) || !isCurrent(file) {
		file.Close()
		return nil, errTaken
	}
	return &Port{Number: number, lock: file}, nil
}

// isCurrent reports whether the file we hold is still the one others would open.
func isCurrent(file *os.File) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	theirs, err := os.Stat(file.Name())
	return err == nil && os.SameFile(ours, theirs)
}

func canListen(number int) bool {
	listener, err := net.Listen("tcp", localAddr(number))
	if err != nil {
		return false
	}
	listener.Close()
	return true
}

func localAddr(number int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(number)) }
