package clients

import (
	"context"
	"strings"
	"testing"
	"time"
)

// What a machine lacks is said with what to install, and no other program is taken for the library.
func TestMissingLibraries(t *testing.T) {
	for what, c := range map[string]struct{ interpreter, flag, want string }{
		"no interpreter":          {"no-such-interpreter", "-c", "no such file"},
		"a program that ends":     {"false", "-c", "exit status 1"},
		"a program that is wrong": {"echo", "-c", "does not say who it is"},
	} {
		p := program{"redis-py", c.interpreter, c.flag, "redis-py.py", "python3-redis"}
		got := p.library().Missing()
		if !strings.Contains(got, c.want) || !strings.HasSuffix(got, "apt-get install python3-redis") {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// A library that hangs, and one that dies, are errors of what was asked, with the reason.
func TestProgramsThatDoNotAnswer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for script, want := range map[string]string{
		`echo '["sh"]'; cat >/dev/null`:               "no answer from the library",
		`echo '["sh"]'; read line; echo oh no >&2`:    "oh no",
		`echo '["sh"]'; read line; echo Traceback`:    "the program printed Traceback",
		`echo '["sh"]'; read l; echo '["error","x"]'`: "x",
	} {
		c, err := run(t.Context(), "sh", "sh", "-c", script)
		if err != nil {
			t.Fatal(err)
		}
		asked := t.Context()
		if strings.Contains(script, "cat") {
			asked = ctx
		}
		if got, err := c.Do(asked, "get", "k"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v", script, got, err)
		}
		c.Close()
	}
}

func TestFind(t *testing.T) {
	for _, name := range Names() {
		if l, err := Find(name); err != nil || l.Name != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Find("jedis"); err == nil || !strings.Contains(err.Error(), "go-redis") {
		t.Errorf("jedis: %v", err)
	}
}

// A program that crashed is an error of what was asked of it; a supervisor has started another by the next request.
func TestSupervisor(t *testing.T) {
	script := `echo '["sh"]'; read line; case $line in *crash*) kill -SEGV $$;; *) echo '["ok","well"]';; esac; read line`
	l := Library{Name: "sh", Open: func(ctx context.Context, _, _ string, _ Reads) (Client, error) {
		return run(ctx, "sh", "sh", "-c", script)
	}}.Supervised()
	c, err := l.Open(t.Context(), "", "", FromPrimaries)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Do(t.Context(), "crash"); err == nil || !strings.Contains(err.Error(), "segmentation fault") {
		t.Errorf("a crash: %v", err)
	}
	if got, err := c.Do(t.Context(), "work"); err != nil || len(got) != 1 || got[0] != "well" {
		t.Errorf("after a crash: %q, %v", got, err)
	}
}
