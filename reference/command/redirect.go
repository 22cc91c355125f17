package command

import (
	"bytes"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// verdict is what the slot map says about a request.
type verdict uint8

const (
	serveHere verdict = iota
	moved
	ask
	tryAgain
	crossSlot
	slotUnserved
	clusterDown
	clusterDownForWrites
)

// destination is where a request belongs; slot and peer are set for moved and ask.
type destination struct {
	verdict verdict
	slot    slot.Slot
	peer    *cluster.Peer
}

// route decides who serves a request that has keys, or EXEC. It asks in the order of Redis' getNodeByQuery; the numbers
// are the rows of the table in section 6.2 of the protocol notes. It changes nothing but remembers the slot of the first
// key in c.
func (e *Engine) route(c *Call) destination {
	m, cmd, s := e.Cluster, c.Cmd, c.Session
	if c.first != nil && cmd.Keys.isOne() && m.Settled(c.firstSlot) {
		return destination{} // 15, as for nearly all requests
	}
	if cmd.Flags.Has(RunsScript) && e.Defects.Has(defect.ScriptAnywhere) {
		return destination{}
	}
	var keys keyWalk
	keys.begin(c)
	if keys.queue == nil && cmd.Name == "exec" {
		return destination{} // 1: the handler says that there was no MULTI
	}

	first, ok := keys.next()
	if !ok {
		return destination{} // 4
	}
	at := c.slotOf(first)
	c.first, c.firstSlot = first, at
	owner := m.Owner(at)
	if owner == nil && e.Defects.Has(defect.NoOwnerNoError) {
		return destination{}
	}
	if owner == nil {
		return destination{verdict: slotUnserved} // 2
	}
	here := owner == m.Myself()
	migrating := here && m.Migrating(at) != nil
	importing := !migrating && m.Importing(at) != nil
	open := migrating || importing
	channels := cmd.Flags.Has(ShardChannel)
	looked := open && !channels && cmd.Name != "migrate" && (migrating || !cmd.Keys.isOne()) // otherwise it does not matter which keys are there

	several, missing, present := false, 0, 0
	for key := first; ok; key, ok = keys.next() {
		if !bytes.Equal(key, first) {
			inExec := keys.queue != nil && e.Defects.Has(defect.ExecCrossesSlots)
			if e.SlotOf(key) != at && !e.Defects.Has(defect.NoCrossSlot) && !inExec {
				return destination{verdict: crossSlot} // 3
			}
			several = true
		}
		if looked {
			if e.exists(at, key) {
				present++
			} else {
				missing++
			}
		}
	}

	if !m.Up() && !e.Defects.Has(defect.DownServes) {
		switch {
		case channels && !e.Config.Bool("cluster-allow-pubsubshard-when-down"):
			return destination{verdict: clusterDown} // 5
		case channels:
		case !e.Config.Bool("cluster-allow-reads-when-down") || e.Defects.Has(defect.DownReadsRefused):
			return destination{verdict: clusterDown} // 6
		case c.flags.Has(Write):
			return destination{verdict: clusterDownForWrites} // 7
		}
	}
	if open && cmd.Name == "migrate" {
		return destination{} // 8
	}
	if migrating && (missing > 0 && !e.Defects.Has(defect.NoAsk) || e.Defects.Has(defect.AskForPresent)) {
		if missing > 0 && present > 0 && !e.Defects.Has(defect.NoTryAgain) {
			return destination{verdict: tryAgain} // 9
		}
		return destination{ask, at, m.Migrating(at)} // 10
	} // 11: nothing is missing
	asking := s.Asking && !e.Defects.Has(defect.AskingIgnored) || e.Defects.Has(defect.ImportWithoutAsking)
	if importing && (asking || cmd.Flags.Has(AsksItself)) {
		if several && missing > 0 && !e.Defects.Has(defect.NoTryAgain) {
			return destination{verdict: tryAgain} // 12
		}
		return destination{} // 13
	}
	writes := c.flags.Has(Write) || keys.queue != nil && keys.queue.flags.Has(Write)
	reads := s.ReadOnly && !e.Defects.Has(defect.ReadOnlyIgnored) || e.Defects.Has(defect.ReadsUnasked)
	if s.ReadOnly && e.Defects.Has(defect.ReadOnlyWrites) {
		writes = false
	}
	if (reads || channels) && !writes && m.Myself().Primary == owner {
		return destination{} // 14
	}
	if here || e.Defects.Has(defect.RedirectsNothing) || channels && e.Defects.Has(defect.ShardSubscribeAnywhere) {
		return destination{} // 15
	}
	return destination{moved, at, owner} // 16
}

// redirect answers a request that does not belong here.
func (e *Engine) redirect(c *Call, to destination) Status {
	text := verdictErrors[to.verdict]
	if to.verdict != moved && to.verdict != ask {
		return e.turnAway(c, text)
	}
	if to.verdict == moved && e.Defects.Has(defect.AskForMoved) {
		text = verdictErrors[ask]
	}
	if to.verdict == moved && e.Defects.Has(defect.MovedToMyself) {
		to.peer = e.Cluster.Myself()
	}
	mark := len(c.Reply.Buf)
	e.appendRedirect(c.Reply, text, to)
	return e.turnedAway(c, mark)
}

// turnAway answers a request with an error before it is run.
func (e *Engine) turnAway(c *Call, text string) Status {
	mark := len(c.Reply.Buf)
	c.Reply.Error(text)
	return e.turnedAway(c, mark)
}

// turnedAway does what remains to be done after such an answer. A transaction cannot succeed any more: EXEC discards it.
func (e *Engine) turnedAway(c *Call, mark int) Status {
	if s := c.Session; c.Cmd.Name == "exec" {
		e.discard(s)
	} else if s.queue != nil && !e.Defects.Has(defect.MovedKeepsMulti) {
		s.queue.broken = true
	}
	e.stats.of(c.Cmd).rejected++
	if !e.Defects.Has(defect.RedirectionsUncounted) {
		e.stats.countError(c.Reply.Buf[mark:])
	}
	return Done
}

// verdictErrors are the replies to what is not served here; those to moved and ask go on with slot and endpoint.
var verdictErrors = [...]string{
	moved:                "MOVED ",
	ask:                  "ASK ",
	tryAgain:             "TRYAGAIN Multiple keys request during rehashing of slot",
	crossSlot:            "CROSSSLOT Keys in request don't hash to the same slot",
	slotUnserved:         "CLUSTERDOWN Hash slot not served",
	clusterDown:          "CLUSTERDOWN The cluster is down",
	clusterDownForWrites: "CLUSTERDOWN The cluster is down and only accepts read commands",
}

// Redirections are the errors that stand in for the reply of any command with keys, and of EXEC, when this node does not
// serve them.
func Redirections() []Failure {
	return []Failure{
		{verdictErrors[moved] + "<slot> <endpoint>:<port>", "another node owns the slot; on a replica, also when its own primary owns it and the connection did not say READONLY, or the command writes"},
		{verdictErrors[ask] + "<slot> <endpoint>:<port>", "the slot is on its way to another node and none of the keys is here any more, or yet; the other node serves them to a request after ASKING"},
		{verdictErrors[tryAgain], "the slot is on its way and only some of the keys are here"},
		{verdictErrors[crossSlot], "the keys are in different slots"},
		{verdictErrors[slotUnserved], "nobody owns the slot"},
		{verdictErrors[clusterDown], "slots are without an owner while cluster-require-full-coverage is yes, or most primaries do not answer"},
		{verdictErrors[clusterDownForWrites], "the same, cluster-allow-reads-when-down is yes, and the command writes"},
	}
}

// appendRedirect writes MOVED or ASK: slot, endpoint and client port of the node that is to be asked. It does not
// allocate: a client with an old slot map meets it with every request.
func (e *Engine) appendRedirect(w *resp.Writer, word string, to destination) {
	b := append(w.Buf, '-')
	b = append(b, word...)
	b = strconv.AppendUint(b, uint64(to.slot), 10)
	b = append(b, ' ')
	b = append(b, e.endpoints.of(to.peer)...)
	if to.verdict != moved || !e.Defects.Has(defect.MovedWithoutPort) {
		b = append(b, ':')
		b = strconv.AppendUint(b, uint64(to.peer.Port), 10)
	}
	w.Buf = append(b, "\r\n"...)
}

// SlotOf is the slot of a key, as this node computes it.
func (e *Engine) SlotOf(key []byte) slot.Slot {
	if e.wrongSlot != nil {
		return e.wrongSlot(key)
	}
	return slot.Of(key)
}

// endpointType is cluster-preferred-endpoint-type: what clients are told to connect to.
type endpointType uint8

const (
	endpointIP endpointType = iota
	endpointHostname
	endpointUnknown
)

// endpointTypeOf reads the option's value.
func endpointTypeOf(text string) endpointType {
	switch text {
	case "hostname":
		return endpointHostname
	case "unknown-endpoint":
		return endpointUnknown
	}
	return endpointIP
}

// of is a node's endpoint in MOVED, ASK and CLUSTER SHARDS (section 6.4).
func (t endpointType) of(p *cluster.Peer) string {
	switch {
	case t == endpointUnknown:
		return ""
	case t == endpointIP:
		return p.IP
	case p.Hostname == "":
		return "?"
	}
	return p.Hostname
}
