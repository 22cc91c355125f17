package command

import (
	"errors"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// Keys says where the keys of a command stand among its words.
type Keys struct {
	// First, Last and Step are positions as COMMAND tells them: the first key, the last one (negative: counted from the
	// end), and how far they are apart. First is 0 when the command has no keys in fixed places.
	First, Last, Step int
	// Access is what happens to the keys. With one element all share it; with several each has a key specification of its
	// own in COMMAND, the last of which is for all keys that remain.
	Access []Access
	// Counted is another place for keys, or the only one: behind their number.
	Counted *CountedKeys
	// Keyword is a second place for keys, behind a word.
	Keyword *KeywordKeys
	// Hidden are keys that a client cannot find by a rule, in COMMAND.
	Hidden []Access
	// Find gives the positions when they depend on other words. It is asked before First, Last and Step.
	Find func(args [][]byte) ([]int, error)
}

// CountedKeys are keys that stand behind a word that says how many they are.
type CountedKeys struct {
	At     int // the position of the number
	Access Access
}

// KeywordKeys are keys that stand behind a word such as KEYS, to the end of the request.
type KeywordKeys struct {
	Word   string
	From   int // where clients begin to look for the word; negative: from the end, backwards
	Access Access
}

// Access is what a command does to a key, as key specifications name it.
type Access uint16

// The kinds of access (Redis: CMD_KEY_*).
const (
	ReadKey      Access = 1 << iota // RO: the value is not changed
	ReadWriteKey                    // RW: it is changed, and what it becomes depends on what it was
	OverwriteKey                    // OW: it is changed without regard to what it was
	RemoveKey                       // RM: it is deleted
	ReturnsValue                    // the value, or part of it, is returned, copied or compared
	UpdatesValue
	InsertsValue
	DeletesValue
	NotAKey    // a channel that is routed like a key
	Incomplete // there may be more keys than this specification finds
	Varies     // some options make it another kind of access
)

// accessNames are in the order of the constants.
var accessNames = [...]string{
	"RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags",
}

// Names lists the kinds of access as COMMAND shows them.
func (a Access) Names() []string {
	var names []string
	for i, name := range accessNames {
		if a&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// oneKey is a command whose first argument is its key.
func oneKey(a Access) Keys { return Keys{First: 1, Last: 1, Step: 1, Access: []Access{a}} }

// allKeys is a command whose arguments are keys, every step-th of them.
func allKeys(step int, a Access) Keys {
	return Keys{First: 1, Last: -1, Step: step, Access: []Access{a}}
}

// twoKeys is a command whose first two arguments are keys that are treated differently.
func twoKeys(a, b Access) Keys { return Keys{First: 1, Last: 2, Step: 1, Access: []Access{a, b}} }

// storeAndKeys is a command whose first argument is where the result goes and whose others are what it is made of.
func storeAndKeys(store, from Access) Keys {
	return Keys{First: 1, Last: -1, Step: 1, Access: []Access{store, from}}
}

// countedKeys is a command with a number of keys at a position, and the keys behind it.
func countedKeys(at int, a Access) Keys {
	return Keys{Counted: &CountedKeys{at, a}, Find: func(args [][]byte) ([]int, error) { return findCounted(nil, args, at) }}
}

// storeAndCountedKeys is a command whose first argument is where the result goes, before the number of keys it is made
// of, and these.
func storeAndCountedKeys(store, from Access) Keys {
	return Keys{First: 1, Last: 1, Step: 1, Access: []Access{store}, Counted: &CountedKeys{2, from},
		Find: func(args [][]byte) ([]int, error) { return findCounted([]int{1}, args, 2) }}
}

// findCounted adds to found the positions of the keys whose number stands at a position.
func findCounted(found []int, args [][]byte, at int) ([]int, error) {
	if at >= len(args) {
		return nil, errNoKeys
	}
	n, ok := resp.ParseInt(args[at])
	if !ok || n < 1 || n > int64(len(args)-at-1) {
		return nil, errNoKeys
	}
	for i := range int(n) {
		found = append(found, at+1+i)
	}
	return found, nil
}

// errNoKeys is for a request that has not as many keys as it says.
var errNoKeys = errors.New("the number of keys is wrong")

// secondKey is a subcommand whose argument is its key.
func secondKey(a Access) Keys { return Keys{First: 2, Last: 2, Step: 1, Access: []Access{a}} }

// accessAt is what happens to the n-th key of a request.
func (k *Keys) accessAt(n int) Access {
	switch beyond := n >= len(k.Access); {
	case beyond && k.Counted != nil:
		return k.Counted.Access
	case beyond && k.Hidden != nil:
		return k.Hidden[len(k.Hidden)-1]
	}
	if len(k.Access) == 0 {
		return 0
	}
	return k.Access[min(n, len(k.Access)-1)]
}

// isOne says whether the command has exactly one key.
func (k *Keys) isOne() bool { return k.First > 0 && k.First == k.Last && k.Find == nil }

// any says whether the command can have keys.
func (k *Keys) any() bool { return k.First > 0 || k.Find != nil }

// keyWalk visits the keys of a request, or of all requests in a transaction.
type keyWalk struct {
	args           [][]byte
	at, last, step int   // the next key, unless found says where it is
	found          []int // positions that Find gave
	queue          *queue
	nth            int // the next request of the queue
}

// begin starts with the first key of a request. EXEC has those of its transaction.
func (w *keyWalk) begin(c *Call) {
	if c.Cmd.Name == "exec" {
		w.queue = c.Session.queue
		return
	}
	w.enter(c.Cmd, c.Args)
}

// enter turns to one request.
func (w *keyWalk) enter(cmd *Command, args [][]byte) {
	k := &cmd.Keys
	w.args, w.at, w.last, w.step = args, k.First, k.Last, k.Step
	if k.Last < 0 {
		w.last += len(args)
	}
	if k.Find != nil {
		w.found, _ = k.Find(args) // without keys the handler says what is wrong
		w.last = -1
	}
}

// next gives the next key.
func (w *keyWalk) next() (key []byte, ok bool) {
	for {
		if len(w.found) > 0 {
			key, w.found = w.args[w.found[0]], w.found[1:]
			return key, true
		}
		if w.at > 0 && w.at <= w.last && w.at < len(w.args) {
			key = w.args[w.at]
			w.at += w.step
			return key, true
		}
		if w.queue == nil || w.nth == len(w.queue.requests) {
			return nil, false
		}
		r := &w.queue.requests[w.nth]
		w.nth++
		w.enter(r.cmd, r.args)
	}
}
