package steps

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/puppet"
	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

// A puppet is a node that the suite plays on the bus. Its name is X, Y or Z; where a sentence names nodes, those are names as well.
const (
	played = `([XYZ])`
	frames = `(ping|pong|meet|fail|publish|auth-req|auth-ack|update|mfstart|publishshard)`
	slotsT = `slots? (\d+(?:-\d+)?)`
)

func (w *World) puppetActions() []sentence {
	return []sentence{
		{`a puppet ` + played + ` joins`, func(name string) error { return w.joins(name, "") }},
		{`a puppet ` + played + ` with the (greatest|least) id joins`, w.joinsWithID},
		{`a puppet ` + played + ` joins as a replica of node ` + one, w.joins},
		{`a puppet ` + played + ` that nobody has met`, func(name string) error { return w.newPuppet(name, bus.NewID()) }},
		{`puppet ` + played + ` meets node ` + one, w.puppetMeets},
		{`puppet ` + played + ` claims ` + slotsT + ` with config epoch (\d+)`, w.puppetClaims},
		{`puppet ` + played + ` claims ` + slotsT + ` with the config epoch of node ` + one, w.puppetClaimsAtEpochOf},
		{`puppet ` + played + ` claims no slots any more`, w.puppetClaimsNothing},
		{`puppet ` + played + ` says that (?:node|puppet) ` + one + ` (is well|may be failing|has failed)`, w.puppetSays},
		{`puppet ` + played + ` says nothing more of node ` + one, w.puppetForgets},
		{`puppet ` + played + ` sends ` + who + ` a (ping|fail frame about node ` + one + `)`, w.puppetSends},
		{`puppet ` + played + ` sends ` + who + ` an update: node ` + one + ` owns ` + slotsT + ` with config epoch (\d+)`, w.puppetUpdates},
		{`puppet ` + played + ` asks node ` + one + ` for its vote in (the next|the same|an old) epoch( although its primary is up)?`, w.puppetAsks},
		{`every node forgets puppet ` + played, w.everyNodeForgets},
		{`puppet ` + played + ` votes for (nobody|everybody)`, w.puppetVotes},
		{`puppet ` + played + ` answers nothing any more`, w.puppetFallsSilent},
		{`puppet ` + played + ` answers again`, w.puppetAnswersAgain},
	}
}

func (w *World) puppetStatements() []sentence {
	return []sentence{
		{who + ` (?:has|have) sent puppet ` + played + ` (an?|no) ` + frames + `(?: frame)?(?: about node ` + one + `)?`, w.hasSentPuppet},
		{who + ` (?:has|have) told puppet ` + played + ` that node ` + one + ` (may be failing|has failed)`, w.hasTold},
		{`node ` + one + ` has given puppet ` + played + ` (\d+) votes?`, w.hasVoted},
		{`no running node leaves puppet ` + played + ` without a ping for (half a|a whole) node timeout`, w.pingsInTime},
		{who + ` gives? (?:node|puppet) ` + one + ` (config epoch (\d+)|a config epoch of its own)`, w.givesEpoch},
	}
}

// joinTimeouts is how long nodes may take to list a puppet they were told to meet.
const joinTimeouts = 5

func (w *World) puppet(name string) (*puppet.Puppet, error) {
	if p := w.bus.puppets[name]; p != nil {
		return p, nil
	}
	return nil, nonsense("there is no puppet %s", name)
}

// newPuppet makes a puppet that is a primary without slots and whom nobody knows.
func (w *World) newPuppet(name, id string) error {
	if w.cluster == nil {
		return nonsense("there is no cluster; begin with a Given that asks for one")
	}
	p, err := puppet.New(id)
	if err != nil {
		return err
	}
	if w.bus.puppets == nil {
		w.bus.puppets = map[string]*puppet.Puppet{}
		w.cluster.guests = map[string]string{}
	}
	w.bus.puppets[name], w.cluster.guests[id] = p, name
	return nil
}

func (w *World) joins(name, primary string) error {
	return w.joinsAs(name, bus.NewID(), primary)
}

// joinsWithID has an id that is greater, or less, than those of all nodes.
func (w *World) joinsWithID(name, which string) error {
	id := strings.Repeat("f", 40)
	if which == "least" {
		id = strings.Repeat("0", 39) + "1"
	}
	return w.joinsAs(name, id, "")
}

// joinsAs has every running node meet a new puppet, and waits until all of them list it.
func (w *World) joinsAs(name, id, primary string) error {
	if err := w.newPuppet(name, id); err != nil {
		return err
	}
	p, role := w.bus.puppets[name], "primary"
	if primary != "" {
		role = "replica of " + primary
		if err := w.follows(p, primary); err != nil {
			return err
		}
	}
	for _, m := range w.cluster.running() {
		if err := w.toBus(p, m, bus.Meet, nil); err != nil {
			return err
		}
	}
	return w.within(joinTimeouts, func() error {
		return w.eachView("every running node", func(v *view) error {
			return w.checkEqual(v.of.name, v.role(name)+", "+v.state(name), role+", connected")
		})
	})
}

