// Package script runs the Lua scripts of EVAL, in the sandbox that Redis gives them.
//
// A Script is a compiled program with the flags of its first line. An Interpreter runs scripts one after the other; what one
// leaves behind the next does not see. Commands that a script calls are run by its Host. No library that reaches the world
// outside is opened, chance is seeded alike for every script, and time is counted in instructions.
package script

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// Flags are what a script says about itself in its first line (Redis: SCRIPT_FLAG_*).
type Flags uint8

// The flags a script can have.
const (
	NoWrites       Flags = 1 << iota // it only reads
	AllowOOM                         // it may run when memory is short
	AllowStale                       // it may run on a replica that has lost its primary
	NoCluster                        // it does not run in a cluster
	AllowCrossSlot                   // its keys may be in several slots
	Undeclared                       // there is no such line: what commands may do is found out when they are called
)

// flagNames are in the order of the constants.
var flagNames = []string{"no-writes", "allow-oom", "allow-stale", "no-cluster", "allow-cross-slot-keys"}

// Has says whether any of the flags is set.
func (f Flags) Has(x Flags) bool { return f&x != 0 }

// Script is a program that can be run.
type Script struct {
	SHA   string // of its text, in 40 hexadecimal digits
	Flags Flags

	code *lua.FunctionProto
}

// Digest is the name of a script: the SHA-1 of its text, in hexadecimal digits.
func Digest(text []byte) string {
	sum := sha1.Sum(text)
	return hex.EncodeToString(sum[:])
}

// chunk is what Lua's own errors call the script.
const chunk = "user_script"

// Compile reads a script. The error is for the client, without a code.
func Compile(text []byte) (*Script, error) {
	flags, body, err := readFlags(string(text))
	if err != nil {
		return nil, err
	}
	code, err := compile(body, chunk)
	if err != nil {
		return nil, fmt.Errorf("Error compiling script (new function): %w", err)
	}
	return &Script{SHA: Digest(text), Flags: flags, code: code}, nil
}

// readFlags reads "#!lua flags=a,b" and returns the script without it; the line stays, empty, so that lines keep their numbers.
func readFlags(text string) (Flags, string, error) {
	if !strings.HasPrefix(text, "#!") {
		return Undeclared, text, nil
	}
	end := strings.IndexByte(text, '\n')
	if end < 0 {
		return 0, "", errors.New("Invalid script shebang") //lint:ignore ST1005 Redis's text
	}
	words := strings.Fields(text[:end])
	if words[0] != "#!lua" {
		return 0, "", fmt.Errorf("Unexpected engine in script shebang: %s", words[0]) //lint:ignore ST1005 Redis's text
	}
	var flags Flags
	for _, word := range words[1:] {
		list, ok := strings.CutPrefix(word, "flags=")
		if !ok {
			return 0, "", fmt.Errorf("Unknown lua shebang option: %s", word) //lint:ignore ST1005 Redis's text
		}
		for name := range strings.SplitSeq(list, ",") {
			flag, ok := flagNamed(name)
			if !ok {
				return 0, "", fmt.Errorf("Unexpected flag in script shebang: %s", name) //lint:ignore ST1005 Redis's text
			}
			flags |= flag
		}
	}
	return flags, text[end:], nil
}

func flagNamed(name string) (Flags, bool) {
	for i, known := range flagNames {
		if name == known {
			return 1 << i, true
		}
	}
	return 0, name == ""
}

// What a script's text may be, so that compiling it ends soon and does not exhaust the stack. Redis's Lua has 200 levels
// (LUAI_MAXCCALLS), but does not count those of operators that group from the left.
const (
	textMax   = 256 << 10 // bytes
	levelsMax = 1000
)

// compile makes code of Lua text.
func compile(text, name string) (*lua.FunctionProto, error) {
	if len(text) > textMax {
		return nil, fmt.Errorf("%s: the script is longer than %d bytes", name, textMax)
	}
	block, err := parse.Parse(strings.NewReader(text), name)
	var syntax *parse.Error
	switch {
	case errors.As(err, &syntax) && syntax.Pos.Line == parse.EOF:
		return nil, fmt.Errorf("%s:%d: %s near '<eof>'", name, 1+strings.Count(text, "\n"), syntax.Message)
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("%s:%d: %s near '%s'", name, syntax.Pos.Line, syntax.Message, syntax.Token)
	case err != nil:
		return nil, err
	}
	if deeperThan(levelsMax, reflect.ValueOf(block)) {
		return nil, fmt.Errorf("%s: chunk has too many syntax levels", name)
	}
	code, err := lua.Compile(block, name)
	var compiling *lua.CompileError
	if errors.As(err, &compiling) {
		return nil, fmt.Errorf("%s:%d: %s", name, compiling.Line, compiling.Message)
	}
	return code, err
}

// deeperThan says whether a syntax tree has more than so many levels. The compiler goes down it by recursion, and folds constants
// in time that grows with the square of its depth.
func deeperThan(levels int, v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Interface:
		return deeperThan(levels, v.Elem())
	case reflect.Pointer:
		return levels == 0 || deeperThan(levels-1, v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			if deeperThan(levels, v.Index(i)) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if deeperThan(levels, v.Field(i)) {
				return true
			}
		}
	}
	return false
}
