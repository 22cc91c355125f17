package command

import "slices"

// Injection is an error that requests are answered with instead of being run, because somebody who tests a client wants
// to see what the client does. Requests that only a node of the cluster sends are let alone.
type Injection struct {
	// Error is the reply, without the "-".
	Error string
	// Command is the name of the command, in any letter case; empty: every command that has keys.
	Command string
	// Key is one of the keys of the request; empty: it may have any.
	Key string
	// Times is how many requests are answered so; 0: all, until Withdraw.
	Times int
	// Hits counts the requests that were.
	Hits int
}

// Inject adds an injection. Of several that fit, the one that was added first answers.
func (e *Engine) Inject(i *Injection) {
	if i.Times == 0 || i.Hits < i.Times {
		e.injections = append(e.injections, i)
	}
}

// Withdraw ends an injection.
func (e *Engine) Withdraw(i *Injection) {
	e.injections = slices.DeleteFunc(e.injections, func(other *Injection) bool { return other == i })
}

// injected is the error a request is to be answered with; empty: none.
func (e *Engine) injected(c *Call) string {
	if c.Session.Primary || c.Session.Replica != nil || c.Cmd.Flags.Has(AsksItself) {
		return ""
	}
	for _, i := range e.injections {
		if i.fits(c) {
			i.Hits++
			if i.Hits == i.Times {
				e.Withdraw(i)
			}
			return i.Error
		}
	}
	return ""
}

func (i *Injection) fits(c *Call) bool {
	if i.Command != "" && !is([]byte(i.Command), c.Cmd.Name) {
		return false
	}
	if i.Command != "" && i.Key == "" {
		return true
	}
	var keys keyWalk
	keys.begin(c)
	for key, ok := keys.next(); ok; key, ok = keys.next() {
		if i.Key == "" || i.Key == string(key) {
			return true
		}
	}
	return false
}
