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

// do sends one request to a node, as an administrator would. An error reply is an error.
func (n *Node) do(ctx context.Context, request ...string) (any, error) {
	replies, err := n.pipeline(ctx, request)
	if err != nil {
		return nil, err
	}
	return replies[0], nil
}

// pipeline sends requests to a node at once and returns their replies: a string, an int64, nil, or a []any of these. The
// first error reply is an error; what follows it was sent all the same.
func (n *Node) pipeline(ctx context.Context, requests ...[]string) ([]any, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", n.addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	authentications := 0
	if password := n.cluster.options.Config["requirepass"]; password != "" {
		requests = append([][]string{{"AUTH", password}}, requests...)
		authentications = 1
	}
	var out []byte
	for _, request := range requests {
		out = appendRequest(out, request)
	}
	go conn.Write(out) // while the replies are read, or both sides might wait for the other; it ends with the connection
	r := bufio.NewReader(conn)
	replies := make([]any, len(requests))
	for i := range requests {
		if replies[i], err = readReply(r); err != nil {
			return nil, fmt.Errorf("%s at node %s: %w", strings.Join(requests[i], " "), n.addr, errors.Join(err, context.Cause(ctx)))
		}
	}
	return replies[authentications:], nil
}

func appendRequest(b []byte, words []string) []byte {
	b = fmt.Appendf(b, "*%d\r\n", len(words))
	for _, word := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(word), word)
	}
	return b
}

// readReply reads a reply of RESP2.
func readReply(r *bufio.Reader) (any, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line = strings.TrimSuffix(line, "\r\n")
	if line == "" {
		return nil, errors.New("the node sent an empty line")
	}
	kind, text := line[0], line[1:]
	switch kind {
	case '+':
		return text, nil
	case '-':
		return nil, errors.New(text)
	}
	number, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the node sent %q", line)
	case kind == ':':
		return number, nil
	case number < 0:
		return nil, nil
	case kind == '$':
		bulk := make([]byte, number+int64(len("\r\n")))
		_, err := io.ReadFull(r, bulk)
		return string(bulk[:number]), err
	}
	items := make([]any, number)
	for i := range items {
		if items[i], err = readReply(r); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// texts are the elements of a reply that are text.
func texts(reply any) (list []string) {
	items, _ := reply.([]any)
	for _, item := range items {
		if text, ok := item.(string); ok {
			list = append(list, text)
		}
	}
	return list
}
