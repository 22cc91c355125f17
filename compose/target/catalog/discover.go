package catalog

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/docker"
)

const (
	// DefaultImage is what a plain run compares with in a container.
	DefaultImage = "docker:redis:7.4"
	// PackedImage stands in where DefaultImage is not to be had.
	PackedImage = "docker:packed"
	// discoverPullTimeout bounds the download a plain run waits for, if nothing else is asked for.
	discoverPullTimeout = 30 * time.Second
)

// Found is a target of a plain run.
type Found struct {
	Spec   string
	Target target.Target
	// Unavailable says why the target cannot take part on this machine; empty if it can.
	Unavailable string
	// Note says what else the user should know, such as what this target stands in for.
	Note string
}

// Discover finds what takes part when no target is named: the reference always, redis-server if it is on PATH, and a container if a Docker
// engine answers. Those that cannot are listed with the reason.
func Discover(ctx context.Context, env target.Env) []Found {
	env.PullTimeout = cmp.Or(env.PullTimeout, discoverPullTimeout)
	return []Found{probe(ctx, "reference", env), probe(ctx, "redis-server", env), discoverImage(ctx, env)}
}

// discoverImage prefers a pinned image of Redis to what happens to be installed.
func discoverImage(ctx context.Context, env target.Env) Found {
	pinned := probe(ctx, DefaultImage, env)
	if pinned.Unavailable == "" || docker.CanPack() != nil {
		return pinned
	}
	packed := probe(ctx, PackedImage, env)
	if packed.Unavailable != "" {
		return pinned
	}
	packed.Note = "stands in for " + pinned.Spec + ": " + pinned.Unavailable
	return packed
}

// probe finds out whether the target can take part.
func probe(ctx context.Context, spec string, env target.Env) Found {
	t, err := Parse(spec, env)
	if prober, can := t.(target.Prober); can {
		err = prober.Probe(ctx)
	}
	found := Found{Spec: spec, Target: t}
	if unavailable := (*target.Unavailable)(nil); errors.As(err, &unavailable) {
		found.Unavailable = unavailable.Reason
	} else if err != nil {
		found.Unavailable = err.Error()
	}
	return found
}
