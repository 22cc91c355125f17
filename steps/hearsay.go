package steps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

// hearsay follows the frames of a bus and tells which of them say something new. Nodes repeat themselves many times a second.
type hearsay struct {
	name func(id string) string
	said map[string]*said // by sender
	lost map[way]bool     // the last frame that went there did not arrive
}

// said is what a sender has said so far.
type said struct {
	state string
	about map[string]string // of other nodes, in gossip
}

type way struct {
	from, to string
	kind     bus.Type
}

func newHearsay(name func(id string) string) *hearsay {
	return &hearsay{name: name, said: map[string]*said{}, lost: map[way]bool{}}
}

// news puts the next frame into words and tells whether it is worth keeping: a ping or pong is, if its sender has changed, says of another
// node what it did not say before, or is the first that gets lost on its way.
func (h *hearsay) news(s *bus.Seen) (text string, isNews bool) {
	f, lostBefore := s.Frame, h.lost[way{s.From, s.To, s.Frame.Type}]
	h.lost[way{s.From, s.To, f.Type}] = s.Dropped
	if f.IsLight() {
		return "", false
	}
	if f.Type != bus.Ping && f.Type != bus.Pong && f.Type != bus.Meet {
		return h.words(f), true
	}
	sender := h.said[s.From]
	if sender == nil {
		sender = &said{about: map[string]string{}}
		h.said[s.From] = sender
	}
	var new []string
	if state := h.state(f); state != sender.state {
		sender.state, new = state, append(new, state)
	}
	new = append(new, h.gossip(sender, f.Gossip)...)
	return strings.Join(new, "; "), len(new) > 0 || f.Type == bus.Meet || s.Dropped && !lostBefore
}

// state is what a header says of its sender.
func (h *hearsay) state(f *bus.Frame) string {
	text := fmt.Sprintf("epoch %d, config epoch %d, ", f.CurrentEpoch, f.ConfigEpoch)
	if f.Primary != "" {
		text += "replica of " + h.name(f.Primary)
	} else {
		text += slotsText(f.Slots)
	}
	if f.Down {
		text += ", the cluster is down"
	}
	if f.Message&bus.MessagePaused != 0 {
		text += ", its clients wait"
	}
	return text
}

// gossip is what a frame says of other nodes and its sender has not said before. What it never doubted is no news.
func (h *hearsay) gossip(sender *said, gossip []bus.Gossip) (new []string) {
	for _, g := range gossip {
		what := ""
		switch {
		case g.Flags&bus.FlagFail != 0:
			what = "has failed"
		case g.Flags&bus.FlagPFail != 0:
			what = "may be failing"
		}
		if sender.about[g.ID] == what {
			continue
		}
		sender.about[g.ID] = what
		if what == "" {
			what = "is well"
		}
		new = append(new, h.name(g.ID)+" "+what)
	}
	slices.Sort(new)
	return new
}

// words are what a frame that is no ping says.
func (h *hearsay) words(f *bus.Frame) string {
	switch f.Type {
	case bus.Fail:
		return h.name(f.About) + " has failed"
	case bus.VoteRequest:
		if f.Message&bus.MessageForce != 0 {
			return fmt.Sprintf("asks for a vote in epoch %d, though its primary is up", f.CurrentEpoch)
		}
		return fmt.Sprintf("asks for a vote in epoch %d", f.CurrentEpoch)
	case bus.Vote:
		return fmt.Sprintf("votes in epoch %d", f.CurrentEpoch)
	case bus.Update:
		return fmt.Sprintf("%s has config epoch %d, %s", h.name(f.About), f.Claim.ConfigEpoch, slotsText(f.Claim.Slots))
	case bus.Publish, bus.PublishShard:
		return fmt.Sprintf("%d bytes to %q", len(f.Payload), f.Channel)
	}
	return ""
}

// slotsText lists slots where they are few ranges, and counts them where they are many.
func slotsText(slots []wire.SlotRange) string {
	const few = 3
	if len(slots) == 0 {
		return "no slots"
	}
	count := 0
	var list []string
	for _, r := range slots {
		count += r.To - r.From + 1
		list = append(list, r.String())
	}
	if len(slots) > few {
		return fmt.Sprintf("%d slots in %d ranges", count, len(slots))
	}
	if count == 1 {
		return "slot " + list[0]
	}
	return "slots " + strings.Join(list, " ")
}
