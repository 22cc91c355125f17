package process

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
)

// command is a command line with its placeholders.
type command struct {
	words []string
	uses  map[string]bool // placeholders that occur
}

var placeholder = regexp.MustCompile(`\{[a-z]+\}`)

// known are all placeholders, in the order errors list them.
var known = []string{"{port}", "{busport}", "{dir}", "{timeout}", "{name}", "{conf}", "{options}"}

func parseCommand(line string) (*command, error) {
	words, err := splitWords(line)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, errors.New("no program is named")
	}
	c := &command{words, make(map[string]bool)}
	for _, word := range words {
		for _, name := range placeholder.FindAllString(word, -1) {
			if !slices.Contains(known, name) {
				return nil, fmt.Errorf("unknown placeholder %s (known: %s)", name, strings.Join(known, " "))
			}
			if name == "{options}" && word != name {
				return nil, fmt.Errorf("{options} must be a word of its own, not part of %q", word)
			}
			c.uses[name] = true
		}
	}
	if len(c.uses) == 0 {
		c.words = append(c.words, "{options}")
		c.uses["{options}"] = true
	}
	return c, nil
}

// expand returns the arguments behind the program for one node.
func (c *command) expand(n *Node, options map[string]string) []string {
	replace := strings.NewReplacer(
		"{port}", strconv.Itoa(n.port.Number),
		"{busport}", strconv.Itoa(n.port.Bus()),
		"{dir}", n.dir,
		"{timeout}", options[target.NodeTimeoutOption],
		"{name}", n.name,
		"{conf}", n.confFile(),
	)
	var args []string
	for _, word := range c.words[1:] {
		if word == "{options}" {
			args = append(args, target.CommandLine(options)...)
			continue
		}
		args = append(args, replace.Replace(word))
	}
	return args
}

// late is what of a scenario's options the command line does not carry.
func (c *command) late(options map[string]string) map[string]string {
	if c.uses["{options}"] || c.uses["{conf}"] {
		return nil
	}
	late := maps.Clone(options)
	if c.uses["{timeout}"] {
		delete(late, target.NodeTimeoutOption)
	}
	return late
}

// standardOptions are those of every node.
func standardOptions(ctx context.Context, program string) map[string]string {
	options := map[string]string{"bind": "127.0.0.1", target.NodeTimeoutOption: target.DefaultNodeTimeoutMillis}
	if needsDebugOption(ctx, program) {
		options[target.DebugOption] = "yes"
	}
	return target.Merge(target.NodeOptions(), options)
}

// serverVersion finds the major version in what Redis and Valkey print for --version: "Redis server v=7.0.15 sha=...".
var serverVersion = regexp.MustCompile(`server v=(\d+)\.`)

// needsDebugOption reports whether the program is a Redis or Valkey that refuses DEBUG unless it is allowed. Programs of other names are
// not asked for their version: who knows what they do then.
func needsDebugOption(ctx context.Context, program string) bool {
	const versionLimit = 5 * time.Second
	if name := filepath.Base(program); !strings.HasPrefix(name, "redis-server") && !strings.HasPrefix(name, "valkey-server") {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, versionLimit)
	defer cancel()
	printed, err := exec.CommandContext(ctx, program, "--version").Output()
	match := serverVersion.FindSubmatch(printed)
	if err != nil || match == nil {
		return false
	}
	major, err := strconv.Atoi(string(match[1]))
	return err == nil && major >= target.DebugOptionMajor
}

// splitWords splits at blanks outside quotes. Inside double quotes a backslash stands before a quote or a backslash.
func splitWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == '"' && c == '\\' && i+1 < len(line) && (line[i+1] == '"' || line[i+1] == '\\'):
			i++
			word.WriteByte(line[i])
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, inWord = c, true
		case quote == 0 && (c == ' ' || c == '\t'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("quote %c is not closed in %q", quote, line)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}
