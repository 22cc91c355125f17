package bundle

import (
	"fmt"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
	"github.com/clusterspec/clusterspec/steps"
)

// wireLog lists all exchanges, one a line.
func (b *Bundle) wireLog() string {
	var t strings.Builder
	t.WriteString("# seconds  who -> node  request  =>  reply; faults are lines of ***\n")
	faults := b.Recording.Faults
	for _, s := range b.Recording.Wire {
		at := s.At.Sub(b.Recording.Began)
		for ; len(faults) > 0 && faults[0].AtMillis <= at.Milliseconds(); faults = faults[1:] {
			fmt.Fprintf(&t, "%9.3f  *** %s %s: %s\n", float64(faults[0].AtMillis)/1000, faults[0].Kind, strings.Join(faults[0].Nodes, ", "), faults[0].Text)
		}
		who := "client"
		if s.Judge {
			who = "suite"
		}
		reply := s.Reply.String()
		if s.Err != nil {
			reply = "(" + s.Err.Error() + ")"
		}
		request := "(unasked)"
		if len(s.Request) > 0 {
			request = quoted(s.Request)
		}
		fmt.Fprintf(&t, "%9.3f  %-6s -> %-5s %s  =>  %s\n", at.Seconds(), who, s.Node, request, reply)
	}
	return t.String()
}

// quoted is a request as redis-cli reads it.
func quoted(args []string) string {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = quote(arg)
	}
	return strings.Join(words, " ")
}

// quote is an argument as redis-cli reads it from its input.
func quote(arg string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=@%+{}*"
	if arg != "" && strings.Trim(arg, plain) == "" {
		return arg
	}
	var t strings.Builder
	t.WriteByte('"')
	for i := range len(arg) {
		switch c := arg[i]; {
		case c < ' ' || c > '~' || strings.IndexByte("\"\\$`", c) >= 0: // the last three mean something to the shell as well
			fmt.Fprintf(&t, `\x%02x`, c)
		default:
			t.WriteByte(c)
		}
	}
	return t.String() + `"`
}

// busLog lists all frames: of the run itself where it saw them, and of the second run, which was watched.
func (b *Bundle) busLog() string {
	var t strings.Builder
	t.WriteString("# seconds  from -> to  frame; a negative time is before the scenario began\n")
	if frames := b.Recording.Frames; len(frames) > 0 {
		t.WriteString("# the run of the result\n")
		writeFrames(&t, frames, b.Recording.Began, b.names(b.Recording))
	}
	switch {
	case b.Watched != nil:
		fmt.Fprintf(&t, "# a second run, with a proxy in the path of every link; its verdict: %s\n", b.Result.Verdict.Word())
		writeFrames(&t, b.Watched.Frames, b.Watched.Began, b.names(b.Watched))
	case b.Unwatched != "":
		fmt.Fprintf(&t, "# the links were not watched: %s\n", b.Unwatched)
	}
	return t.String()
}

func (b *Bundle) names(r *steps.Recording) func(string) string {
	return func(id string) string {
		for _, n := range r.Nodes {
			if n.ID == id {
				return n.Name
			}
		}
		return id
	}
}

func writeFrames(t *strings.Builder, frames []bus.Seen, began time.Time, name func(id string) string) {
	for _, s := range frames {
		lost := ""
		if s.Dropped {
			lost = "  LOST"
		}
		fmt.Fprintf(t, "%9.3f  %-5s -> %-5s %s%s%s\n", s.At.Sub(began).Seconds(), s.From, s.To, s.Frame, details(s.Frame, name), lost)
	}
}

// details are what of a frame its String leaves out.
func details(f *bus.Frame, name func(string) string) string {
	var t strings.Builder
	fmt.Fprintf(&t, ", offset %d, flags %#x", f.Offset, uint16(f.Flags))
	if f.Primary != "" {
		t.WriteString(", replica of " + name(f.Primary))
	}
	if f.Down {
		t.WriteString(", cluster down")
	}
	if f.About != "" {
		fmt.Fprintf(&t, ", about %s", name(f.About))
	}
	if f.Type == bus.Update {
		fmt.Fprintf(&t, " with config epoch %d, slots %s", f.Claim.ConfigEpoch, ranges(f.Claim.Slots))
	}
	for _, g := range f.Gossip {
		fmt.Fprintf(&t, "; %s flags %#x", name(g.ID), uint16(g.Flags))
	}
	return t.String()
}

func ranges(slots []wire.SlotRange) string {
	var all []string
	for _, r := range slots {
		all = append(all, r.String())
	}
	return strings.Join(all, " ")
}
