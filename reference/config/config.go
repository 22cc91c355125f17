// Package config holds the options of a node: redis-server's own names, kinds and defaults for those the reference
// implements, as one table (params.go) that CONFIG GET, CONFIG SET, redis.conf and the command line are all read from.
// Options for what the reference does not have are in it as far as they ask for nothing (foreign.go). An option that is
// not in the table is refused.
package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/reference/clock"
)

// Config is one node's options. New gives the defaults.
type Config struct {
	// File is the configuration file that was read; empty if there was none.
	File string
	// FromStdin says that options were read from standard input.
	FromStdin bool

	given       []bool  // at the start, by index in params
	values      []value // by index in params
	subscribers []func(name string)
}

// value is an option as CONFIG GET shows it, and as a number where its kind is one.
type value struct {
	text   string
	number int64
}

// New gives every option its default.
func New() *Config {
	c := &Config{values: make([]value, len(params)), given: make([]bool, len(params))}
	for i := range params {
		v, err := params[i].parse(params[i].Default)
		if err != nil {
			panic(fmt.Sprintf("default of %s: %v", params[i].Name, err))
		}
		c.values[i] = v
	}
	return c
}

// Subscribe has changed called with the name of every option that CONFIG SET changes, after the change.
func (c *Config) Subscribe(changed func(name string)) {
	c.subscribers = append(c.subscribers, changed)
}

// Int is the value of a number option; a memory size is in bytes, a time in the unit of the option.
func (c *Config) Int(name string) int64 { return c.must(name).number }

// Millis is the value of an option that is a time in milliseconds.
func (c *Config) Millis(name string) clock.Millis { return clock.Millis(c.must(name).number) }

// Bool is the value of a yes-or-no option.
func (c *Config) Bool(name string) bool { return c.must(name).number != 0 }

// String is the value of any option as CONFIG GET shows it.
func (c *Config) String(name string) string { return c.must(name).text }

// must finds an option the program itself names; a wrong name is a programming error.
func (c *Config) must(name string) value {
	i, ok := index[name]
	if !ok {
		panic("no such option: " + name)
	}
	return c.values[i]
}

// Get lists name and value of every option whose name matches one of the patterns, each once, in the table's order.
// match is Redis's glob (the caller has it; letter case does not count).
func (c *Config) Get(match func(name string) bool) [][2]string {
	var found [][2]string
	for i := range params {
		if match(params[i].Name) {
			found = append(found, [2]string{params[i].Name, c.values[i].text})
		}
	}
	for _, alias := range aliases {
		if match(alias[0]) {
			found = append(found, [2]string{alias[0], c.values[index[alias[1]]].text})
		}
	}
	return found
}

// SetError says which option of a CONFIG SET could not be set, in Redis's words.
type SetError struct {
	Option  string
	Unknown bool   // there is no such option
	Reason  string // otherwise: why the value was refused
}

func (e *SetError) Error() string {
	if e.Unknown {
		return fmt.Sprintf("Unknown option or number of arguments for CONFIG SET - '%s'", e.Option)
	}
	return fmt.Sprintf("CONFIG SET failed (possibly related to argument '%s') - %s", e.Option, e.Reason)
}

// Set changes options of a running node: all of the pairs, or none and a *SetError (Redis: configSetCommand).
// Protected options are refused unless mayProtected says that this client may change them.
func (c *Config) Set(pairs [][2]string, mayProtected bool) error {
	next := slices.Clone(c.values)
	var changed []string
	for n, pair := range pairs {
		name := strings.ToLower(pair[0])
		i, ok := index[name]
		if !ok {
			return &SetError{Option: pair[0], Unknown: true}
		}
		p := &params[i]
		if p.Protected && !mayProtected {
			return &SetError{Option: pair[0], Reason: "can't set protected config"}
		}
		if !p.Settable && !p.Protected {
			return &SetError{Option: pair[0], Reason: "can't set immutable config"}
		}
		for _, earlier := range pairs[:n] {
			if strings.EqualFold(earlier[0], pair[0]) {
				return &SetError{Option: pair[0], Reason: "duplicate parameter"}
			}
		}
		v, err := p.next(pair[1], next[i].text, p.merge)
		if err != nil {
			return &SetError{Option: pair[0], Reason: err.Error()}
		}
		next[i] = v
		changed = append(changed, p.Name)
	}
	c.values = next
	for _, name := range changed {
		for _, notify := range c.subscribers {
			notify(name)
		}
	}
	return nil
}

// SetAtStart sets one option before the node runs, whether or not it can be changed later.
func (c *Config) SetAtStart(name, text string) error {
	i, ok := index[strings.ToLower(name)]
	if !ok {
		return fmt.Errorf("unknown option %q%s", name, nearest(name))
	}
	p, merge := &params[i], params[i].merge
	if c.given[i] && p.mergeAtStart != nil {
		merge = p.mergeAtStart
	}
	v, err := p.next(text, c.values[i].text, merge)
	if err != nil {
		return fmt.Errorf("option %s: %w (it was %q)", p.Name, err, text)
	}
	c.values[i], c.given[i] = v, true
	return nil
}
