package cluster_test

import (
	"math/rand/v2"
	"testing"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/sim"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// FuzzMachine lets the input tell what happens to a replica of three nodes: frames with any header and any content, links
// that come and go, time that passes, commands. Whatever it is, nothing panics and the tables stay sound.
func FuzzMachine(f *testing.F) {
	f.Add([]byte{})
	for i := range 8 {
		script := make([]byte, 400)
		for j := range script {
			script[j] = byte(j*(i+3) + i*j*j/7)
		}
		f.Add(script)
	}
	f.Fuzz(live)
}

// TestRandomLives does the same with scripts from a generator, which live longer.
func TestRandomLives(t *testing.T) {
	r := rand.New(rand.NewPCG(*firstSeed, 0))
	for range 200 {
		script := make([]byte, 2000)
		for i := range script {
			script[i] = byte(r.Uint32())
		}
		live(t, script)
	}
}

func live(t *testing.T, script []byte) {
	p := puppeteer{m: start(t, loaded), script: script}
	for len(p.script) > 0 {
		p.step()
		p.m.BeforeSleep(at(p.now))
		for _, e := range p.m.Effects() {
			if d, ok := e.(cluster.Dial); ok {
				p.links = append(p.links, d.Link)
			}
		}
		p.checkNodes(t)
	}
	if err := sim.SoundTables(p.m); err != nil {
		t.Fatal(err)
	}
	start(t, string(p.m.AppendFile(nil)))
}

// checkNodes holds CLUSTER NODES, which is kept between changes, against lines that are made now.
func (p *puppeteer) checkNodes(t *testing.T) {
	var fresh []byte
	for _, peer := range p.m.Peers() {
		fresh = append(p.m.AppendNode(fresh, peer, at(p.now)), '\n')
	}
	if kept := p.m.Nodes(); string(kept) != string(fresh) {
		t.Fatalf("CLUSTER NODES is\n%s\nand should be\n%s", kept, fresh)
	}
}

// puppeteer reads choices from a script.
type puppeteer struct {
	m      *cluster.Machine
	script []byte
	now    clock.Millis
	links  []cluster.LinkID
}

func (p *puppeteer) next() int {
	if len(p.script) == 0 {
		return 0
	}
	b := p.script[0]
	p.script = p.script[1:]
	return int(b)
}

// id is that of a known node mostly, of a stranger or malformed sometimes.
func (p *puppeteer) id() bus.NodeID {
	n := p.next() % 6
	if peers := p.m.Peers(); n < 4 {
		return peers[p.next()%len(peers)].ID
	}
	id := bus.NodeID([]byte(idS))
	if n == 5 {
		id = bus.NodeID{}
	}
	id[0] += byte(p.next() % 4)
	return id
}

func (p *puppeteer) slots() (set slot.Set) {
	for range p.next() % 4 {
		from := slot.Slot(p.next())
		set.AddRange(from, from+slot.Slot(p.next()))
	}
	return set
}

func (p *puppeteer) link() cluster.LinkID {
	if len(p.links) == 0 {
		return 0
	}
	return p.links[p.next()%len(p.links)]
}

func (p *puppeteer) frame() *bus.Frame {
	f := &bus.Frame{Header: bus.Header{
		Type: bus.Type(p.next() % 12), Port: 7000, BusPort: uint16(17000 + p.next()%3), CurrentEpoch: uint64(p.next() % 20),
		ConfigEpoch: uint64(p.next() % 20), Offset: uint64(p.next()), Sender: p.id(), Slots: p.slots(),
		Flags: bus.Flags(p.next()<<8 | p.next()), Message: bus.MessageFlags(p.next()),
	}}
	if p.next()%2 == 0 {
		f.Primary = p.id()
	}
	for range p.next() % 3 {
		f.Gossip = append(f.Gossip, bus.Gossip{ID: p.id(), IP: "10.0.0.9", Port: 1, BusPort: uint16(p.next()), Flags: bus.Flags(p.next()<<8 | p.next())})
	}
	if p.next()%4 == 0 {
		f.Ext.Forgotten = []bus.Forgotten{{ID: p.id(), TTLSeconds: uint64(p.next())}}
	}
	f.Ext.ShardID, f.Failed = p.id(), p.id()
	f.Update = bus.Update{ConfigEpoch: uint64(p.next() % 20), ID: p.id(), Slots: p.slots()}
	return f
}

func (p *puppeteer) step() {
	now, s, id := at(p.now), slot.Slot(p.next()), p.id().String()
	switch p.next() % 24 {
	case 0:
		p.links = append(p.links, p.m.Accepted(now, "10.0.0.9", "10.0.0.3"))
	case 1:
		p.m.Connected(now, p.link(), "10.0.0.3")
	case 2:
		p.m.Closed(now, p.link())
	case 3, 4, 5, 6:
		p.now += clock.Millis(p.next() * 50)
		p.m.Tick(at(p.now))
	case 7:
		_ = p.m.Failover(now, cluster.FailoverMode(p.next()%3))
	case 8:
		_ = p.m.Replicate(now, id)
	case 9:
		_ = p.m.Reset(now, p.next()%2 == 0)
	case 10:
		_ = p.m.Forget(now, id)
	case 11:
		_ = p.m.SetNode(now, s, id)
	case 12:
		_ = p.m.SetMigrating(now, s, id)
	case 13:
		_ = p.m.SetImporting(now, s, id)
	case 14:
		if p.m.Myself().IsPrimary() { // Redis lets replicas add slots, too; nothing good comes of it
			_ = p.m.AddSlots(now, one(s))
		}
	case 15:
		_ = p.m.DelSlots(now, one(s))
	case 16:
		p.m.Publish([]byte("c"), []byte("m"), p.next()%2 == 0)
	case 17:
		_ = p.m.Meet(now, "10.0.0.9", 1, 1+p.next())
	default:
		p.m.Receive(now, p.link(), p.frame(), 3000)
	}
}
