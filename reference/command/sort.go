package command

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// sortCommands return the elements of a list, a set or a sorted set in another order. BY and GET with patterns would look
// at keys that the request does not name: a cluster refuses them.
var sortCommands = []Command{
	{
		Name: "sort", Arity: -2, Flags: Write | DenyOOM | MovableKeys | Dangerous | OfElements,
		Keys: Keys{First: 1, Last: 1, Step: 1, Access: []Access{ReadKey | ReturnsValue}, Find: sortKeys,
			Hidden: []Access{ReadKey | ReturnsValue, OverwriteKey | UpdatesValue}},
		Group: "generic", Since: "1.0.0", Complexity: "O(N log N) in the number of elements",
		Summary: "Returns or stores elements in order", Run: func(c *Call) { sortElements(c, true) },
	},
	{
		Name: "sort_ro", Arity: -2, Flags: ReadOnly | MovableKeys | Dangerous | OfElements,
		Keys:  Keys{First: 1, Last: 1, Step: 1, Access: []Access{ReadKey | ReturnsValue}, Hidden: []Access{ReadKey | ReturnsValue}},
		Group: "generic", Since: "7.0.0", Complexity: "O(N log N) in the number of elements",
		Summary: "Returns elements in order", Run: func(c *Call) { sortElements(c, false) },
	},
}

// sortKeys finds the key of SORT and, behind the last STORE, the one where the result goes.
func sortKeys(args [][]byte) ([]int, error) {
	found := []int{1}
	for i := 2; i < len(args); i++ {
		switch {
		case is(args[i], "LIMIT"):
			i += 2
		case is(args[i], "GET"), is(args[i], "BY"):
			i++
		case is(args[i], "STORE") && i+1 < len(args):
			i++
			found = []int{1, i}
		}
	}
	return found, nil
}

// sortQuery is what SORT asks for.
type sortQuery struct {
	descending   bool
	alphabetical bool   // the order is that of bytes, not of numbers
	unsorted     bool   // BY a constant: the elements stay as they are
	store        []byte // nil: the elements are returned
	offset       int64
	limit        int64 // negative: none
}

// parse reads the options, or replies with an error.
func (q *sortQuery) parse(c *Call, mayStore bool) bool {
	q.limit = -1
	for i := 2; i < len(c.Args); i++ {
		n := q.option(c, i, mayStore)
		if n == 0 {
			return false
		}
		i += n - 1
	}
	return true
}

// option reads the option at a position and says how many words it has, or replies with an error.
func (q *sortQuery) option(c *Call, i int, mayStore bool) int {
	word, left := c.Args[i], len(c.Args)-i
	switch {
	case is(word, "ASC"):
		q.descending = false
	case is(word, "DESC"):
		q.descending = true
	case is(word, "ALPHA"):
		q.alphabetical = true
	case is(word, "LIMIT") && left > 2:
		var ok bool
		if q.offset, ok = c.intArg(i + 1); !ok {
			return 0
		}
		if q.limit, ok = c.intArg(i + 2); !ok {
			return 0
		}
		return 3
	case mayStore && is(word, "STORE") && left > 1:
		q.store = c.Args[i+1]
		return 2
	case is(word, "BY") && left > 1:
		if bytes.IndexByte(cString(c.Args[i+1], math.MaxInt), '*') >= 0 {
			c.Error("ERR BY option of SORT denied in Cluster mode.")
			return 0
		}
		q.unsorted = true
		return 2
	case is(word, "GET") && left > 1:
		c.Error("ERR GET option of SORT denied in Cluster mode.")
		return 0
	default:
		c.Error(errSyntax)
		return 0
	}
	return 1
}

// sortElements is SORT and SORT_RO.
func sortElements(c *Call, mayStore bool) {
	var q sortQuery
	if !q.parse(c, mayStore) {
		return
	}
	v, found := c.LookupRead(c.Args[1])
	if found && v.Object == nil || v.Kind == keyspace.HashKind {
		c.Error(errWrongType)
		return
	}
	elements := elementsOf(v)
	if _, isSet := v.Object.(*keyspace.Set); isSet && q.unsorted && q.store != nil {
		q.unsorted, q.alphabetical = false, true // replicas must store the same list
	} else if isSet && q.unsorted {
		q.descending = false
	}
	if !q.order(elements) {
		c.Error("ERR One or more scores can't be converted into double")
		return
	}
	elements = q.part(elements)
	if q.store != nil {
		storeSorted(c, q.store, elements)
		return
	}
	c.Reply.Array(len(elements))
	for _, element := range elements {
		c.Reply.Bulk(element)
	}
}

// elementsOf lists the elements of a value in their order; a set has any.
func elementsOf(v keyspace.Value) (elements [][]byte) {
	switch o := v.Object.(type) {
	case *keyspace.List:
		return slices.Collect(o.All())
	case *keyspace.Set:
		return slices.Collect(o.All())
	case *keyspace.ZSet:
		for member := range o.All() {
			elements = append(elements, member)
		}
	}
	return elements
}

// order sorts the elements. It says false when they are not all numbers but ought to be.
func (q *sortQuery) order(elements [][]byte) bool {
	switch {
	case q.unsorted:
	case q.alphabetical:
		slices.SortFunc(elements, bytes.Compare)
	default:
		if !sortNumbers(elements) {
			return false
		}
	}
	if q.descending {
		slices.Reverse(elements)
	}
	return true
}

// sortNumbers sorts elements by the numbers they are, and equal ones by their bytes.
func sortNumbers(elements [][]byte) bool {
	type number struct {
		text  []byte
		value float64
	}
	numbers := make([]number, len(elements))
	for i, text := range elements {
		value, err := sortedNumber(text)
		if err != nil {
			return false
		}
		numbers[i] = number{text, value}
	}
	slices.SortFunc(numbers, func(a, b number) int {
		return cmp.Or(cmp.Compare(a.value, b.value), bytes.Compare(a.text, b.text))
	})
	for i := range numbers {
		elements[i] = numbers[i].text
	}
	return true
}

// errNoNumber is for an element that SORT cannot take for a number.
var errNoNumber = errors.New("not a number")

// sortedNumber reads an element as C does: nothing is 0, and numbers too small for full precision are out of range.
func sortedNumber(text []byte) (float64, error) {
	const smallestNormal = 0x1p-1022
	text = cString(text, math.MaxInt)
	value, n, inRange := parseDouble(text)
	if n != len(text) || !inRange || math.IsNaN(value) || value != 0 && math.Abs(value) < smallestNormal {
		return 0, errNoNumber
	}
	return value, nil
}

// part is what LIMIT leaves of the elements.
func (q *sortQuery) part(elements [][]byte) [][]byte {
	size := int64(len(elements))
	from := min(max(q.offset, 0), size)
	if q.limit < 0 {
		return elements[from:]
	}
	return elements[from : from+min(q.limit, size-from)]
}

// storeSorted gives a key the sorted elements as a list, and replies with their number.
func storeSorted(c *Call, key []byte, elements [][]byte) {
	list := keyspace.NewList()
	for _, element := range elements {
		list.PushBack(element)
	}
	if c.StoreObject(key, list) {
		c.Changed(max(len(elements), 1))
	}
	c.Reply.Int(int64(len(elements)))
}
