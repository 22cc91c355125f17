package reports

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

func TestBadges(t *testing.T) {
	r := knownReport(Pass, Fail, Deviation, Unsupported)
	for i, area := range []string{"a", "<b>", "c", "d"} {
		r.Cases[i].Area = area
	}
	want := []string{"1 pass, 1 unexpected, 1 known, 1 unsupported " + badgeBad, "1 pass " + badgeGood, "1 unexpected " + badgeBad, "1 known " + badgeNothing, "1 unsupported " + badgeNothing}
	for i, b := range r.Badges("t") {
		if got := b.Message + " " + b.colour; got != want[i] {
			t.Errorf("%q: %q, want %q", b.Area, got, want[i])
		}
		var svg bytes.Buffer
		if err := b.WriteSVG(&svg); err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(strings.NewReader(svg.String())); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%v in\n%s", err, svg.String())
			}
		}
	}
	if b := (&Report{}).Badges("t"); len(b) != 1 || b[0].Message != "nothing ran" {
		t.Errorf("%+v", b)
	}
}
