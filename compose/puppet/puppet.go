// Package puppet plays a node on the cluster bus: a peer that says what it is told to say, true or not. It answers pings, notes all that it is
// sent, and votes when it is allowed to. It serves no clients.
package puppet

import (
	"context"
	"errors"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

// maxLinks bounds the links a puppet has at a time; a cluster of the suite needs a dozen.
const maxLinks = 256

// writeLimit is how long a node may leave a frame unread.
const writeLimit = 5 * time.Second

// Puppet is one played node. It is safe for use by several goroutines.
type Puppet struct {
	// Log holds every frame that was received, and Sent every one that was sent; From and To are ids.
	Log, Sent bus.Log

	listener net.Listener
	serving  sync.WaitGroup

	mutex  sync.Mutex
	says   bus.Frame           // the header of everything it sends; Gossip goes into pings and pongs
	votes  bool                // it votes for everybody who asks
	silent bool                // it answers nothing
	links  map[net.Conn]bool   // all that are open
	own    map[string]net.Conn // those it opened, by address
	closed bool
}

// New makes a puppet that is a primary without slots, on a port of its own.
func New(id string) (*Puppet, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := uint16(listener.Addr().(*net.TCPAddr).Port)
	p := &Puppet{listener: listener, links: map[net.Conn]bool{}, own: map[string]net.Conn{}}
	p.says = bus.Frame{Version: bus.Version, Sender: id, Port: port, BusPort: port, Flags: bus.FlagPrimary | bus.FlagMyself}
	p.serving.Go(p.accept)
	return p, nil
}

// ID is the puppet's node id.
func (p *Puppet) ID() string { return p.says.Sender }

// Port is its bus port. It says that this is its client port as well.
func (p *Puppet) Port() int { return int(p.says.BusPort) }

// Says is what it says of itself now.
func (p *Puppet) Says() bus.Frame {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	f := p.says
	f.Gossip = slices.Clone(f.Gossip)
	return f
}

// Say changes what it says of itself and of others from now on.
func (p *Puppet) Say(change func(*bus.Frame)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	change(&p.says)
}

// Claim has it own slots with a config epoch.
func (p *Puppet) Claim(slots []wire.SlotRange, epoch uint64) {
	p.Say(func(f *bus.Frame) {
		f.Slots, f.ConfigEpoch = slots, epoch
		f.CurrentEpoch = max(f.CurrentEpoch, epoch)
	})
}

// Follow makes it a replica of a node, with the slots and the config epoch of that.
func (p *Puppet) Follow(primary string, slots []wire.SlotRange, epoch uint64) {
	p.Claim(slots, epoch)
	p.Say(func(f *bus.Frame) { f.Primary, f.Flags = primary, bus.FlagReplica|bus.FlagMyself })
}

// Tell has it gossip about another node from now on, in place of what it said of it before.
func (p *Puppet) Tell(g bus.Gossip) {
	p.Forget(g.ID)
	p.Say(func(f *bus.Frame) { f.Gossip = append(f.Gossip, g) })
}

// Forget has it say nothing more of another node.
func (p *Puppet) Forget(id string) {
	p.Say(func(f *bus.Frame) {
		f.Gossip = slices.DeleteFunc(slices.Clone(f.Gossip), func(g bus.Gossip) bool { return g.ID == id })
	})
}

// Vote says whether it votes for those who ask.
func (p *Puppet) Vote(votes bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.votes = votes
}

// Silence says whether it answers at all. What it is told to Send it sends all the same.
func (p *Puppet) Silence(silent bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.silent = silent
}

// Peer is a node that a puppet speaks to.
type Peer struct {
	ID      string
	BusAddr string // host:port
}

// Send sends a frame on a link of its own, with the puppet's header; change makes of it what it is to be. The gossip goes along with pings,
// pongs and meets.
func (p *Puppet) Send(ctx context.Context, to Peer, t bus.Type, change func(*bus.Frame)) error {
	f := p.Says()
	f.Type = t
	if t > bus.Meet {
		f.Gossip = nil
	}
	if change != nil {
		change(&f)
	}
	p.noteSent(&f, to.ID)
	return p.SendBytes(ctx, to.BusAddr, f.Bytes())
}

func (p *Puppet) noteSent(f *bus.Frame, to string) {
	p.Sent.Add(bus.Seen{At: time.Now(), From: p.ID(), To: to, Frame: f})
}

// SendBytes sends any bytes on its own link. A link that the node has closed in between is opened anew, once.
func (p *Puppet) SendBytes(ctx context.Context, addr string, bytes []byte) error {
	for try := 1; ; try++ {
		link, fresh, err := p.link(ctx, addr)
		if err != nil {
			return err
		}
		link.SetWriteDeadline(time.Now().Add(writeLimit))
		if _, err = link.Write(bytes); err == nil || fresh || try > 1 {
			return err
		}
		p.drop(link)
	}
}

// link is the puppet's own link to an address; fresh tells that it was opened now.
func (p *Puppet) link(ctx context.Context, addr string) (link net.Conn, fresh bool, err error) {
	p.mutex.Lock()
	link = p.own[addr]
	p.mutex.Unlock()
	if link != nil {
		return link, false, nil
	}
	var dialer net.Dialer
	if link, err = dialer.DialContext(ctx, "tcp", addr); err != nil {
		return nil, false, err
	}
	if !p.keep(link) {
		return nil, false, errors.New("the puppet is closed, or has too many links")
	}
	p.mutex.Lock()
	p.own[addr] = link
	p.mutex.Unlock()
	p.serving.Go(func() { p.serve(link) })
	return link, true, nil
}

func (p *Puppet) accept() {
	for {
		link, err := p.listener.Accept()
		if err != nil {
			return
		}
		if p.keep(link) {
			p.serving.Go(func() { p.serve(link) })
		}
	}
}

// keep notes a link, or closes it if there is no place for it.
func (p *Puppet) keep(link net.Conn) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.closed || len(p.links) >= maxLinks {
		link.Close()
		return false
	}
	p.links[link] = true
	return true
}

