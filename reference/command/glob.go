package command

// globMatch says whether text matches a pattern: * and ? stand for any bytes and any byte, [a-z], [^a] for one of a
// class, and a backslash takes the next byte as it is (Redis: stringmatchlen). fold takes letters of either case as the
// same. Stars are matched greedily from the last one on, so the time is bounded by the product of the lengths.
//
// As in Redis no pattern but the empty one matches an empty text, not even a star.
func globMatch(pattern, text []byte, fold bool) bool {
	if len(text) == 0 {
		return len(pattern) == 0
	}
	p, t := 0, 0
	starP, starT := -1, 0 // where to go on when a mismatch follows the last star
	for t < len(text) {
		if p < len(pattern) {
			if pattern[p] == '*' {
				starP, starT = p, t
				p++
				continue
			}
			if width, ok := globOne(pattern[p:], text[t], fold); ok {
				p += width
				t++
				continue
			}
		}
		if starP < 0 {
			return false
		}
		starT++
		p, t = starP+1, starT
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// globOne matches one byte against the element at the head of pattern, which is width bytes long.
func globOne(pattern []byte, b byte, fold bool) (width int, ok bool) {
	switch pattern[0] {
	case '?':
		return 1, true
	case '[':
		return globClass(pattern, b, fold)
	case '\\':
		if len(pattern) > 1 {
			return 2, sameByte(pattern[1], b, fold)
		}
	}
	return 1, sameByte(pattern[0], b, fold)
}

// globClass matches one byte against a class. One that is not closed ends with the pattern.
func globClass(pattern []byte, b byte, fold bool) (width int, ok bool) {
	at := 1
	not := at < len(pattern) && pattern[at] == '^'
	if not {
		at++
	}
	found := false
	for at < len(pattern) && pattern[at] != ']' {
		switch {
		case pattern[at] == '\\' && at+1 < len(pattern):
			at++
			found = found || pattern[at] == b
		case at+2 < len(pattern) && pattern[at+1] == '-':
			from, to, x := pattern[at], pattern[at+2], b
			if from > to {
				from, to = to, from
			}
			if fold {
				from, to, x = toLower(from), toLower(to), toLower(x)
			}
			at += 2
			found = found || from <= x && x <= to
		default:
			found = found || sameByte(pattern[at], b, fold)
		}
		at++
	}
	if at < len(pattern) {
		at++ // the closing bracket
	}
	return at, found != not
}

// sameByte compares two bytes, as letters of either case if fold is set.
func sameByte(a, b byte, fold bool) bool { return a == b || fold && toLower(a) == toLower(b) }
