package conformance_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/conformance"
)

// This is how a server's own tests hold it to a part of the suite; here the server is the reference.
func TestReference(t *testing.T) {
	conformance.Test(t, "reference", conformance.Options{IDs: []string{"redirection/moved", "distribution/keys"}})
}

// TestCrippled is run by TestFailuresFail in a process of its own: it has to fail.
func TestCrippled(t *testing.T) {
	spec, declaration := os.Getenv("CLUSTERSPEC_TEST_TARGET"), os.Getenv("CLUSTERSPEC_TEST_DECLARATION")
	if spec == "" {
		t.Skip("TestFailuresFail runs it")
	}
	conformance.Test(t, spec, conformance.Options{IDs: []string{"redirection/moved/1", "redirection/moved/2"}, Declaration: declaration})
}

// A server that answers ASK where MOVED is due fails, a declared failure is skipped, and what is declared and passes fails as well.
func TestFailuresFail(t *testing.T) {
	server := filepath.Join(t.TempDir(), "server")
	if out, err := exec.Command("go", "build", "-o", server, "../reference/cmd/clusterspec-reference").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := filepath.Join(t.TempDir(), "clusterspec.yaml")
	text := "deviations:\n- id: redirection/moved/1\n  reason: ASK for MOVED, to be mended\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	outcome := func(spec string) (string, error) {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestCrippled$", "-test.v")
		cmd.Env = append(os.Environ(), "CLUSTERSPEC_TEST_TARGET="+spec, "CLUSTERSPEC_TEST_DECLARATION="+file)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for spec, want := range map[string][]string{
		"exec:" + server + " node --defect ask-for-moved": {"--- SKIP: TestCrippled/redirection/moved/1", "declared: ASK for MOVED, to be mended", "--- FAIL: TestCrippled/redirection/moved/2", "got        error \"ASK 12182"},
		"exec:" + server + " node":                        {"--- FAIL: TestCrippled/redirection/moved/1", "it passes; the entry can go", "--- PASS: TestCrippled/redirection/moved/2"},
		"exec:no-such-program":                            {"did not join", "no scenario ran"},
	} {
		out, err := outcome(spec)
		if err == nil {
			t.Errorf("%s: it did not fail", spec)
		}
		for _, part := range want {
			if !strings.Contains(out, part) {
				t.Errorf("%s: no %q in\n%s", spec, part, out)
			}
		}
	}
}
