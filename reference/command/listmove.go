package command

import (
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// listMoveCommands take elements off the ends of lists, and some put them elsewhere. Those that wait for elements are in
// listwait.go.
var listMoveCommands = []Command{
	{
		Name: "lpop", Arity: -2, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | DeletesValue), Group: "list", Since: "1.0.0",
		Complexity: "O(N) in the number of elements wanted", Summary: "Removes the first elements of a list and returns them",
		Run: func(c *Call) { pop(c, left) },
	},
	{
		Name: "rpop", Arity: -2, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | DeletesValue), Group: "list", Since: "1.0.0",
		Complexity: "O(N) in the number of elements wanted", Summary: "Removes the last elements of a list and returns them",
		Run: func(c *Call) { pop(c, right) },
	},
	{
		Name: "lmpop", Arity: -4, Flags: Write | MovableKeys, Keys: countedKeys(1, ReadWriteKey|ReturnsValue|DeletesValue), Group: "list",
		Since: "7.0.0", Complexity: "O(N+M) in the number of keys and of elements wanted",
		Summary: "Removes elements of the first list that has some and returns them", Run: lmpop,
	},
	{
		Name: "lmove", Arity: 5, Flags: Write | DenyOOM, Keys: twoKeys(ReadWriteKey|ReturnsValue|DeletesValue, ReadWriteKey|InsertsValue),
		Group: "list", Since: "6.2.0", Complexity: "O(1)", Summary: "Moves an element from an end of one list to an end of another",
		Run: lmove,
	},
	{
		Name: "rpoplpush", Arity: 3, Flags: Write | DenyOOM, Keys: twoKeys(ReadWriteKey|ReturnsValue|DeletesValue, ReadWriteKey|InsertsValue),
		Group: "list", Since: "1.2.0", Complexity: "O(1)", Summary: "Moves the last element of a list before the first one of another",
		Run: func(c *Call) { moveElement(c, right, left) },
	},
}

// endArg reads an argument as an end of a list, or replies that it is none.
func (c *Call) endArg(i int) (end, bool) {
	switch {
	case is(c.Args[i], "LEFT"):
		return left, true
	case is(c.Args[i], "RIGHT"):
		return right, true
	}
	c.Error(errSyntax)
	return 0, false
}

func pop(c *Call, from end) {
	key, several, n := c.Args[1], len(c.Args) == 3, int64(1)
	if len(c.Args) > 3 {
		c.Error(errWrongArity(c.Cmd.Name))
		return
	}
	if several {
		var ok bool
		if n, ok = c.countArg(2); !ok {
			return
		}
	}
	list, ok := writeObject[keyspace.List](c, key)
	switch {
	case !ok:
	case list == nil && several:
		c.Reply.NullArray()
	case list == nil:
		c.Reply.Null()
	case !several:
		c.Reply.Bulk(from.pop(list))
		c.Modified(key, list)
		c.Changed(1)
	default:
		c.popElements(key, list, from, n)
	}
}

// popElements removes at most n elements, replies with them, and returns how many they were.
func (c *Call) popElements(key []byte, list *keyspace.List, from end, n int64) int {
	popped := int(min(n, int64(list.Len())))
	c.Reply.Array(popped)
	for range popped {
		c.Reply.Bulk(from.pop(list))
	}
	if popped > 0 {
		c.Modified(key, list)
	}
	c.Changed(popped)
	return popped
}

// popSeveral is what LMPOP and BLMPOP are asked for.
type popSeveral struct {
	keys [][]byte
	from end
	most int64
}

// popSeveralArgs reads the words from the number of keys on, or replies with an error.
func (c *Call) popSeveralArgs(i int) (p popSeveral, ok bool) {
	keys, ok := c.rangeArg(i, 1, math.MaxInt64, "ERR numkeys should be greater than 0")
	if !ok {
		return p, false
	}
	if keys >= int64(len(c.Args)-i-1) {
		c.Error(errSyntax)
		return p, false
	}
	at := i + 1 + int(keys)
	p.keys = c.Args[i+1 : at]
	if p.from, ok = c.endArg(at); !ok {
		return p, false
	}
	switch options := c.Args[at+1:]; {
	case len(options) == 0:
		p.most = 1
		return p, true
	case len(options) < 2 || !is(options[0], "COUNT"):
		c.Error(errSyntax)
		return p, false
	}
	if p.most, ok = c.rangeArg(at+2, 1, math.MaxInt64, "ERR count should be greater than 0"); ok && len(c.Args) > at+3 {
		c.Error(errSyntax)
		ok = false
	}
	return p, ok
}

func lmpop(c *Call) {
	p, ok := c.popSeveralArgs(1)
	if !ok {
		return
	}
	if !c.popFirst(p) {
		c.Reply.NullArray()
	}
}

// popFirst pops from the first list that is there and replies; done is false if none is.
func (c *Call) popFirst(p popSeveral) (done bool) {
	for _, key := range p.keys {
		list, ok := writeObject[keyspace.List](c, key)
		if !ok {
			return true
		}
		if list != nil {
			c.popFrom(key, list, p)
			return true
		}
	}
	return false
}

// popFrom pops from one of the lists and replies with its key and the elements. Replicas do not have to find the list.
func (c *Call) popFrom(key []byte, list *keyspace.List, p popSeveral) {
	c.Reply.Array(2)
	c.Reply.Bulk(key)
	popped := c.popElements(key, list, p.from, p.most)
	c.Rewrite(p.from.popWord(), key, strconv.AppendInt(nil, int64(popped), 10))
}

// popWord is the command that pops from the end.
func (e end) popWord() []byte {
	if e == left {
		return wordLPop
	}
	return wordRPop
}

func lmove(c *Call) {
	from, ok := c.endArg(3)
	if !ok {
		return
	}
	if to, ok := c.endArg(4); ok {
		moveElement(c, from, to)
	}
}

// moveElement moves an element between the two lists the first arguments name, or turns a list around.
func moveElement(c *Call, from, to end) {
	source, ok := writeObject[keyspace.List](c, c.Args[1])
	switch {
	case !ok:
	case source == nil:
		c.Reply.Null()
	default:
		c.moveFrom(source, from, to)
	}
}

// moveFrom moves an element of source, which has some, to the list the second argument names.
func (c *Call) moveFrom(source *keyspace.List, from, to end) {
	target, ok := writeObject[keyspace.List](c, c.Args[2])
	if !ok {
		return
	}
	fresh := target == nil
	if fresh {
		target = keyspace.NewList()
	}
	element := from.pop(source)
	to.push(target, element)
	c.keep(c.Args[2], target, fresh)
	if source != target {
		c.Modified(c.Args[1], source)
	}
	c.Changed(1)
	c.Reply.Bulk(element)
}
