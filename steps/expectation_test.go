package steps

import (
	"testing"

	"github.com/clusterspec/clusterspec/compose/wire"
)

func integer(text string) wireValue { return wireValue{Kind: wire.Integer, Text: text} }

func TestExpectations(t *testing.T) {
	simple := wireValue{Kind: wire.Simple, Text: "OK"}
	moved := wireValue{Kind: wire.Error, Text: "MOVED 866 127.0.0.1:7001"}
	nullBulk, nullArray, null3 := wireValue{Kind: wire.Bulk, Null: true}, wireValue{Kind: wire.Array, Null: true}, wireValue{Kind: wire.Null, Null: true}
	pair := wireValue{Kind: wire.Array, Items: []wireValue{bulk("1"), nullBulk}}
	for _, c := range []struct {
		text string
		yes  []wireValue
		no   []wireValue
	}{
		{`simple "OK"`, []wireValue{simple}, []wireValue{bulk("OK"), {Kind: wire.Simple, Text: "ok"}, nullBulk}},
		{`bulk ""`, []wireValue{bulk("")}, []wireValue{nullBulk, {Kind: wire.Simple}}},
		{`bulk "a \"b\" \r\n"`, []wireValue{bulk("a \"b\" \r\n")}, nil},
		{`error "MOVED 866 127.0.0.1:7001"`, []wireValue{moved}, []wireValue{{Kind: wire.Error, Text: "MOVED 866 127.0.0.1"}, bulk(moved.Text)}},
		{`an error that begins with "MOVED 866"`, []wireValue{moved}, []wireValue{{Kind: wire.Error, Text: "ASK 866 x"}, bulk(moved.Text)}},
		{`an error that begins with "ASK" or "MOVED 8"`, []wireValue{moved, {Kind: wire.Error, Text: "ASK 1 x"}}, []wireValue{{Kind: wire.Error, Text: "MOVED 9"}, bulk("ASK")}},
		{`an array that begins with bulk "1"`, []wireValue{pair}, []wireValue{{Kind: wire.Array}, bulk("1"), nullArray}},
		{`integer -3`, []wireValue{integer("-3")}, []wireValue{integer("3"), bulk("-3")}},
		{`integer from 2 to 4`, []wireValue{integer("2"), integer("4")}, []wireValue{integer("1"), integer("5"), bulk("3")}},
		{`null`, []wireValue{nullBulk, null3}, []wireValue{nullArray, bulk("")}},
		{`null array`, []wireValue{nullArray, null3}, []wireValue{nullBulk, {Kind: wire.Array}}},
		{`array of 2`, []wireValue{pair}, []wireValue{{Kind: wire.Array}, nullArray}},
		{`array of 0`, []wireValue{{Kind: wire.Array}}, []wireValue{nullArray, pair}},
		{`array []`, []wireValue{{Kind: wire.Array}}, []wireValue{nullArray, pair}},
		{`array [bulk "1", null]`, []wireValue{pair}, []wireValue{{Kind: wire.Array, Items: []wireValue{nullBulk, bulk("1")}}, {Kind: wire.Array, Items: []wireValue{bulk("1")}}}},
		{`array [array [integer 1], integer 2]`, []wireValue{{Kind: wire.Array, Items: []wireValue{{Kind: wire.Array, Items: []wireValue{integer("1")}}, integer("2")}}}, nil},
	} {
		e, err := parseExpectation(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		for _, v := range c.yes {
			if !e.matches(v) {
				t.Errorf("%s does not match %s", c.text, v)
			}
		}
		for _, v := range append(c.no, wireValue{}) {
			if e.matches(v) {
				t.Errorf("%s matches %s", c.text, v)
			}
		}
	}
}

func TestExpectationsThatMakeNoSense(t *testing.T) {
	for _, text := range []string{"", "OK", `simple OK`, `bulk "x`, `array [bulk "1"`, `array [bulk "1" bulk "2"]`, `integer x`, `simple "OK" or so`, `nullable`} {
		if e, err := parseExpectation(text); err == nil {
			t.Errorf("%q was read as %+v", text, e)
		} else if verdictOf(err) != "harness-error" {
			t.Errorf("%q: %v is no trouble of the suite", text, err)
		}
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string]int{`GET a`: 2, `  SET  a "b c" `: 3, `CLUSTER KEYSLOT ""`: 3, `GET {a}b`: 2} {
		if got, err := words(text); err != nil || len(got) != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "  ", `SET a "b`} {
		if got, err := words(text); err == nil {
			t.Errorf("%q was read as %q", text, got)
		}
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		want, got string
		holds     bool
	}{
		{"ok", "ok", true}, {"ok", "okay", false}, {"", "", true}, {"", "x", false},
		{"calls=1,...", "calls=1,usec=5", true}, {"calls=1,...", "calls=2,usec=5", false},
		{"calls=1,...,rejected_calls=2,failed_calls=0...", "calls=1,usec=5,rejected_calls=2,failed_calls=0", true},
		{"calls=1,...,rejected_calls=2,failed_calls=0...", "calls=1,usec=5,rejected_calls=3,failed_calls=0", false},
		{"...end", "the end", true}, {"...end", "the end.", false},
	} {
		if fits(c.want, c.got) != c.holds {
			t.Errorf("%q fits %q: %v", c.got, c.want, !c.holds)
		}
	}
}

// FuzzExpectation: no text panics, one that is read can be compared with every kind of reply, and a reply fits itself.
func FuzzExpectation(f *testing.F) {
	for _, text := range []string{`simple "OK"`, `integer from -1 to 9`, `array of 2`, `an array that begins with bulk "a"`, `an error that begins with "ERR" or "WRONG"`, `array [integer 1, null, array []]`} {
		f.Add(text)
	}
	replies := []wireValue{{}, {Kind: wire.Array, Items: make([]wireValue, 1)}, {Kind: wire.Bulk, Null: true}, {Kind: wire.Integer, Text: "7"}, {Kind: wire.Error, Text: "ERR"}}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parseExpectation(text)
		if err == nil {
			for _, reply := range replies {
				e.matches(reply)
			}
		}
		if v, rest, err := parseValue(text); err == nil && rest == "" && !sameReply(v, v) {
			t.Errorf("%q is not what %s is", text, v)
		}
	})
}
