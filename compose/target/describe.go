package target

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// DescribeNode asks a running node what it is (INFO server).
func DescribeNode(ctx context.Context, addr string) (Description, error) {
	reply, err := Ask(ctx, addr, "INFO", "server")
	if err != nil {
		return Description{}, err
	}
	if reply.IsError() {
		return Description{}, fmt.Errorf("INFO server was answered by %s", reply)
	}
	// Valkey and others claim a redis_version for the sake of clients; what they really are stands beside it.
	fields := wire.ParseInfo(reply.Text)
	server := cmp.Or(fields["server_name"], "redis")
	version := cmp.Or(fields[server+"_version"], fields["redis_version"])
	return Description{Server: server, Version: version, Level: fields["redis_version"]}, nil
}

// DescribeByStarting describes a target by asking a node started for this purpose.
func DescribeByStarting(ctx context.Context, t Target) (_ Description, err error) {
	cluster, err := t.Start(ctx, Topology{Nodes: 1})
	if err != nil {
		return Description{}, err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	return DescribeNode(ctx, cluster.Nodes()[0].Addr())
}
