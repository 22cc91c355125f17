package command

import "github.com/clusterspec/clusterspec/reference/keyspace"

// lcsCommands is LCS: what two strings have in common.
var lcsCommands = []Command{
	{
		Name: "lcs", Arity: -3, Flags: ReadOnly, Keys: Keys{First: 1, Last: 2, Step: 1, Access: []Access{ReadKey | ReturnsValue}}, Group: "string",
		Since: "7.0.0", Complexity: "O(N*M) in the lengths of the strings", Summary: "Finds the longest common subsequence of two strings", Run: lcs,
	},
}

// commonRun is a stretch that two strings have in common: where it begins in each, and how long it is.
type commonRun struct{ a, b, length int }

func lcs(c *Call) {
	a, aFound := c.LookupRead(c.Args[1])
	b, bFound := c.LookupRead(c.Args[2])
	if aFound && a.Kind != keyspace.String || bFound && b.Kind != keyspace.String {
		c.Error("ERR The specified keys must contain string values")
		return
	}
	var onlyLength, runs, withLength bool
	least := int64(0)
	for i := 3; i < len(c.Args); i++ {
		switch word := c.Args[i]; {
		case is(word, "IDX"):
			runs = true
		case is(word, "LEN"):
			onlyLength = true
		case is(word, "WITHMATCHLEN"):
			withLength = true
		case is(word, "MINMATCHLEN") && i+1 < len(c.Args):
			i++
			var ok bool
			if least, ok = c.intArg(i); !ok {
				return
			}
		default:
			c.Error(errSyntax)
			return
		}
	}
	if onlyLength && runs {
		c.Error("ERR If you want both the length and indexes, please just use IDX.")
		return
	}
	const cellBytes = 4
	if int64(len(a.Str)+1)*int64(len(b.Str)+1)*cellBytes > c.Config.Int("proto-max-bulk-len") {
		c.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
		return
	}
	common, found := commonSubsequence(a.Str, b.Str)
	w := c.Reply
	switch {
	case onlyLength:
		w.Int(int64(len(common)))
		return
	case !runs:
		w.Bulk(common)
		return
	}
	kept := found[:0]
	for _, run := range found {
		if int64(run.length) >= least {
			kept = append(kept, run)
		}
	}
	w.Map(2)
	w.BulkString("matches")
	w.Array(len(kept))
	for _, run := range kept {
		w.Array(2 + count(withLength))
		for _, start := range []int{run.a, run.b} {
			w.Array(2)
			w.Int(int64(start))
			w.Int(int64(start + run.length - 1))
		}
		if withLength {
			w.Int(int64(run.length))
		}
	}
	w.BulkString("len")
	w.Int(int64(len(common)))
}

// commonSubsequence finds the longest one by the lengths of those of all pairs of prefixes, and the stretches it is made of,
// from the last to the first.
func commonSubsequence(a, b []byte) (common []byte, runs []commonRun) {
	width := len(b) + 1
	longest := make([]uint32, (len(a)+1)*width)
	for i := range a {
		for j := range b {
			at := (i+1)*width + j + 1
			if a[i] == b[j] {
				longest[at] = longest[at-width-1] + 1
			} else {
				longest[at] = max(longest[at-width], longest[at-1])
			}
		}
	}
	common = make([]byte, longest[len(longest)-1])
	left, open := len(common), false
	for i, j := len(a), len(b); i > 0 && j > 0; {
		switch at := i*width + j; {
		case a[i-1] == b[j-1]:
			i, j, left = i-1, j-1, left-1
			common[left] = a[i]
			if !open {
				runs, open = append(runs, commonRun{}), true
			}
			last := &runs[len(runs)-1]
			*last = commonRun{i, j, last.length + 1}
		case longest[at-width] > longest[at-1]:
			i, open = i-1, false
		default:
			j, open = j-1, false
		}
	}
	return common, runs
}
