package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/clusterspec/clusterspec/compose/target"
)

// ownerLabel is on every container. Its value says which port reservation the containers of the cluster live and die with:
// machine, folder of port locks, client port of the holder.
const ownerLabel = "org.clusterspec.owner"

const ownerSeparator = "|"

func owner(port int) string { return ownerPrefix() + strconv.Itoa(port) }

// ownerPrefix is what the owners that can be judged from here have in common: others may lock ports in a folder we do not see.
func ownerPrefix() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return host + ownerSeparator + target.PortDir() + ownerSeparator
}

// removeLeftovers removes the containers of runs on this machine that ended without Close.
func (e *engine) removeLeftovers(ctx context.Context) error {
	ids, err := e.orphans(ctx)
	if err != nil {
		return fmt.Errorf("looking for containers of crashed runs: %w", err)
	}
	for _, id := range ids {
		err = errors.Join(err, e.remove(ctx, id))
	}
	return err
}

// orphans lists the containers whose port is not reserved any more.
func (e *engine) orphans(ctx context.Context) (ids []string, err error) {
	found, err := e.client.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: make(client.Filters).Add("label", ownerLabel)})
	for _, c := range found.Items {
		number, judged := strings.CutPrefix(c.Labels[ownerLabel], ownerPrefix())
		port, err := strconv.Atoi(number)
		if judged && err == nil && !target.PortIsReserved(port) {
			ids = append(ids, c.ID)
		}
	}
	return ids, err
}

// removeOwned removes the containers of one cluster, and returns when the engine has none of them any more: one whose removal somebody else
// has begun may stay after all, and a busy engine may refuse at first. It goes on when the run has been cancelled.
func (e *engine) removeOwned(owner string) error {
	ctx, cancel := context.WithTimeout(context.Background(), removeLimit)
	defer cancel()
	for {
		ids, err := e.owned(ctx, owner)
		if err == nil && len(ids) == 0 {
			return nil
		}
		err = errors.Join(err, e.removeAll(ctx, ids))
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d containers are left behind after %v, with the label %s=%s: %w", len(ids), removeLimit, ownerLabel, owner, cmp.Or(err, ctx.Err()))
		case <-time.After(removePause):
		}
	}
}

// removePause is how long the engine is left alone before it is asked again.
const removePause = 20 * time.Millisecond

// removeAll removes containers at the same time.
func (e *engine) removeAll(ctx context.Context, ids []string) (err error) {
	errs := make(chan error, len(ids))
	for _, id := range ids {
		go func() { errs <- e.remove(ctx, id) }()
	}
	for range ids {
		err = errors.Join(err, <-errs)
	}
	return err
}

// owned lists the containers of one cluster.
func (e *engine) owned(ctx context.Context, owner string) (ids []string, err error) {
	found, err := e.client.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", ownerLabel+"="+owner),
	})
	for _, c := range found.Items {
		ids = append(ids, c.ID)
	}
	return ids, err
}

// remove removes a container, running or not, with its volumes.
func (e *engine) remove(ctx context.Context, id string) error {
	_, err := e.client.ContainerRemove(ctx, id, client.ContainerRemoveOptions{RemoveVolumes: true, Force: true})
	if err != nil && !errdefs.IsNotFound(err) && !isBeingRemoved(err) {
		return fmt.Errorf("removing container %.12s: %w", id, err)
	}
	return nil
}

// isBeingRemoved recognizes that another run cleans up at the same time.
func isBeingRemoved(err error) bool {
	return errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress")
}
