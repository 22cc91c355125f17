package wire

import "testing"

func TestValueString(t *testing.T) {
	for text, want := range map[string]string{
		"+OK\r\n":                              `simple "OK"`,
		"-MOVED 866 127.0.0.1:7001\r\n":        `error "MOVED 866 127.0.0.1:7001"`,
		":3\r\n":                               `integer 3`,
		":-1\r\n":                              `integer -1`,
		"$1\r\nx\r\n":                          `bulk "x"`,
		"$3\r\n\x00\r\n\r\n":                   `bulk "\x00\r\n"`,
		"$0\r\n\r\n":                           `bulk ""`,
		"$-1\r\n":                              `null bulk`,
		"*-1\r\n":                              `null array`,
		"_\r\n":                                `null`,
		"*0\r\n":                               `array []`,
		"*2\r\n:1\r\n*1\r\n$1\r\na\r\n":        `array [integer 1, array [bulk "a"]]`,
		"%2\r\n+a\r\n:1\r\n+b\r\n_\r\n":        `map {simple "a": integer 1, simple "b": null}`,
		"%0\r\n":                               `map {}`,
		"~1\r\n#t\r\n":                         `set [boolean true]`,
		">2\r\n+message\r\n#f\r\n":             `push [simple "message", boolean false]`,
		",1.5\r\n":                             `double 1.5`,
		",inf\r\n":                             `double inf`,
		"(12345678901234567890123\r\n":         `bignumber 12345678901234567890123`,
		"=7\r\ntxt:abc\r\n":                    `verbatim txt "abc"`,
		"!5\r\nERR x\r\n":                      `bulkerror "ERR x"`,
		"|1\r\n+ttl\r\n:9\r\n$1\r\nv\r\n":      `attribute {simple "ttl": integer 9} bulk "v"`,
		"|1\r\n+a\r\n:1\r\n*2\r\n:1\r\n:2\r\n": `attribute {simple "a": integer 1} array [integer 1, integer 2]`,
		"*2\r\n|1\r\n+a\r\n:1\r\n:7\r\n:8\r\n": `array [attribute {simple "a": integer 1} integer 7, integer 8]`,
	} {
		if got := parseOne(t, text).String(); got != want {
			t.Errorf("%q reads %s, want %s", text, got, want)
		}
	}
	if got := (Value{}).String(); got != "no reply" {
		t.Errorf("the zero Value reads %q", got)
	}
}

func TestValueEqualTellsApart(t *testing.T) {
	values := []string{
		"+1\r\n", "-1\r\n", ":1\r\n", "$1\r\n1\r\n", "$-1\r\n", "*-1\r\n", "_\r\n", "*0\r\n", "~0\r\n", "%0\r\n", ">0\r\n", "*1\r\n:1\r\n",
		",1\r\n", "(1\r\n", "=5\r\ntxt:1\r\n", "=5\r\nmkd:1\r\n", "!1\r\n1\r\n", "#t\r\n", "#f\r\n", "|1\r\n+a\r\n+b\r\n:1\r\n",
	}
	for _, a := range values {
		for _, b := range values {
			if got := parseOne(t, a).Equal(parseOne(t, b)); got != (a == b) {
				t.Errorf("%q equal to %q: %v", a, b, got)
			}
		}
	}
}

func TestValueAccessors(t *testing.T) {
	moved := parseOne(t, "-MOVED 1 h:1\r\n")
	if !moved.IsError() || moved.ErrorCode() != "MOVED" {
		t.Errorf("%s: error %v, code %q", moved, moved.IsError(), moved.ErrorCode())
	}
	if simple := parseOne(t, "+MOVED 1 h:1\r\n"); simple.IsError() || simple.ErrorCode() != "" {
		t.Errorf("%s counts as an error", simple)
	}
	if n, ok := parseOne(t, ":-42\r\n").Int(); !ok || n != -42 {
		t.Errorf("got %d, %v", n, ok)
	}
	if _, ok := parseOne(t, "$2\r\n42\r\n").Int(); ok {
		t.Error("a bulk counts as an integer")
	}
	for _, text := range []string{"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n", "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n:2\r\n"} {
		v := parseOne(t, text)
		if b, ok := v.Get("b"); !ok || b.Text != "2" {
			t.Errorf("b of %s is %s, %v", v, b, ok)
		}
		if _, ok := v.Get("2"); ok {
			t.Errorf("a value of %s was taken for a key", v)
		}
	}
}

// parseOne parses a text that is exactly one reply.
func parseOne(t *testing.T, text string) Value {
	t.Helper()
	v, n, ok, err := new(Parser).Next([]byte(text))
	if !ok || err != nil || n != len(text) {
		t.Fatalf("%q: %d bytes used, complete %v, %v", text, n, ok, err)
	}
	return v
}
