// Package catalog knows all kinds of target: it reads the text forms a user writes, and finds what this machine can run.
package catalog

import (
	"fmt"
	"strings"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/docker"
	"github.com/clusterspec/clusterspec/compose/target/embedded"
	"github.com/clusterspec/clusterspec/compose/target/mixed"
	"github.com/clusterspec/clusterspec/compose/target/process"
	"github.com/clusterspec/clusterspec/compose/target/remote"
)

// Form is one text form of a target, for help texts.
type Form struct {
	Text  string // "docker:IMAGE"
	Means string

	prefix string // what specs of this form begin with, if it ends with a colon; otherwise the whole spec
	parse  func(spec, rest string, env target.Env) (target.Target, error)
}

// Forms are all text forms.
func Forms() []Form {
	return []Form{
		{"reference", "the reference cluster, inside this process", embedded.Spec, parseEmbedded},
		{"reference:OPTION=VALUE", "the same with settings for its nodes, such as defect=ask-for-moved; several with blanks between them", embedded.Spec + ":", parseConfigured},
		{"redis-server", "redis-server on PATH", "redis-server", parseProgram},
		{"valkey-server", "valkey-server on PATH", "valkey-server", parseProgram},
		{"exec:COMMAND", "any program; {port} {busport} {dir} {timeout} {name} {conf} {options} are filled in", "exec:", parseProgram},
		{"docker:IMAGE", "any image whose server takes redis-server's arguments; docker:packed is redis-server on PATH", "docker:", parseImage},
		{"addr:HOST:PORT,...", "a cluster that already runs; its other nodes are found", "addr:", parseAddresses},
		{"mix:TARGET+TARGET...", "one cluster whose nodes are of these kinds in turn; a + inside of one is doubled", mixed.Prefix, parseMix},
	}
}

// Parse makes the target of a text form. It starts and looks for nothing; an error says what is wrong with the text.
func Parse(spec string, env target.Env) (target.Target, error) {
	var known []string
	for _, form := range Forms() {
		if rest, found := strings.CutPrefix(spec, form.prefix); found && (rest == "" || strings.HasSuffix(form.prefix, ":")) {
			return form.parse(spec, rest, env)
		}
		known = append(known, form.Text)
	}
	return nil, fmt.Errorf("target %q: unknown form (known: %s)", spec, strings.Join(known, ", "))
}

func parseEmbedded(string, string, target.Env) (target.Target, error) { return embedded.New(), nil }

func parseConfigured(spec, rest string, _ target.Env) (target.Target, error) {
	return orNil(embedded.With(spec, rest))
}

func parseProgram(spec, rest string, _ target.Env) (target.Target, error) {
	if !strings.HasPrefix(spec, "exec:") {
		rest = spec // the program is the whole text
	}
	return orNil(process.New(spec, rest))
}

func parseImage(spec, rest string, env target.Env) (target.Target, error) {
	return orNil(docker.New(spec, rest, env))
}

func parseAddresses(spec, rest string, _ target.Env) (target.Target, error) {
	return orNil(remote.New(spec, rest))
}

func parseMix(spec, rest string, env target.Env) (target.Target, error) {
	parts, err := mixed.Split(rest)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", spec, err)
	}
	var kinds []target.Target
	for _, part := range parts {
		kind, err := Parse(part, env)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", spec, err)
		}
		kinds = append(kinds, kind)
	}
	return mixed.New(spec, kinds), nil
}

// orNil keeps a nil pointer from becoming a target that is not nil.
func orNil[T target.Target](t T, err error) (target.Target, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}
