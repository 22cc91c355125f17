package bus

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
)

// peer is a node of the test's making: it answers whoever connects and keeps every frame it receives.
type peer struct {
	t        *testing.T
	listener net.Listener

	mu     sync.Mutex
	self   Frame // what it says of itself, in every frame
	frames []received
	conns  []net.Conn
}

// received is a frame as it came and as it was understood.
type received struct {
	wire  []byte
	frame *Frame
}

func newPeer(t *testing.T, id NodeID) *peer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, listener: listener}
	p.self.Sender = id
	p.self.Flags = FlagMyself | FlagPrimary
	p.self.Port = 1 // nobody listens there
	p.self.BusPort = uint16(listener.Addr().(*net.TCPAddr).Port)
	go p.accept()
	t.Cleanup(p.close)
	return p
}

// change lets the peer say something else of itself from now on.
func (p *peer) change(with func(self *Frame)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	with(&p.self)
}

// dial opens a link to a real node's bus port.
func (p *peer) dial(r *redis) net.Conn {
	p.t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", r.BusPort))
	if err != nil {
		p.t.Fatal(err)
	}
	p.serve(conn)
	return conn
}

// send writes a frame of the given type about the peer itself.
func (p *peer) send(conn net.Conn, kind Type) {
	p.mu.Lock()
	p.self.Type = kind
	wire := p.self.Append(nil)
	p.mu.Unlock()
	_, _ = conn.Write(wire) // a broken link shows as a frame that never comes
}

// await waits for a frame that the test is looking for, and returns it.
func (p *peer) await(what string, wanted func(*Frame) bool) *Frame {
	p.t.Helper()
	var found *Frame
	eventually(p.t, what, func() bool {
		found = p.find(wanted)
		return found != nil
	})
	return found
}

// find returns the latest such frame among those received so far, or nil.
func (p *peer) find(wanted func(*Frame) bool) *Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range slices.Backward(p.frames) {
		if wanted(r.frame) {
			return r.frame
		}
	}
	return nil
}

// received are all frames so far.
func (p *peer) received() []received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.frames)
}

func (p *peer) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return // closed at the end of the test
		}
		p.serve(conn)
	}
}

func (p *peer) serve(conn net.Conn) {
	p.mu.Lock()
	p.conns = append(p.conns, conn)
	p.mu.Unlock()
	go func() {
		for {
			wire, err := readFrame(conn)
			if err != nil {
				return // the other side, or the end of the test, has closed the link
			}
			p.receive(conn, wire)
		}
	}()
}

func (p *peer) receive(conn net.Conn, wire []byte) {
	frame := new(Frame)
	if err := frame.Parse(wire); err != nil {
		p.t.Errorf("a real frame is refused: %v\n%x", err, wire)
		return
	}
	p.mu.Lock()
	p.frames = append(p.frames, received{wire, frame})
	p.mu.Unlock()
	if frame.Type == TypePing || frame.Type == TypeMeet {
		p.send(conn, TypePong)
	}
}

func (p *peer) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}

// readFrame reads one frame as the server does: first the head, then the rest.
func readFrame(conn io.Reader) ([]byte, error) {
	var wire bytes.Buffer
	if _, err := io.CopyN(&wire, conn, HeadBytes); err != nil {
		return nil, err
	}
	n, err := Length(wire.Bytes())
	if err != nil {
		return nil, err
	}
	_, err = io.CopyN(&wire, conn, int64(n-HeadBytes))
	return wire.Bytes(), err
}
