package reference

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// waitReady waits until every node says that the cluster is up and every replica has its primary's data.
func (c *Cluster) waitReady(ctx context.Context) error {
	const patience = 10 * time.Second
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errors.New("the cluster did not come up in 10 s"))
	defer cancel()
	for _, n := range c.nodes {
		for {
			ready, err := n.isReady(ctx)
			if ready {
				break
			}
			const pollInterval = 10 * time.Millisecond
			select {
			case <-time.After(pollInterval):
			case <-ctx.Done():
				return fmt.Errorf("waiting for node %s: %w (last error: %v); its log:\n%s", n.addr, context.Cause(ctx), err, n.Log())
			}
		}
	}
	return nil
}

// isReady asks the node itself.
func (n *Node) isReady(ctx context.Context) (bool, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", n.addr)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	if _, err := io.WriteString(conn, "CLUSTER INFO\r\nINFO replication\r\n"); err != nil {
		return false, err
	}
	r := bufio.NewReader(conn)
	state, err := readBulk(r)
	if err != nil {
		return false, err
	}
	replication, err := readBulk(r)
	if err != nil {
		return false, err
	}
	inSync := strings.Contains(replication, "role:master") || strings.Contains(replication, "master_link_status:up")
	return strings.Contains(state, "cluster_state:ok") && inSync, nil
}

// readBulk reads one bulk reply.
func readBulk(r *bufio.Reader) (string, error) {
	head, err := r.ReadString('\n')
	if err != nil {
		return "", err
	}
	length, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(head, "$")))
	if err != nil || length < 0 {
		return "", fmt.Errorf("the node answered %q", head)
	}
	text := make([]byte, length+len("\r\n"))
	_, err = io.ReadFull(r, text)
	return string(text), err
}
