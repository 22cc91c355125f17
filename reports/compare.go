package reports

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// span is a stretch of text; Marked ones are where two texts part.
type span struct {
	Text   string
	Marked bool
}

// diffText is one accepted text, marked where it parts from what came.
type diffText []span

// compareTexts marks where what came parts from the first accepted text. Further alternatives stay unmarked: a mark against several texts says nothing.
func compareTexts(expected []string, got string) ([]diffText, []span) {
	var left []diffText
	right := plainSpan(got)
	for i, text := range expected {
		if i == 0 && len(expected) == 1 && got != "" {
			var marked []span
			marked, right = partingSpans(text, got)
			left = append(left, marked)
			continue
		}
		left = append(left, plainSpan(text))
	}
	return left, right
}

func plainSpan(text string) []span {
	if text == "" {
		return nil
	}
	return []span{{Text: text}}
}

// partingSpans marks what lies between the common head and the common tail of two texts, in whole words, so that "7001" and "7002" differ and not "1" and "2".
func partingSpans(a, b string) (left, right []span) {
	x, y := words(a), words(b)
	head := 0
	for head < min(len(x), len(y)) && x[head] == y[head] {
		head++
	}
	tail := 0
	for tail < min(len(x), len(y))-head && x[len(x)-1-tail] == y[len(y)-1-tail] {
		tail++
	}
	if head+tail == 0 {
		return plainSpan(a), plainSpan(b) // nothing in common: marking it all would mark nothing
	}
	return middleMarked(x, head, tail), middleMarked(y, head, tail)
}

func middleMarked(words []string, head, tail int) []span {
	var out []span
	for _, s := range []span{
		{Text: strings.Join(words[:head], "")},
		{Text: strings.Join(words[head:len(words)-tail], ""), Marked: true},
		{Text: strings.Join(words[len(words)-tail:], "")},
	} {
		if s.Text != "" {
			out = append(out, s)
		}
	}
	return out
}

// words cuts a text into runs of letters and digits and into single other runes; joined they are the text again.
func words(text string) []string {
	var out []string
	inWord := false
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		isWord := unicode.IsLetter(r) || unicode.IsDigit(r)
		if isWord && inWord {
			out[len(out)-1] += text[:size]
		} else {
			out = append(out, text[:size])
		}
		inWord = isWord
		text = text[size:]
	}
	return out
}
