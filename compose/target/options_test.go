package target

import (
	"maps"
	"slices"
	"testing"
)

func TestCommandLineAndConfFile(t *testing.T) {
	options := Merge(map[string]string{"save": "60 1", "port": "1"}, map[string]string{"save": "", "client-output-buffer-limit": "normal 0 0 0"})
	line := []string{"--client-output-buffer-limit", "normal", "0", "0", "0", "--port", "1", "--save", ""}
	if got := CommandLine(options); !slices.Equal(got, line) {
		t.Errorf("got %q, want %q", got, line)
	}
	file := "client-output-buffer-limit normal 0 0 0\nport 1\nsave \"\"\n"
	if got := ConfFile(options); got != file {
		t.Errorf("got %q, want %q", got, file)
	}
}

func TestFolderWithBlanks(t *testing.T) {
	options := map[string]string{DirOption: "/tmp/a  b"}
	if got := CommandLine(options); !slices.Equal(got, []string{"--dir", "/tmp/a  b"}) {
		t.Errorf("got %q, want the folder as one word", got)
	}
	if got, want := ConfFile(options), "dir \"/tmp/a  b\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMergeLeavesItsArgumentsAlone(t *testing.T) {
	base := map[string]string{"a": "1"}
	if got := Merge(base, map[string]string{"a": "2"}); got["a"] != "2" || !maps.Equal(base, map[string]string{"a": "1"}) {
		t.Errorf("got %v, base is %v", got, base)
	}
}

func TestName(t *testing.T) {
	for index, want := range map[int]string{0: "A", 25: "Z", 26: "A1", 51: "Z1", 52: "A2"} {
		if got := Name(index); got != want {
			t.Errorf("name %d is %q, want %q", index, got, want)
		}
	}
}
