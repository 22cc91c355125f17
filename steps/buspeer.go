package steps

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// The cluster bus as the judge speaks it: what of the frame layout (cluster.h, clusterMsg) it needs, in plain code of its own.
const (
	busHeaderBytes = 2256
	busFrameLimit  = 1 << 20 // longer ones are not from a node that was asked little
	busVersion     = 1

	busPing        = 0
	busPong        = 1
	busMeet        = 2
	busVoteRequest = 5
	busVote        = 6

	busFlagPrimary = 0x01
	busFlagReplica = 0x02
	busFlagMyself  = 0x10

	busForce = 0x02 // the message flag by which a vote is asked for though the primary is up
)

// busFrame is a header on the bus. The rest of a frame is not looked at.
type busFrame struct {
	version                   uint16
	kind                      uint16
	currentEpoch, configEpoch uint64
	sender, primary           string // ids; no primary: ""
	slots                     []wire.SlotRange
	port, busPort, flags      uint16
	message                   byte
}

// bytes is the frame as it goes over the wire.
func (f busFrame) bytes() []byte {
	b := make([]byte, busHeaderBytes)
	copy(b, "RCmb")
	binary.BigEndian.PutUint32(b[4:], busHeaderBytes)
	binary.BigEndian.PutUint16(b[8:], f.version)
	binary.BigEndian.PutUint16(b[10:], f.port)
	binary.BigEndian.PutUint16(b[12:], f.kind)
	binary.BigEndian.PutUint64(b[16:], f.currentEpoch)
	binary.BigEndian.PutUint64(b[24:], f.configEpoch)
	copy(b[40:80], f.sender)
	for _, r := range f.slots {
		for slot := r.From; slot <= r.To; slot++ {
			b[80+slot/8] |= 1 << (slot % 8)
		}
	}
	copy(b[2128:2168], f.primary)
	binary.BigEndian.PutUint16(b[2248:], f.busPort)
	binary.BigEndian.PutUint16(b[2250:], f.flags)
	b[2253] = f.message
	return b
}

// readBusFrame reads one frame and parses its header.
func readBusFrame(in io.Reader) (f busFrame, err error) {
	b := make([]byte, busHeaderBytes)
	if _, err := io.ReadFull(in, b); err != nil {
		return f, err
	}
	length := binary.BigEndian.Uint32(b[4:])
	if string(b[:4]) != "RCmb" || length < busHeaderBytes || length > busFrameLimit {
		return f, fmt.Errorf("no frame: it begins with %q and says it has %d bytes", b[:4], length)
	}
	if _, err := io.CopyN(io.Discard, in, int64(length)-busHeaderBytes); err != nil {
		return f, err
	}
	f = busFrame{
		version: binary.BigEndian.Uint16(b[8:]), port: binary.BigEndian.Uint16(b[10:]), kind: binary.BigEndian.Uint16(b[12:]),
		currentEpoch: binary.BigEndian.Uint64(b[16:]), configEpoch: binary.BigEndian.Uint64(b[24:]),
		sender: string(b[40:80]), primary: string(bytes.TrimRight(b[2128:2168], "\x00")),
		busPort: binary.BigEndian.Uint16(b[2248:]), flags: binary.BigEndian.Uint16(b[2250:]), message: b[2253],
	}
	for slot := range wire.Slots {
		if b[80+slot/8]&(1<<(slot%8)) == 0 {
			continue
		}
		if last := len(f.slots) - 1; last >= 0 && f.slots[last].To == slot-1 {
			f.slots[last].To = slot
			continue
		}
		f.slots = append(f.slots, wire.SlotRange{From: slot, To: slot})
	}
	return f, nil
}

// busPeer is a replica that the judge plays on the bus: it answers pings, and asks for votes when it is told to.
type busPeer struct {
	listener net.Listener
	header   busFrame // what it says of itself

	mutex sync.Mutex
	conns []net.Conn
	votes map[string][]uint64 // the epochs of the votes it got, by the voter's id
}

// newBusPeer plays a replica of the node that a view describes.
func newBusPeer(of wire.NodeLine) (*busPeer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := uint16(listener.Addr().(*net.TCPAddr).Port)
	p := &busPeer{listener: listener, votes: map[string][]uint64{}}
	p.header = busFrame{
		version: busVersion, sender: newBusID(), primary: of.ID, slots: of.Slots, configEpoch: of.ConfigEpoch, currentEpoch: of.ConfigEpoch,
		port: port, busPort: port, flags: busFlagReplica | busFlagMyself,
	}
	go p.accept()
	return p, nil
}

func newBusID() string {
	var id [20]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

func (p *busPeer) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mutex.Lock()
		p.conns = append(p.conns, conn)
		p.mutex.Unlock()
		go p.answer(conn)
	}
}

// answer answers what comes in on one link until it ends.
func (p *busPeer) answer(conn net.Conn) {
	for {
		f, err := readBusFrame(conn)
		if err != nil {
			return
		}
		switch f.kind {
		case busPing, busMeet:
			pong := p.header
			pong.kind = busPong
			if _, err := conn.Write(pong.bytes()); err != nil {
				return
			}
		case busVote:
			p.mutex.Lock()
			p.votes[f.sender] = append(p.votes[f.sender], f.currentEpoch)
			p.mutex.Unlock()
		}
	}
}

// votesOf counts the votes a node has given.
func (p *busPeer) votesOf(id string) int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return len(p.votes[id])
}

// ask requests a vote for an epoch from a node.
func (p *busPeer) ask(ctx context.Context, m *member, epoch uint64, force bool) error {
	request := p.header
	request.kind, request.currentEpoch = busVoteRequest, epoch
	if force {
		request.message = busForce
	}
	conn, err := dialBus(ctx, m)
	if err != nil {
		return err
	}
	p.mutex.Lock()
	p.conns = append(p.conns, conn)
	p.mutex.Unlock()
	_, err = conn.Write(request.bytes())
	return err
}

// dialBus opens a link to a node's bus port.
func dialBus(ctx context.Context, m *member) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(m.host(), itoa(m.BusPort())))
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(clientLimit))
	}
	return conn, err
}

func (p *busPeer) close() {
	p.listener.Close()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, conn := range p.conns {
		conn.Close()
	}
}
