package mixed

import (
	"errors"
	"fmt"
	"strings"
)

// Prefix is what the text form begins with.
const Prefix = "mix:"

const (
	separator = "+"
	escaped   = "++" // a separator that is part of a spec
)

// fewest is how many kinds make a mix. They may be the same: `redis-server+redis-server+reference` is two to one.
const fewest = 2

// outsiders are the kinds whose nodes cannot be in one cluster with nodes of another kind, and why.
var outsiders = []struct{ prefix, why string }{
	{"addr:", "a cluster that already runs takes no other nodes in"},
	{"docker:", "the containers of a cluster have a network of their own, where nodes outside cannot be reached"},
	{Prefix, "write all kinds in one list"},
}

// Split reads what stands behind "mix:". It says what is wrong with the list; whether the specs in it are right is for their parsers to say.
func Split(list string) ([]string, error) {
	specs := split(list)
	if len(specs) < fewest {
		return nil, fmt.Errorf("at least two kinds expected, like %sreference+redis-server", Prefix)
	}
	for _, spec := range specs {
		if spec == "" {
			return nil, errors.New("between two + a kind is missing (a + that is part of a command is doubled: ++)")
		}
		for _, o := range outsiders {
			if strings.HasPrefix(spec, o.prefix) {
				return nil, fmt.Errorf("%s cannot be part of a mix: %s", spec, o.why)
			}
		}
	}
	return specs, nil
}

// split cuts at each separator, from left to right.
func split(list string) []string {
	specs := []string{""}
	for list != "" {
		last := &specs[len(specs)-1]
		switch {
		case strings.HasPrefix(list, escaped):
			*last += separator
			list = list[len(escaped):]
		case strings.HasPrefix(list, separator):
			specs = append(specs, "")
			list = list[len(separator):]
		default:
			*last += list[:1]
			list = list[1:]
		}
	}
	return specs
}
