package command

import "testing"

func TestGlobMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", false}, {"*", "a", true}, {"**", "abc", true}, {"a*", "a", true}, {"a*", "abc", true},
		{"*c", "abc", true}, {"*b", "abc", false}, {"a*c", "ac", true}, {"a*c", "abcbc", true}, {"a*b*c", "a--b--c", true},
		{"?", "a", true}, {"?", "", false}, {"a?c", "abc", true}, {"a?c", "ac", false},
		{"[abc]", "b", true}, {"[abc]", "d", false}, {"[^abc]", "d", true}, {"[^abc]", "a", false}, {"[a-c]", "b", true}, {"[c-a]", "b", true},
		{"[a-c]x", "bx", true}, {"[", "[", false}, {"[a", "a", true}, {"[a-", "-", true}, {"[a-", "a", true}, {`[\]]`, "]", true}, {"[]", "a", false}, {"[^]", "a", true},
		{`\*`, "*", true}, {`\*`, "a", false}, {`a\`, `a\`, true}, {`\a`, "a", true}, {"a**b", "ab", true}, {"*a*a*a*b", "aaaaaaaaaaaaaaaaaaaa", false},
	} {
		if got := globMatch([]byte(tt.pattern), []byte(tt.text), false); got != tt.want {
			t.Errorf("globMatch(%q, %q) is %v", tt.pattern, tt.text, got)
		}
	}
	if !globMatch([]byte("CLUSTER-[A-D]*"), []byte("cluster-announce-ip"), true) || globMatch([]byte("A"), []byte("a"), false) {
		t.Error("letter case should count unless it is folded")
	}
}

// FuzzGlobMatch holds the matcher against one that is plainly written and slow.
func FuzzGlobMatch(f *testing.F) {
	for _, seed := range [][2]string{{"a*b", "axb"}, {"[^a-c]?*", "dxx"}, {`\[*`, "[x"}, {"[a-", "-"}, {"**?", "xy"}, {"[\\", "x"}} {
		f.Add(seed[0], seed[1], false)
	}
	f.Fuzz(func(t *testing.T, pattern, text string, fold bool) {
		pattern, text = pattern[:min(len(pattern), 12)], text[:min(len(text), 12)] // the other matcher is slow
		want := slowGlob([]byte(pattern), []byte(text), fold)
		if text == "" {
			want = pattern == ""
		}
		if got := globMatch([]byte(pattern), []byte(text), fold); got != want {
			t.Errorf("globMatch(%q, %q, %v) is %v", pattern, text, fold, got)
		}
	})
}

// slowGlob tries every length for every star.
func slowGlob(pattern, text []byte, fold bool) bool {
	switch {
	case len(pattern) == 0:
		return len(text) == 0
	case pattern[0] == '*':
		return slowGlob(pattern[1:], text, fold) || len(text) > 0 && slowGlob(pattern, text[1:], fold)
	case len(text) == 0:
		return false
	}
	width, ok := globOne(pattern, text[0], fold)
	return ok && slowGlob(pattern[width:], text[1:], fold)
}
