package docker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/testcontainers/testcontainers-go"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/targettest"
)

func packed(t *testing.T) *Target {
	t.Helper()
	images, err := New("docker:packed", packedName, target.Env{})
	if err != nil {
		t.Fatal(err)
	}
	if err := images.Probe(t.Context()); err != nil {
		t.Fatal("this test needs a Docker engine and redis-server on PATH: ", err)
	}
	return images
}

func TestContract(t *testing.T) {
	targettest.Run(t, targettest.Kind{Target: packed(t), Leftovers: leftContainers})
}

// leftContainers lists the containers of a cluster that still exist, whatever state they are in.
func leftContainers(t *testing.T, c target.Cluster) []string {
	t.Helper()
	e, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	ids, err := e.owned(t.Context(), owner(c.(*Cluster).holder.port.Number))
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// A run that was killed leaves its containers and no reservation; the next start must remove them and nothing else.
func TestLeftoversOfACrashedRun(t *testing.T) {
	ctx := t.Context()
	images := packed(t)
	alive, err := images.start(ctx, target.Topology{Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	crashed, err := images.start(ctx, target.Topology{Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	crashedOwner := crashed.owner()
	if err := crashed.releasePorts(); err != nil { // what the end of a process does
		t.Fatal(err)
	}
	next, err := images.start(ctx, target.Topology{Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if left, err := next.engine.owned(ctx, crashedOwner); err != nil || len(left) > 0 {
		t.Errorf("containers of the crashed run: %v, %v", left, err)
	}
	if _, err := target.Ask(ctx, alive.nodes[0].Addr(), "PING"); err != nil {
		t.Errorf("a cluster in use was removed as well: %v", err)
	}
	if err := crashed.engine.close(); err != nil {
		t.Error(err)
	}
}

func TestStartGivenUpHalfwayLeavesNothing(t *testing.T) {
	images := packed(t)
	e, err := connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	for _, limit := range []time.Duration{50, 150, 300, 450, 600} {
		ctx, cancel := context.WithTimeout(t.Context(), limit*time.Millisecond)
		c, err := images.Start(ctx, target.Topology{Nodes: 3})
		cancel()
		if err == nil {
			c.Close()
			continue
		}
		if left := e.stay(t); len(left) > 0 {
			t.Errorf("given up after %d ms: containers %v", limit, left)
		}
	}
}

// stay lists the orphans that are there for good: other tests on this machine have some for the moment in which they remove them.
func (e *engine) stay(t *testing.T) (ids []string) {
	t.Helper()
	const patience, pollInterval = 20 * time.Second, 100 * time.Millisecond
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(pollInterval) {
		var err error
		if ids, err = e.orphans(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 {
			break
		}
	}
	return ids
}

func TestImageThatCannotBePulled(t *testing.T) {
	const limit = 5 * time.Second
	const name = "127.0.0.1:1/no/such-image:1"
	images, err := New("docker:"+name, name, target.Env{PullTimeout: limit})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	_, err = images.Start(t.Context(), target.Topology{Nodes: 1})
	unavailable := (*target.Unavailable)(nil)
	if !errors.As(err, &unavailable) || !strings.Contains(unavailable.Reason, name) || !strings.Contains(unavailable.Reason, "could not be pulled") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begin); took > 2*limit {
		t.Errorf("it took %v to say so", took)
	}
}

// An image that does not run a server must be reported with what it printed.
func TestImageThatEndsAtOnce(t *testing.T) {
	ctx := t.Context()
	images := packed(t)
	c, err := images.Start(ctx, target.Topology{Nodes: 1, Options: map[string]string{"no-such-option": "1"}})
	if err == nil {
		c.Close()
		t.Fatal("started with an option that does not exist")
	}
	for _, part := range []string{"node A", "the container has ended: exit code 1", "no-such-option"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error is %q, without %q", err, part)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, image := range []string{"", "redis 7"} {
		if _, err := New("docker:"+image, image, target.Env{}); err == nil {
			t.Errorf("image %q was accepted", image)
		}
	}
}

func TestReaperImageIsTheOneOfTestcontainers(t *testing.T) {
	//lint:ignore SA1019 there is no other way to ask
	if reaperImage != testcontainers.ReaperDefaultImage {
		t.Errorf("testcontainers runs %s", testcontainers.ReaperDefaultImage) //lint:ignore SA1019 see above
	}
}

func TestLoadedLibraries(t *testing.T) {
	const printed = "\tlinux-vdso.so.1 (0x00007f54ce1d9000)\n" +
		"\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f54ce0d8000)\n" +
		"\tlibgone.so.1 => not found\n" +
		"\t/lib64/ld-linux-x86-64.so.2 (0x00007f54ce1db000)\n"
	var files []string
	for _, match := range loaded.FindAllStringSubmatch(printed, -1) {
		files = append(files, match[1])
	}
	if got := strings.Join(files, " "); got != "/lib/x86_64-linux-gnu/libm.so.6 /lib64/ld-linux-x86-64.so.2" {
		t.Errorf("got %q", got)
	}
}
