package steps

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// wireValue is a reply with its exact type.
type wireValue = wire.Value

// expectation is a reply as features write it: `error "MOVED 866 <A.addr>"`, `array [bulk "1", null]`, `integer from 1 to 5`.
type expectation struct {
	text    string
	matches func(wireValue) bool
}

// Forms of an expectation that are not a reply but a class of replies.
var (
	integerRange = regexp.MustCompile(`^integer from (-?\d+) to (-?\d+)$`)
	arrayOf      = regexp.MustCompile(`^array of (\d+)$`)
	arrayBegin   = regexp.MustCompile(`^an array that begins with (.*)$`)
	errorBegin   = regexp.MustCompile(`^an error that begins with ("[^"]*"(?: or "[^"]*")*)$`)
)

// parseExpectation reads an expectation; placeholders must be resolved before.
func parseExpectation(text string) (*expectation, error) {
	text = strings.TrimSpace(text)
	if m := integerRange.FindStringSubmatch(text); m != nil {
		from, to := int64(number64(m[1])), int64(number64(m[2]))
		return &expectation{text, func(v wireValue) bool { n, ok := v.Int(); return ok && from <= n && n <= to }}, nil
	}
	if m := arrayOf.FindStringSubmatch(text); m != nil {
		n := number(m[1])
		return &expectation{text, func(v wireValue) bool { return v.Kind == wire.Array && !v.Null && len(v.Items) == n }}, nil
	}
	if m := arrayBegin.FindStringSubmatch(text); m != nil {
		first, err := parseExpectation(m[1])
		return &expectation{text, func(v wireValue) bool { return v.Kind == wire.Array && len(v.Items) > 0 && first.matches(v.Items[0]) }}, err
	}
	if m := errorBegin.FindStringSubmatch(text); m != nil {
		begins := strings.Split(strings.Trim(m[1], `"`), `" or "`)
		return &expectation{text, func(v wireValue) bool {
			return v.IsError() && slices.ContainsFunc(begins, func(begin string) bool { return strings.HasPrefix(v.Text, begin) })
		}}, nil
	}
	want, rest, err := parseValue(text)
	if err == nil && rest != "" {
		err = fmt.Errorf("%q follows", rest)
	}
	if err != nil {
		return nil, nonsense("%s is no reply: %v", text, err)
	}
	return &expectation{text, func(v wireValue) bool { return sameReply(want, v) }}, nil
}

// sameReply compares kind by kind. A null bulk and a null array stand for the one null of RESP3 as well.
func sameReply(want, got wireValue) bool {
	if want.Null {
		return got.Kind == wire.Null || got.Null && got.Kind == want.Kind
	}
	if want.Kind != got.Kind || got.Null || want.Text != got.Text || len(want.Items) != len(got.Items) {
		return false
	}
	for i := range want.Items {
		if !sameReply(want.Items[i], got.Items[i]) {
			return false
		}
	}
	return true
}

// kinds are the words for values with a text, and for numbers.
var kinds = map[string]wire.Kind{"simple": wire.Simple, "error": wire.Error, "bulk": wire.Bulk, "integer": wire.Integer}

// parseValue reads one value at the head of the text and returns what follows it.
func parseValue(text string) (v wireValue, rest string, err error) {
	word, after, _ := strings.Cut(text, " ")
	switch {
	case strings.HasPrefix(text, "null array"):
		return wireValue{Kind: wire.Array, Null: true}, text[len("null array"):], nil
	case strings.HasPrefix(text, "null"):
		return wireValue{Kind: wire.Bulk, Null: true}, text[len("null"):], nil
	case word == "array" && strings.HasPrefix(after, "["):
		return parseArray(after[1:])
	case word == "integer":
		end := strings.IndexAny(after+",", ",]")
		_, err = strconv.ParseInt(after[:end], 10, 64)
		return wireValue{Kind: wire.Integer, Text: after[:end]}, after[end:], err
	case kinds[word] != 0:
		quoted, err := strconv.QuotedPrefix(after)
		if err != nil {
			return v, "", fmt.Errorf("%s wants a text in quotes: %w", word, err)
		}
		plain, err := strconv.Unquote(quoted)
		return wireValue{Kind: kinds[word], Text: plain}, after[len(quoted):], err
	}
	return v, "", fmt.Errorf("%q is no kind of reply", word)
}

// parseArray reads the items after "[" and the "]".
func parseArray(text string) (v wireValue, rest string, err error) {
	v.Kind = wire.Array
	text = strings.TrimSpace(text)
	for !strings.HasPrefix(text, "]") {
		var item wireValue
		if item, text, err = parseValue(text); err != nil {
			return v, "", err
		}
		v.Items = append(v.Items, item)
		text = strings.TrimSpace(text)
		if next, more := strings.CutPrefix(text, ","); more {
			text = strings.TrimSpace(next)
		} else if !strings.HasPrefix(text, "]") {
			return v, "", fmt.Errorf("expected , or ] before %q", text)
		}
	}
	return v, text[1:], nil
}

func number64(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}

func itoa(n int) string { return strconv.Itoa(n) }
