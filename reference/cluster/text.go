package cluster

import (
	"bytes"
	"fmt"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
)

// Stats counts the messages of the bus by type. Types we do not know are not counted.
type Stats struct {
	Sent, Received [bus.TypeCount]uint64
	ReceivedBytes  uint64 // of all frames, known or not
	// LinksOverflowed counts the links that were ended because too much waited to be sent.
	LinksOverflowed uint64
}

func (s *Stats) received(t bus.Type, wireBytes int) {
	s.ReceivedBytes += uint64(wireBytes)
	if int(t) < bus.TypeCount {
		s.Received[t]++
	}
}

// Stats are the message counters since the start.
func (m *Machine) Stats() Stats { return m.stats }

// nodesText is the text of CLUSTER NODES. What changes all the time is written anew line by line, and the whole text when
// the version of the machine has grown.
type nodesText struct {
	version uint64 // of the machine it was made of
	text    []byte
	spare   []byte // the memory of the text before it
	lines   []nodesLine
	stale   bool // a line is
}

// nodesLine says where the state of a peer (nodesconf.State) stands in the text, and whether it is another one now.
type nodesLine struct {
	from, to int
	stale    bool
}

// restated says that p's times, its link to us or our suspicion may be other ones now, of which only its line of CLUSTER
// NODES tells.
func (m *Machine) restated(p *Peer) {
	if t := &m.nodesText; p.line < len(t.lines) {
		t.lines[p.line].stale = true
		t.stale = true
	}
}

// Nodes is the text of CLUSTER NODES (spec 7.5), until the next input.
func (m *Machine) Nodes() []byte {
	switch t := &m.nodesText; {
	case t.lines == nil || t.version != m.version:
		m.makeNodesText()
	case t.stale:
		m.restateNodes()
	}
	return m.nodesText.text
}

// shownState is what CLUSTER NODES says of a node; nodes.conf says lineState.
func (m *Machine) shownState(p *Peer) nodesconf.State {
	s := m.lineState(p)
	if m.defects.Has(defect.NodesWithoutMyself) {
		s.Flags &^= bus.FlagMyself
	}
	return s
}

func (m *Machine) makeNodesText() {
	t := &m.nodesText
	t.version, t.stale, t.text, t.lines = m.version, false, t.text[:0], t.lines[:0]
	for i, p := range m.peers {
		p.line = i
		n := m.record(p)
		t.text = nodesconf.AppendLineHead(t.text, &n)
		from := len(t.text)
		t.text = nodesconf.AppendState(t.text, m.shownState(p))
		t.lines = append(t.lines, nodesLine{from: from, to: len(t.text)})
		t.text = nodesconf.AppendLineTail(t.text, &n)
	}
}

// restateNodes writes the stale states, and takes what stands between them as it is.
func (m *Machine) restateNodes() {
	t := &m.nodesText
	next, done, shift := t.spare[:0], 0, 0
	for i := range t.lines {
		l := &t.lines[i]
		if !l.stale {
			l.from, l.to = l.from+shift, l.to+shift
			continue
		}
		next = append(next, t.text[done:l.from]...)
		done = l.to
		from := len(next)
		next = nodesconf.AppendState(next, m.shownState(m.peers[i]))
		*l = nodesLine{from: from, to: len(next)}
		shift = l.to - done
	}
	t.text, t.spare, t.stale = append(next, t.text[done:]...), t.text, false
}

// AppendNode appends p's line of CLUSTER NODES without the end of line, as CLUSTER REPLICAS lists it.
func (m *Machine) AppendNode(dst []byte, p *Peer, _ clock.Instant) []byte {
	n := m.record(p)
	return bytes.TrimSuffix(nodesconf.AppendLine(dst, &n), []byte{'\n'})
}

// AppendInfo appends the text of CLUSTER INFO (spec 7.4).
func (m *Machine) AppendInfo(dst []byte) []byte {
	var assigned, suspected, failed int
	for _, p := range m.peers {
		assigned += p.slotCount
		switch {
		case p.Failed():
			failed += p.slotCount
		case p.Suspected():
			suspected += p.slotCount
		}
	}
	ok := assigned - suspected - failed
	if m.defects.Has(defect.InfoCountsFailed) {
		ok = assigned
	}
	epoch := m.self.ConfigEpoch
	if m.self.Primary != nil {
		epoch = m.self.Primary.ConfigEpoch
	}
	dst = fmt.Appendf(dst, "cluster_state:%s\r\n", m.state())
	dst = fmt.Appendf(dst, "cluster_slots_assigned:%d\r\n", assigned)
	dst = fmt.Appendf(dst, "cluster_slots_ok:%d\r\n", ok)
	dst = fmt.Appendf(dst, "cluster_slots_pfail:%d\r\n", suspected)
	dst = fmt.Appendf(dst, "cluster_slots_fail:%d\r\n", failed)
	dst = fmt.Appendf(dst, "cluster_known_nodes:%d\r\n", len(m.peers))
	dst = fmt.Appendf(dst, "cluster_size:%d\r\n", m.size)
	dst = fmt.Appendf(dst, "cluster_current_epoch:%d\r\n", m.currentEpoch)
	dst = fmt.Appendf(dst, "cluster_my_epoch:%d\r\n", epoch)
	dst = appendCounters(dst, "sent", &m.stats.Sent)
	dst = appendCounters(dst, "received", &m.stats.Received)
	return fmt.Appendf(dst, "total_cluster_links_buffer_limit_exceeded:%d\r\n", m.stats.LinksOverflowed)
}

// appendCounters appends the counters of one direction, the types without any left out, and their sum.
func appendCounters(dst []byte, direction string, counters *[bus.TypeCount]uint64) []byte {
	var sum uint64
	for t, n := range counters {
		sum += n
		if n > 0 {
			dst = fmt.Appendf(dst, "cluster_stats_messages_%v_%s:%d\r\n", bus.Type(t), direction, n)
		}
	}
	return fmt.Appendf(dst, "cluster_stats_messages_%s:%d\r\n", direction, sum)
}
