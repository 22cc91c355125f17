package process

import (
	"slices"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/compose/target"
)

func TestParseCommandRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"":                         "no program",
		"   ":                      "no program",
		"server --port {prot}":     "unknown placeholder {prot} (known: {port}",
		"server --all={options}":   "word of its own",
		"server 'never closed":     "not closed",
		`server "never closed\"`:   "not closed",
		"server {port} {nodename}": "unknown placeholder {nodename}",
	} {
		if _, err := parseCommand(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", line, err, want)
		}
	}
}

func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		`a  b	c`:              {"a", "b", "c"},
		`a "b c" 'd e'`:       {"a", "b c", "d e"},
		`a '' ""`:             {"a", "", ""},
		`--x="y z"w`:          {"--x=y zw"},
		`"a \" \\ \n" '\"'`:   {`a " \ \n`, `\"`},
		`C:\servers\s.exe -p`: {`C:\servers\s.exe`, "-p"},
	} {
		got, err := splitWords(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v, want %q", line, got, err, want)
		}
	}
}

func TestExpand(t *testing.T) {
	n := &Node{name: "B", dir: "/scratch/B", port: &target.Port{Number: 12000}}
	options := map[string]string{"cluster-node-timeout": "900", "save": "", "client-output-buffer-limit": "normal 0 0 0"}
	for line, want := range map[string][]string{
		"s --listen=127.0.0.1:{port} {busport}": {"--listen=127.0.0.1:12000", "22000"},
		"s {dir}/x {name} {timeout} {conf}":     {"/scratch/B/x", "B", "900", "/scratch/B.conf"},
		`s '{"port":{port}}'`:                   {`{"port":12000}`},
		"s": {
			"--client-output-buffer-limit", "normal", "0", "0", "0", "--cluster-node-timeout", "900", "--save", "",
		},
	} {
		c, err := parseCommand(line)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.expand(n, options); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	f.Add("redis-server --port {port}")
	f.Add(`sh -c "a 'b' \" {dir}"`)
	f.Add("{options} {")
	f.Fuzz(func(t *testing.T, line string) {
		c, err := parseCommand(line)
		if err == nil && (len(c.words) == 0 || len(c.uses) == 0) {
			t.Errorf("%q was accepted as %q using %v", line, c.words, c.uses)
		}
	})
}
