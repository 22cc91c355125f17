package config

import (
	"fmt"
	"strings"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// Parse reads redis-server's command line: an optional configuration file, then options, each `--name value...`. An
// option on the command line wins over the file; a later one over an earlier one. read gives the content of a file; the
// path - is standard input.
func Parse(args []string, read func(path string) ([]byte, error)) (*Config, error) {
	c := New()
	if len(args) > 0 && !strings.HasPrefix(args[0], "--") {
		if args[0] != standardInput {
			c.File = args[0]
		}
		if err := c.readFile(args[0], read); err != nil {
			return nil, err
		}
		args = args[1:]
	}
	for len(args) > 0 {
		if args[0] == standardInput {
			if err := c.readFile(standardInput, read); err != nil {
				return nil, err
			}
			args = args[1:]
			continue
		}
		name, isOption := strings.CutPrefix(args[0], "--")
		if !isOption || name == "" {
			return nil, fmt.Errorf("reading the command line: %q is not an option: options begin with --", args[0])
		}
		args = args[1:]
		values := []string{}
		if inline, rest, ok := strings.Cut(name, " "); ok { // one word of the shell: '--port 7000'
			name, values = inline, append(values, strings.TrimSpace(rest))
		}
		for len(args) > 0 && !strings.HasPrefix(args[0], "--") && args[0] != standardInput {
			values = append(values, args[0])
			args = args[1:]
		}
		if len(values) == 0 && name != "save" { // --save alone is --save ""
			return nil, fmt.Errorf("reading the command line: option --%s has no value", name)
		}
		if err := c.SetAtStart(name, strings.Join(values, " ")); err != nil {
			return nil, fmt.Errorf("reading the command line: %w", err)
		}
	}
	return c, nil
}

// standardInput is the path that stands for standard input.
const standardInput = "-"

// readFile applies a redis.conf: one option a line, # starts a comment line, include names another file.
func (c *Config) readFile(path string, read func(string) ([]byte, error)) error {
	const depthMax = 16 // of files that include files
	return c.readNested(path, read, depthMax)
}

func (c *Config) readNested(path string, read func(string) ([]byte, error), depth int) error {
	if depth == 0 {
		return fmt.Errorf("reading the configuration file %s: too many files include one another", path)
	}
	c.FromStdin = c.FromStdin || path == standardInput
	content, err := read(path)
	if err != nil {
		return fmt.Errorf("reading the configuration file: %w", err)
	}
	for n, line := range strings.Split(string(content), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := c.readLine(line, read, depth); err != nil {
			return fmt.Errorf("reading the configuration file %s, line %d %q: %w", path, n+1, line, err)
		}
	}
	return nil
}

func (c *Config) readLine(line string, read func(string) ([]byte, error), depth int) error {
	words, ok := resp.SplitArgs([]byte(line))
	if !ok {
		return fmt.Errorf("unbalanced quotes")
	}
	if len(words) < 2 {
		return fmt.Errorf("the option has no value")
	}
	values := make([]string, len(words)-1)
	for i, w := range words[1:] {
		values[i] = string(w)
	}
	if strings.EqualFold(string(words[0]), "include") {
		return c.readNested(strings.Join(values, " "), read, depth-1)
	}
	return c.SetAtStart(string(words[0]), strings.Join(values, " "))
}

// nearest suggests the known option that differs least from a misspelt one, or nothing.
func nearest(name string) string {
	const distanceMax = 3
	best, bestDistance := "", distanceMax+1
	for i := range params {
		if surplus := len(name) - len(params[i].Name); surplus > distanceMax || -surplus > distanceMax {
			continue // each letter too many is a difference; and a name can be as long as a command line
		}
		if d := distance(strings.ToLower(name), params[i].Name); d < bestDistance {
			best, bestDistance = params[i].Name, d
		}
	}
	if best == "" {
		return ": this server implements a part of redis-server's options"
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// distance is the Levenshtein distance of two texts.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
