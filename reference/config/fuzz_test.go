package config

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParse reads arbitrary configuration files. A rewrite, of that file or of none, must mean the
// same.
func FuzzParse(f *testing.F) {
	f.Add("port 7001\ncluster-enabled yes\n# comment\nbind \"127.0.0.1\" -::1\nmasterauth \"a \\x00b\"\n")
	f.Add("proto-max-bulk-len 1gb\ncluster-slave-no-failover YES\n\nloglevel Debug\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseText(text)
		if err != nil {
			return
		}
		for _, again := range []string{string(c.Rewrite(nil)), string(c.Rewrite([]byte(text)))} {
			d, err := parseText(again)
			if err != nil {
				t.Fatalf("what it wrote cannot be read: %v\n%s", err, again)
			}
			for _, p := range Params() {
				if c.String(p.Name) != d.String(p.Name) {
					t.Errorf("%s is %q and read back as %q from\n%s", p.Name, c.String(p.Name), d.String(p.Name), again)
				}
			}
		}
	})
}

// FuzzArgs reads arbitrary command lines, their words between line breaks. What is accepted means the same when it is written as a file.
func FuzzArgs(f *testing.F) {
	f.Add("--port\n7001\n--bind\n127.0.0.1\n-::1\n--cluster-enabled\nyes")
	f.Add("redis.conf\n--save\n3600 1 300 100\n--port=7001")
	f.Add("-\n--loglevel debug\n--daemonize no")
	f.Add("--" + strings.Repeat("long", 50_000) + "\nyes") // what it resembles is found at once
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(strings.Split(text, "\n"), func(string) ([]byte, error) { return []byte("timeout 5\n"), nil })
		if err != nil {
			return
		}
		again := string(c.Rewrite(nil))
		d, err := parseText(again)
		if err != nil {
			t.Fatalf("what it wrote cannot be read: %v\n%s", err, again)
		}
		for _, p := range Params() {
			if c.String(p.Name) != d.String(p.Name) {
				t.Errorf("%s is %q and read back as %q from\n%s", p.Name, c.String(p.Name), d.String(p.Name), again)
			}
		}
	})
}

// parseText is Parse for one file that includes no other.
func parseText(text string) (*Config, error) {
	return Parse([]string{"redis.conf"}, func(path string) ([]byte, error) {
		if path != "redis.conf" {
			return nil, errors.New("no such file")
		}
		return []byte(text), nil
	})
}
