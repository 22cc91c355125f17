package steps

import (
	"cmp"
	"slices"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire/bus"
	"github.com/clusterspec/clusterspec/reports"
)

// timelineFrames is how many frames of the bus a timeline holds at most.
const timelineFrames = 120

// did notes what is being done to nodes or links.
func (w *World) did(kind string, nodes ...string) {
	w.done = append(w.done, deed{time.Now(), reports.Fault{Kind: kind, Nodes: nodes, Text: w.step}})
}

// deed is a fault of the scenario's, with the time of the clock.
type deed struct {
	at    time.Time
	fault reports.Fault
}

// timeline is the course of the scenario that began then.
func (w *World) timeline(began time.Time) reports.Timeline {
	var line reports.Timeline
	line.Exchanges, line.Dropped = w.trace.since(began)
	for i := range line.Exchanges {
		e := &line.Exchanges[i]
		e.Request, e.Reply = cutTo(e.Request, timelineBytes), cutTo(e.Reply, timelineBytes)
	}
	for _, d := range w.done {
		d.fault.AtMillis = millisSince(began, d.at)
		line.Faults = append(line.Faults, d.fault)
	}
	frames := w.frames(began)
	if len(frames) > timelineFrames { // what nodes only tell in passing goes first
		kept := slices.DeleteFunc(slices.Clone(frames), func(f reports.Frame) bool { return !f.Lost && (f.Type == "ping" || f.Type == "pong") })
		line.Dropped += len(frames) - len(kept)
		frames = kept
	}
	if spare := len(frames) - timelineFrames; spare > 0 {
		line.Dropped += spare
		frames = slices.Delete(frames, timelineFrames/2, timelineFrames/2+spare)
	}
	line.Frames = frames
	return line
}

// frames are those of the bus that say something new: seen by the proxy, or sent and received by puppets.
func (w *World) frames(began time.Time) []reports.Frame {
	if w.cluster == nil {
		return nil
	}
	seen, heard := w.seen(), newHearsay(w.nameOfNode)
	var frames []reports.Frame
	for i := range seen {
		s := &seen[i]
		text, isNews := heard.news(s)
		if isNews && !s.At.Before(w.handedOver) {
			frames = append(frames, reports.Frame{
				AtMillis: millisSince(began, s.At), From: w.nameOfNode(s.From), To: w.nameOfNode(s.To), Type: s.Frame.Type.String(), Text: text, Lost: s.Dropped,
			})
		}
	}
	return frames
}

// seen are all frames that the proxy saw or puppets sent and received, in the order of time.
func (w *World) seen() (seen []bus.Seen) {
	if w.cluster.faults != nil {
		seen = w.cluster.faults.Log.All()
		seen = slices.DeleteFunc(seen, func(s bus.Seen) bool { return s.From == "" || s.To == "" }) // puppets have noted theirs
	}
	for _, p := range w.bus.puppets {
		seen = append(append(seen, p.Log.All()...), p.Sent.All()...)
	}
	slices.SortStableFunc(seen, func(a, b bus.Seen) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	return seen
}

// nameOfNode is the name of what an id or a name stands for; of a stranger the beginning of its id.
func (w *World) nameOfNode(id string) string {
	const strangerLen = 8
	if name := w.cluster.nameOf(id); len(name) < strangerLen {
		return name
	}
	return id[:strangerLen]
}
