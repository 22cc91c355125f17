package bus

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
)

var (
	alice = strings.Repeat("a", 40)
	bob   = strings.Repeat("b", 40)
)

func header(t Type) Frame {
	return Frame{
		Version: Version, Type: t, CurrentEpoch: 7, ConfigEpoch: 5, Offset: 99, Sender: alice, Primary: bob, IP: "127.0.0.1",
		Slots: []wire.SlotRange{{From: 0, To: 8}, {From: 16383, To: 16383}}, Port: 7000, BusPort: 17000, Flags: FlagReplica | FlagMyself,
		Down: true, Message: MessageForce,
	}
}

// samples is a frame of each kind with the length clusterProcessPacket asks for.
func samples() map[int]Frame {
	gossiping, failing, updating, publishing, voting := header(Ping), header(Fail), header(Update), header(PublishShard), header(Vote)
	gossiping.Gossip = []Gossip{{ID: bob, PingSent: 1, PongReceived: 2, IP: "::1", Port: 3, BusPort: 4, Flags: FlagPrimary | FlagPFail}}
	failing.About = bob
	updating.About, updating.Claim = bob, Claim{ConfigEpoch: 9, Slots: []wire.SlotRange{{From: 1, To: 2}}}
	publishing.Channel, publishing.Payload = "news", []byte("hello")
	return map[int]Frame{2256 + 104: gossiping, 2296: failing, 4352: updating, 2256 + 8 + 9: publishing, 2256: voting}
}

func TestFramesSurviveTheWire(t *testing.T) {
	for length, want := range samples() {
		b := want.Bytes()
		if len(b) != length {
			t.Errorf("%s has %d bytes, want %d", want.Type, len(b), length)
		}
		got, err := Parse(b)
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got %+v, %v", want.Type, got, err)
		}
	}
}

func TestMalformedFramesAreErrors(t *testing.T) {
	for _, f := range samples() {
		whole := f.Bytes()
		short := bytes.Clone(whole[:len(whole)-1])
		if _, err := Parse(short); err == nil {
			t.Errorf("%s: a byte is missing, and nobody says so", f.Type)
		}
	}
	many := header(Pong)
	b := many.Bytes()
	b[15] = 3 // entries that are not there
	if _, err := Parse(b); !errors.Is(err, errBody) {
		t.Errorf("gossip that is not there: %v", err)
	}
}

func TestReaderTakesOneFrameAfterTheOther(t *testing.T) {
	first, second := header(Ping), header(Vote)
	r := NewReader(io.MultiReader(bytes.NewReader(first.Bytes()), bytes.NewReader(second.Bytes()), strings.NewReader("GET / HTTP")))
	for _, want := range []Type{Ping, Vote} {
		if f, err := r.Frame(); err != nil || f.Type != want {
			t.Fatalf("got %v, %v", f, err)
		}
	}
	var noFrame *NoFrame
	if _, err := r.Frame(); !errors.As(err, &noFrame) {
		t.Fatalf("got %v", err)
	}
	if rest, _ := io.ReadAll(r.Rest()); string(rest) != "GET / HTTP" {
		t.Errorf("the rest is %q", rest)
	}
}

func TestLightFramesAreTold(t *testing.T) {
	light := []byte("RCmb\x00\x00\x00\x21\x00\x01\x00\x00\x80\x04\x00\x00\x00\x00\x00\x04\x00\x00\x00\x05chanhello")
	f, err := NewReader(bytes.NewReader(light)).Frame()
	if err != nil || !f.IsLight() || f.Type.String() != "publish" {
		t.Errorf("got %v, %v", f, err)
	}
}

func TestLogKeepsTheLastAndCountsAllVotes(t *testing.T) {
	var l Log
	vote := header(Vote)
	for range 2 {
		l.Add(Seen{Frame: &vote, From: "A"})
		for range logFrames {
			ping := header(Ping)
			l.Add(Seen{Frame: &ping, From: "B", At: time.Now()})
		}
	}
	all := l.All()
	if len(all) != logFrames || l.Count(func(s *Seen) bool { return s.From == "B" }) != logFrames || all[0].At.After(all[len(all)-1].At) {
		t.Errorf("%d frames are kept", len(all))
	}
	if voter, epoch, found := l.DoubleVote(); !found || voter != alice || epoch != 7 {
		t.Errorf("the second vote was missed: %s, %d", voter, epoch)
	}
	if l.Clear(); len(l.All()) != 0 {
		t.Error("it was not cleared")
	}
}

func TestTypesHaveTheirNames(t *testing.T) {
	for i, name := range typeNames {
		if got, known := TypeOf(name); !known || got != Type(i) || got.String() != name {
			t.Errorf("%s is %v", name, got)
		}
	}
	if _, known := TypeOf("no-such"); known || Type(99).String() != "type 99" {
		t.Error("a type that is none")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range samples() {
		f.Add(s.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := Parse(b)
		if err != nil || frame.IsLight() || frame.Version != Version {
			return
		}
		again, err := Parse(frame.Bytes())
		if err != nil || again.Sender != frame.Sender || !reflect.DeepEqual(again.Slots, frame.Slots) || len(again.Gossip) != len(frame.Gossip) {
			t.Errorf("%v became %v, %v", frame, again, err)
		}
	})
}
