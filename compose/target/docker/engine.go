package docker

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/log"

	"github.com/clusterspec/clusterspec/compose/target"
)

// Limits on what an engine may take. A healthy one needs a fraction.
const (
	connectLimit = 10 * time.Second
	createLimit  = time.Minute
	removeLimit  = time.Minute
)

// engine is a connection to the Docker engine.
type engine struct {
	provider *testcontainers.DockerProvider
	client   client.APIClient
}

// connect finds the engine the way testcontainers does (DOCKER_HOST, docker context, the usual sockets).
func connect(ctx context.Context) (*engine, error) {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	prepareOnce(ctx)
	type connection struct {
		provider *testcontainers.DockerProvider
		err      error
	}
	done := make(chan connection, 1)
	go func() { // it takes no context
		provider, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(quiet{}), testcontainers.WithDefaultBridgeNetwork(testcontainers.Bridge))
		done <- connection{provider, err}
	}()
	var c connection
	select {
	case c = <-done:
	case <-ctx.Done():
		c.err = context.Cause(ctx)
	}
	if c.err != nil {
		return nil, noEngine(c.err)
	}
	e := &engine{c.provider, c.provider.Client()}
	if err := e.check(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

func noEngine(err error) error {
	return &target.Unavailable{Reason: fmt.Sprintf("no Docker engine answers: %v", err)}
}

// check asks the engine for a sign of life and makes sure that it publishes ports on this machine.
func (e *engine) check(ctx context.Context) error {
	// testcontainers looks elsewhere when nobody answers there, which is not what its user asked for.
	if wanted := os.Getenv("DOCKER_HOST"); wanted != "" && wanted != e.client.DaemonHost() {
		return noEngine(fmt.Errorf("nobody at %s, which is DOCKER_HOST", wanted))
	}
	if _, err := e.client.Ping(ctx, client.PingOptions{}); err != nil {
		return noEngine(err)
	}
	address, err := url.Parse(e.client.DaemonHost())
	if err != nil {
		return noEngine(err)
	}
	host := address.Hostname()
	if ip, err := netip.ParseAddr(host); host != "" && host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return &target.Unavailable{Reason: fmt.Sprintf("the Docker engine runs on %s and publishes ports there: nodes that announce 127.0.0.1 "+
			"cannot be reached from here; run the harness where the engine runs", host)}
	}
	return nil
}

func (e *engine) close() error { return e.client.Close() }

// image is an image that is on the engine.
type image struct {
	id      string
	digest  string   // of the repository, or the id of an image that never was in one
	workdir string   // where the server keeps its files
	command []string // what comes before the options
	labels  map[string]string
}

// inspect returns nil without an error if the image is not there.
func (e *engine) inspect(ctx context.Context, name string) (*image, error) {
	found, err := e.client.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking for image %s: %w", name, err)
	}
	i := &image{id: found.ID, digest: found.ID, workdir: "/"}
	if len(found.RepoDigests) > 0 {
		i.digest = found.RepoDigests[0]
	}
	if found.Config == nil {
		return i, nil
	}
	i.labels = found.Config.Labels
	if found.Config.WorkingDir != "" {
		i.workdir = found.Config.WorkingDir
	}
	// CMD is a program and its arguments, or the arguments of ENTRYPOINT; the options stand in for the arguments.
	if cmd := found.Config.Cmd; len(cmd) > 0 && !strings.HasPrefix(cmd[0], "-") {
		i.command = cmd[:1]
	}
	return i, nil
}

func (e *engine) imageOrPull(ctx context.Context, name string, limit time.Duration) (*image, error) {
	if i, err := e.inspect(ctx, name); i != nil || err != nil {
		return i, err
	}
	pulling, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := e.provider.PullImage(pulling, name); err != nil {
		return nil, &target.Unavailable{Reason: fmt.Sprintf("image %s is not on this machine and could not be pulled within %v: %v", name, limit, err)}
	}
	i, err := e.inspect(ctx, name)
	if i == nil && err == nil {
		err = fmt.Errorf("image %s was pulled and is not there", name)
	}
	return i, err
}

// reaperImage is what testcontainers runs to remove the containers of a run that crashed.
const reaperImage = "testcontainers/ryuk:0.14.0"

var prepare sync.Once

// prepareOnce settles what testcontainers reads once in a process, before it does: it is not to print, and to do without its reaper when the
// image of that is not here. It would try to pull it, and Close and removeLeftovers clean up as well.
func prepareOnce(ctx context.Context) {
	const variable = "TESTCONTAINERS_RYUK_DISABLED"
	prepare.Do(func() {
		log.SetDefault(quiet{})
		if _, decided := os.LookupEnv(variable); decided {
			return
		}
		c, err := client.New(client.FromEnv)
		if err == nil {
			defer c.Close()
			_, err = c.ImageInspect(ctx, reaperImage)
		}
		if err != nil {
			os.Setenv(variable, "true")
		}
	})
}

// quiet keeps testcontainers from printing; what goes wrong comes as an error.
type quiet struct{}

var _ log.Logger = quiet{}

func (quiet) Printf(string, ...any) {}
