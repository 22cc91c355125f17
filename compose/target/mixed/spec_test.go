package mixed

import (
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for list, want := range map[string][]string{
		"reference+redis-server": {"reference", "redis-server"},
		"a+b+a":                  {"a", "b", "a"},
		"exec:./my-server --with a,b++c+reference":       {"exec:./my-server --with a,b+c", "reference"},
		"exec:g+++reference":                             {"exec:g+", "reference"},
		"reference+exec:sh -c 'echo 1 ++++ 2' {options}": {"reference", "exec:sh -c 'echo 1 ++ 2' {options}"},
	} {
		if got, err := Split(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %v; want %q", list, got, err, want)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for list, want := range map[string]string{
		"":                              "at least two kinds",
		"reference":                     "at least two kinds",
		"reference++redis-server":       "at least two kinds",
		"reference+":                    "a kind is missing",
		"+reference":                    "a kind is missing",
		"reference+docker:redis:7.4":    "cannot be part of a mix: the containers",
		"addr:127.0.0.1:7000+reference": "cannot be part of a mix: a cluster that already runs",
		"reference+mix:reference":       "cannot be part of a mix: write all kinds in one list",
	} {
		if got, err := Split(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, %v; want %q", list, got, err, want)
		}
	}
}