// follows makes the puppet a replica of a node.
func (w *World) follows(p *puppet.Puppet, primary string) error {
	m, err := w.node(primary)
	if err != nil {
		return err
	}
	v, err := w.view(m)
	if err != nil {
		return err
	}
	line, _ := v.line(primary)
	p.Follow(line.ID, line.Slots, line.ConfigEpoch)
	return nil
}

// toBus sends a node a frame of a puppet's.
func (w *World) toBus(p *puppet.Puppet, m *member, t bus.Type, change func(*bus.Frame)) error {
	ctx, cancel := w.limited()
	defer cancel()
	return w.silence(m, p.Send(ctx, puppet.Peer{ID: m.id, BusAddr: m.busAddr()}, t, change))
}

func (m *member) busAddr() string { return net.JoinHostPort(m.host(), itoa(m.BusPort())) }

// tellsAll pings every running node, so that what the puppet says is heard at once.
func (w *World) tellsAll(p *puppet.Puppet) error {
	for _, m := range w.cluster.running() {
		if err := w.toBus(p, m, bus.Ping, nil); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) puppetMeets(name, at string) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	m, err := w.node(at)
	if err != nil {
		return err
	}
	return w.toBus(p, m, bus.Meet, nil)
}

// slotRange reads "5" or "5-10".
func slotRange(text string) wire.SlotRange {
	from, to, ranged := strings.Cut(text, "-")
	if !ranged {
		to = from
	}
	return wire.SlotRange{From: number(from), To: number(to)}
}

func (w *World) puppetClaims(name, slots string, epoch int) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	p.Claim([]wire.SlotRange{slotRange(slots)}, uint64(epoch))
	return w.tellsAll(p)
}

func (w *World) puppetClaimsAtEpochOf(name, slots, of string) error {
	m, err := w.node(of)
	if err != nil {
		return err
	}
	v, err := w.view(m)
	if err != nil {
		return err
	}
	line, _ := v.line(of)
	return w.puppetClaims(name, slots, int(line.ConfigEpoch))
}

func (w *World) puppetClaimsNothing(name string) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	p.Claim(nil, p.Says().ConfigEpoch)
	return w.tellsAll(p)
}

// puppetSays has the puppet gossip about a node, and tell everybody at once.
func (w *World) puppetSays(name, about, what string) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	g, err := w.gossipAbout(about)
	if err != nil {
		return err
	}
	switch what {
	case "may be failing":
		g.Flags |= bus.FlagPFail
	case "has failed":
		g.Flags |= bus.FlagFail
	}
	p.Tell(g)
	return w.tellsAll(p)
}

// gossipAbout is what can truly be said of a node of the cluster or of a puppet: its address, and that it is well.
func (w *World) gossipAbout(name string) (bus.Gossip, error) {
	now := uint32(time.Now().Unix())
	if p := w.bus.puppets[name]; p != nil {
		port := uint16(p.Port())
		return bus.Gossip{ID: p.ID(), PongReceived: now, IP: "127.0.0.1", Port: port, BusPort: port, Flags: bus.FlagPrimary}, nil
	}
	m, err := w.node(name)
	if err != nil {
		return bus.Gossip{}, err
	}
	g := bus.Gossip{ID: m.id, PongReceived: now, IP: m.host(), Port: uint16(number(m.port())), BusPort: uint16(m.BusPort()), Flags: bus.FlagPrimary}
	if w.cluster.shape.primaryOf(name) != "" {
		g.Flags = bus.FlagReplica
	}
	return g, nil
}

// everyNodeForgets has the nodes forget a puppet at the same moment: gossip would bring it back to the first.
func (w *World) everyNodeForgets(name string) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	return w.each("every node", func(m *member) error { return w.silence(m, m.demand(w.ctx, "CLUSTER", "FORGET", p.ID())) })
}

func (w *World) puppetForgets(name, about string) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	m, err := w.node(about)
	if err != nil {
		return err
	}
	p.Forget(m.id)
	return nil
}

func (w *World) puppetSends(name, to, what, about string) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	return w.each(to, func(m *member) error {
		if what == "ping" {
			return w.toBus(p, m, bus.Ping, nil)
		}
		failing, err := w.node(about)
		if err != nil {
			return err
		}
		return w.toBus(p, m, bus.Fail, func(f *bus.Frame) { f.About = failing.id })
	})
}

func (w *World) puppetUpdates(name, to, about, slots string, epoch int) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	owner, err := w.node(about)
	if err != nil {
		return err
	}
	return w.each(to, func(m *member) error {
		return w.toBus(p, m, bus.Update, func(f *bus.Frame) {
			f.About, f.Claim = owner.id, bus.Claim{ConfigEpoch: uint64(epoch), Slots: []wire.SlotRange{slotRange(slots)}}
		})
	})
}

