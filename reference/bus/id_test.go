package bus

import (
	"strings"
	"testing"
)

func TestParseNodeID(t *testing.T) {
	for _, c := range []struct {
		text string
		ok   bool
	}{
		{strings.Repeat("0f", 20), true},
		{strings.Repeat("z9", 20), true}, // not hexadecimal, but Redis reads it
		{"", false},
		{"-", false},
		{strings.Repeat("a", 39), false},
		{strings.Repeat("a", 41), false},
		{strings.Repeat("A", 40), false},
		{strings.Repeat("a", 39) + "\x00", false},
		{strings.Repeat("a", 39) + " ", false},
		{strings.Repeat("ä", 20), false},
	} {
		id, err := ParseNodeID(c.text)
		if fromBytes, err2 := ParseNodeID([]byte(c.text)); fromBytes != id || (err2 == nil) != (err == nil) {
			t.Errorf("%q is read differently from bytes: %v, %v", c.text, fromBytes, err2)
		}
		if (err == nil) != c.ok || c.ok && id.String() != c.text || !c.ok && !id.IsZero() {
			t.Errorf("%q gives %v and %v", c.text, id, err)
		}
	}
}

func TestNodeID(t *testing.T) {
	small, large := idOf("0a"), idOf("b0")
	if small.Compare(large) >= 0 || large.Compare(small) <= 0 || small.Compare(small) != 0 {
		t.Error("ids are not ordered by their bytes")
	}
	if zero := (NodeID{}); !zero.IsZero() || zero.Valid() || zero.String() != "-" || small.IsZero() || !small.Valid() {
		t.Error("the zero id is not told from the others")
	}
}

func TestFlags(t *testing.T) {
	for text, flags := range map[string]Flags{
		"noflags":             0,
		"myself,master":       FlagMyself | FlagPrimary,
		"slave,fail?":         FlagReplica | FlagPFail,
		"master,fail":         FlagPrimary | FlagFail,
		"handshake":           FlagHandshake,
		"slave,noaddr":        FlagReplica | FlagNoAddr,
		"myself,slave,noaddr": FlagMyself | FlagReplica | FlagNoAddr,
		"slave,nofailover":    FlagReplica | FlagNoFailover,
		"myself,master,slave,fail?,fail,handshake,noaddr,nofailover": 0x27f &^ FlagMeet &^ 0x80 &^ FlagMigrateTo,
	} {
		if got := flags.String(); got != text {
			t.Errorf("%#x is %q, want %q", uint16(flags), got, text)
		}
		if got, err := ParseFlags(strings.ToUpper(text)); got != flags || err != nil {
			t.Errorf("%q gives %#x and %v, want %#x", strings.ToUpper(text), uint16(got), err, uint16(flags))
		}
	}
	if got := (FlagPrimary | FlagMeet | FlagMigrateTo | FlagExtensions | 1<<11).String(); got != "master" {
		t.Errorf("flags without a name are shown: %q", got)
	}
	for _, text := range []string{"", "primary", "master,", ",master", "master slave", "ſlave", "myſelf", "fail??"} {
		if flags, err := ParseFlags(text); err == nil {
			t.Errorf("%q gives %v, want an error", text, flags)
		}
	}
}