func (p *Puppet) drop(link net.Conn) {
	link.Close()
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.links, link)
	for addr, own := range p.own {
		if own == link {
			delete(p.own, addr)
		}
	}
}

// serve notes and answers what comes in on a link until it ends.
func (p *Puppet) serve(link net.Conn) {
	defer p.drop(link)
	in := bus.NewReader(link)
	for {
		f, err := in.Frame()
		if err != nil {
			return
		}
		if f.IsLight() {
			continue
		}
		p.Log.Add(bus.Seen{At: time.Now(), From: f.Sender, To: p.ID(), Frame: f})
		p.learn(f)
		if err := p.answer(link, f); err != nil {
			return
		}
	}
}

// learn raises the current epoch, as every node does.
func (p *Puppet) learn(f *bus.Frame) {
	p.Say(func(own *bus.Frame) { own.CurrentEpoch = max(own.CurrentEpoch, f.CurrentEpoch) })
}

func (p *Puppet) answer(link net.Conn, f *bus.Frame) error {
	p.mutex.Lock()
	silent, votes := p.silent, p.votes
	p.mutex.Unlock()
	switch {
	case silent:
	case f.Type == bus.Ping || f.Type == bus.Meet:
		pong := p.Says()
		pong.Type = bus.Pong
		p.noteSent(&pong, f.Sender)
		link.SetWriteDeadline(time.Now().Add(writeLimit))
		_, err := link.Write(pong.Bytes())
		return err
	case f.Type == bus.VoteRequest && votes:
		p.giveVote(f)
	}
	return nil
}

// giveVote sends a vote to who asked for it. That the candidate cannot be reached any more is not our trouble.
func (p *Puppet) giveVote(request *bus.Frame) {
	ctx, cancel := context.WithTimeout(context.Background(), writeLimit)
	defer cancel()
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(int(request.BusPort)))
	p.Send(ctx, Peer{request.Sender, addr}, bus.Vote, func(f *bus.Frame) { f.CurrentEpoch = request.CurrentEpoch })
}

// Close ends all links and waits until nobody is at work for the puppet.
func (p *Puppet) Close() {
	p.listener.Close()
	p.mutex.Lock()
	p.closed = true
	for link := range p.links {
		link.Close()
	}
	p.mutex.Unlock()
	p.serving.Wait()
}