func (w *World) puppetAsks(name, of, which, force string) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	m, err := w.node(of)
	if err != nil {
		return err
	}
	if which != "the same" {
		info, err := m.info(w.ctx, "CLUSTER", "INFO")
		if err != nil {
			return w.silence(m, err)
		}
		w.bus.epoch = uint64(number(info["cluster_current_epoch"]))
		if which == "the next" {
			w.bus.epoch++
		} else {
			w.bus.epoch--
		}
	}
	return w.toBus(p, m, bus.VoteRequest, func(f *bus.Frame) {
		f.CurrentEpoch = w.bus.epoch
		if force != "" {
			f.Message = bus.MessageForce
		}
	})
}

func (w *World) puppetVotes(name, forWhom string) error {
	p, err := w.puppet(name)
	if err == nil {
		p.Vote(forWhom == "everybody")
	}
	return err
}

func (w *World) puppetFallsSilent(name string) error {
	p, err := w.puppet(name)
	if err == nil {
		p.Silence(true)
	}
	return err
}

func (w *World) puppetAnswersAgain(name string) error {
	p, err := w.puppet(name)
	if err == nil {
		p.Silence(false)
	}
	return err
}

func (w *World) hasSentPuppet(subject, name, article, kind, about string) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	wanted, _ := bus.TypeOf(kind)
	what := kind + " frame"
	id := ""
	if about != "" {
		m, err := w.node(about)
		if err != nil {
			return err
		}
		id, what = m.id, what+" about "+about
	}
	return w.each(subject, func(m *member) error {
		n := p.Log.Count(func(s *bus.Seen) bool {
			return s.From == m.id && s.Frame.Type == wanted && (id == "" || s.Frame.About == id)
		})
		want := "at least one"
		if article == "no" {
			want = "none"
		}
		return w.check(m.name, (n > 0) == (article != "no"), fmt.Sprintf("%s to puppet %s: %d", what, name, n), fmt.Sprintf("%s to puppet %s: %s", what, name, want))
	})
}

func (w *World) hasTold(subject, name, about, what string) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	failing, err := w.node(about)
	if err != nil {
		return err
	}
	flag := bus.FlagPFail
	if what == "has failed" {
		flag = bus.FlagFail
	}
	said := func(g bus.Gossip) bool { return g.ID == failing.id && g.Flags&flag != 0 }
	return w.each(subject, func(m *member) error {
		n := p.Log.Count(func(s *bus.Seen) bool { return s.From == m.id && slices.ContainsFunc(s.Frame.Gossip, said) })
		return w.check(m.name, n > 0, "no such gossip", "gossip that node "+about+" "+what)
	})
}

func (w *World) hasVoted(of, name string, votes int) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	m, err := w.node(of)
	if err != nil {
		return err
	}
	n := p.Log.Count(func(s *bus.Seen) bool { return s.From == m.id && s.Frame.Type == bus.Vote })
	return w.checkEqual(of, fmt.Sprintf("votes for %s: %d", name, n), fmt.Sprintf("votes for %s: %d", name, votes))
}

// pingsInTime looks at the pings of each node since it sent the first.
func (w *World) pingsInTime(name, share string) error {
	p, err := w.puppet(name)
	if err != nil {
		return err
	}
	longest := w.nodeTimeout / 2
	if share == "a whole" {
		longest = w.nodeTimeout
	}
	return w.each("every running node", func(m *member) error {
		last, pause := time.Time{}, time.Duration(0)
		for _, s := range p.Log.All() {
			if s.From != m.id || s.Frame.Type != bus.Ping {
				continue
			}
			if !last.IsZero() {
				pause = max(pause, s.At.Sub(last))
			}
			last = s.At
		}
		if !last.IsZero() {
			pause = max(pause, time.Since(last))
		}
		got := fmt.Sprintf("the longest time between two pings to puppet %s is %s", name, pause.Round(time.Millisecond))
		return w.check(m.name, !last.IsZero() && pause <= longest, got, "at most "+longest.String())
	})
}

// givesEpoch looks at the config epoch of a node or puppet as nodes know it.
func (w *World) givesEpoch(subject, name, what, epoch string) error {
	return w.eachView(subject, func(v *view) error {
		line, listed := v.line(name)
		if !listed {
			return w.check(v.of.name, false, name+" is not listed", name+" is listed")
		}
		if what != "a config epoch of its own" {
			return w.checkEqual(v.of.name, fmt.Sprintf("%s has config epoch %d", name, line.ConfigEpoch), fmt.Sprintf("%s has config epoch %s", name, epoch))
		}
		for _, l := range v.lines {
			if l.ID != line.ID && l.HasFlag("master") && l.ConfigEpoch == line.ConfigEpoch {
				return w.check(v.of.name, false, fmt.Sprintf("%s and %s have config epoch %d", name, w.cluster.nameOf(l.ID), l.ConfigEpoch), "a config epoch of its own")
			}
		}
		return w.check(v.of.name, true, "")
	})
}

// dialBus opens a link to a node's bus port.
func dialBus(ctx context.Context, m *member) (net.Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", m.busAddr())
	if err == nil {
		err = conn.SetDeadline(time.Now().Add(clientLimit))
	}
	return conn, err
}
