package catalog

import (
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
)

func TestParse(t *testing.T) {
	for spec, kind := range map[string]string{
		"reference":                         "reference",
		"reference:defect=ask-for-moved":    "reference",
		"redis-server":                      "exec",
		"valkey-server":                     "exec",
		"exec:redis-server":                 "exec",
		"exec:./my-server --port {port}":    "exec",
		"docker:redis:7.4":                  "docker",
		"docker:valkey/valkey@sha256:abcd":  "docker",
		"docker:packed":                     "docker",
		"addr:127.0.0.1:7000":               "addr",
		"addr:[::1]:7000, host.example:701": "addr",
		"mix:reference+redis-server":        "mix",
		"mix:exec:a++b {port}+reference":    "mix",
	} {
		got, err := Parse(spec, target.Env{})
		if err != nil || got.Kind() != kind || got.Spec() != spec {
			t.Errorf("%q: %v, %v; want kind %s", spec, got, err, kind)
		}
		if _, can := got.(target.Describer); !can {
			t.Errorf("%q cannot describe itself", spec)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for spec, want := range map[string]string{
		"":                    "unknown form (known: reference, reference:OPTION=VALUE, redis-server,",
		"redis":               "unknown form",
		"reference:":          "no settings are named",
		"reference:x":         "x is not OPTION=VALUE",
		"redis-server --port": "unknown form",
		"127.0.0.1:7000":      "unknown form",
		"exec:":               "no program is named",
		"exec:server {potr}":  "unknown placeholder {potr}",
		"docker:":             "name of an image",
		"addr:":               "is not host:port",
		"addr:host":           "is not host:port",
		"mix:":                "at least two kinds",
		"mix:reference+rdis":  `mix:reference+rdis: target "rdis": unknown form`,
		"mix:reference+exec:": "no program is named",
	} {
		got, err := Parse(spec, target.Env{})
		if got != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %q", spec, got, err, want)
		}
	}
}

// Discover has to find three targets on any machine, and each must be what it says: startable, or unavailable for a reason.
func TestDiscover(t *testing.T) {
	found := Discover(t.Context(), target.Env{PullTimeout: 5 * time.Second})
	if len(found) != 3 || found[0].Spec != "reference" || found[1].Spec != "redis-server" || !strings.HasPrefix(found[2].Spec, "docker:") {
		t.Fatalf("found %+v", found)
	}
	for _, f := range found {
		if f.Target == nil || f.Target.Spec() != f.Spec {
			t.Fatalf("%s: target is %v", f.Spec, f.Target)
		}
		if f.Spec == PackedImage && !strings.Contains(f.Note, DefaultImage) {
			t.Errorf("%s does not say what it stands in for: %q", f.Spec, f.Note)
		}
		c, err := f.Target.Start(t.Context(), target.Topology{Nodes: 1})
		if (err == nil) != (f.Unavailable == "") {
			t.Errorf("%s: unavailable %q, start says %v", f.Spec, f.Unavailable, err)
		}
		if err == nil {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// Without programs redis-server is named with what is missing, and there is nothing to stand in for an image.
func TestDiscoverWithoutPrograms(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	found := Discover(t.Context(), target.Env{PullTimeout: 5 * time.Second})
	if found[0].Unavailable != "" {
		t.Errorf("the reference is unavailable: %s", found[0].Unavailable)
	}
	if !strings.Contains(found[1].Unavailable, "redis-server") {
		t.Errorf("redis-server: %q", found[1].Unavailable)
	}
	if found[2].Spec != DefaultImage {
		t.Errorf("container: %+v", found[2])
	}
}

// FuzzParse: no form panics, and a target says what it was made of.
func FuzzParse(f *testing.F) {
	for _, spec := range []string{"reference:defect=ask-for-moved", "exec:./my-server --port {port}", "docker:redis:7.4", "addr:[::1]:7000, host:701", "mix:exec:a++b {port}+reference"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		got, err := Parse(spec, target.Env{})
		if (got == nil) != (err != nil) {
			t.Errorf("%q: %v, %v", spec, got, err)
		}
		if err == nil && got.Spec() != spec {
			t.Errorf("%q says that it is %q", spec, got.Spec())
		}
	})
}
