package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Exchange is one thing that went over a connection, for traces and reports.
type Exchange struct {
	At      time.Time // when the request was sent, or what came unasked was received
	Node    string    // the address that was dialled
	Request []string  // nil for what came through Receive
	Reply   Value     // no Kind if there was none: Send does not wait, or Err tells
	Err     error     // transport trouble
}

// Conn is one connection to a node. Send and Receive may be called from one goroutine each at the same time; Do and Pipeline use both,
// so they need the connection for themselves.
//
// Errors are transport trouble only; what the node answers, errors included, is a Value. After an error that leaves the stream in the
// middle of a request or reply, or a reply outstanding, every later call returns that error: dial again.
type Conn struct {
	addr  string
	conn  net.Conn
	trace func(Exchange)

	reading sync.Mutex
	parser  Parser
	buffer  []byte  // received, not yet parsed
	pushes  []Value // RESP3 pushes that came while Do waited for its reply

	state  sync.Mutex
	broken error
}

// readChunkBytes is the room made for one read from the socket.
const readChunkBytes = 64 << 10

// Dial connects to host:port. It sends nothing.
func Dial(ctx context.Context, addr string) (*Conn, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dialing %s: %w", addr, err)
	}
	return &Conn{addr: addr, conn: conn}, nil
}

// Addr is the address that was dialled.
func (c *Conn) Addr() string { return c.addr }

// LocalAddr is the address the node sees.
func (c *Conn) LocalAddr() string { return c.conn.LocalAddr().String() }

// Trace calls f with every exchange from now on; set it before the connection is used. f must not use the connection.
func (c *Conn) Trace(f func(Exchange)) { c.trace = f }

// Do sends one command and returns its reply. RESP3 pushes that arrive first are kept for Receive, unless they confirm the command
// itself (SUBSCRIBE and its relatives are answered by a push).
func (c *Conn) Do(ctx context.Context, args ...string) (Value, error) {
	replies, err := c.Pipeline(ctx, args)
	if err != nil {
		return Value{}, err
	}
	return replies[0], nil
}

// Pipeline sends all commands in one write and returns their replies in order.
func (c *Conn) Pipeline(ctx context.Context, commands ...[]string) ([]Value, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	at := time.Now()
	var request []byte
	for _, args := range commands {
		request = AppendCommand(request, args...)
	}
	err := c.write(ctx, request)
	replies := make([]Value, 0, len(commands))
	for _, args := range commands {
		var reply Value
		if err == nil {
			reply, err = c.reply(ctx, args)
		}
		c.record(Exchange{At: at, Node: c.addr, Request: args, Reply: reply, Err: err})
		if err != nil {
			return nil, c.breakOff(fmt.Errorf("%s: %w", describe(args), err))
		}
		replies = append(replies, reply)
	}
	return replies, nil
}

// Send writes one command and waits for nothing; take its reply with Receive.
func (c *Conn) Send(args ...string) error {
	at := time.Now()
	err := c.write(context.Background(), AppendCommand(nil, args...))
	c.record(Exchange{At: at, Node: c.addr, Request: args, Err: err})
	return err
}

// SendRaw writes bytes as they are, for requests no client would send.
func (c *Conn) SendRaw(b []byte) error { return c.write(context.Background(), b) }

// Receive returns the next reply or push. When ctx ends first nothing is lost, not even half of a reply: call it again.
func (c *Conn) Receive(ctx context.Context) (Value, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if len(c.pushes) > 0 {
		v := c.pushes[0]
		c.pushes = c.pushes[1:]
		return v, nil
	}
	v, err := c.next(ctx)
	c.record(Exchange{At: time.Now(), Node: c.addr, Reply: v, Err: err})
	if err != nil {
		return Value{}, fmt.Errorf("receiving from %s: %w", c.addr, err)
	}
	return v, nil
}

// ReceiveRaw returns at least one byte as it came, for replies that need not be RESP. It must not follow a Receive that gave up in the
// middle of a reply.
func (c *Conn) ReceiveRaw(ctx context.Context) ([]byte, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if len(c.buffer) == 0 {
		if err := c.fill(ctx); err != nil {
			return nil, fmt.Errorf("receiving from %s: %w", c.addr, err)
		}
	}
	b := c.buffer
	c.buffer = nil
	return b, nil
}

// Close closes the connection; calls that wait return at once.
func (c *Conn) Close() error { return c.conn.Close() }

// AppendCommand appends a command as an array of bulks, the only form clients send.
func AppendCommand(dst []byte, args ...string) []byte {
	dst = append(dst, '*')
	dst = strconv.AppendInt(dst, int64(len(args)), 10)
	for _, arg := range args {
		dst = append(dst, "\r\n$"...)
		dst = strconv.AppendInt(dst, int64(len(arg)), 10)
		dst = append(append(dst, "\r\n"...), arg...)
	}
	return append(dst, "\r\n"...)
}

// reply returns the reply to a command that was sent, setting unrelated pushes aside.
func (c *Conn) reply(ctx context.Context, args []string) (Value, error) {
	for {
		v, err := c.next(ctx)
		if err != nil || v.Kind != Push || confirms(v, args) {
			return v, err
		}
		c.record(Exchange{At: time.Now(), Node: c.addr, Reply: v})
		c.pushes = append(c.pushes, v)
	}
}

// subscriptions are the commands RESP3 answers by a push whose first item is the command's name.
var subscriptions = []string{"subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe"}

func confirms(push Value, args []string) bool {
	if len(args) == 0 || len(push.Items) == 0 {
		return false
	}
	name := strings.ToLower(args[0])
	return push.Items[0].Text == name && slices.Contains(subscriptions, name)
}

// next reads until one value is complete.
func (c *Conn) next(ctx context.Context) (Value, error) {
	for {
		v, n, ok, err := c.parser.Next(c.buffer)
		c.buffer = c.buffer[n:]
		if ok || err != nil {
			return v, err
		}
		if err := c.fill(ctx); err != nil {
			return Value{}, err
		}
	}
}

// fill reads once from the socket.
func (c *Conn) fill(ctx context.Context) error {
	if err := c.failure(); err != nil {
		return err
	}
	c.buffer = slices.Grow(c.buffer, readChunkBytes)
	room := c.buffer[len(c.buffer):cap(c.buffer)]
	n, err := withDeadline(ctx, c.conn.SetReadDeadline, func() (int, error) { return c.conn.Read(room) })
	c.buffer = c.buffer[:len(c.buffer)+n]
	if n > 0 {
		return nil // an error that came with bytes comes again
	}
	return err
}

func (c *Conn) write(ctx context.Context, b []byte) error {
	if err := c.failure(); err != nil {
		return err
	}
	_, err := withDeadline(ctx, c.conn.SetWriteDeadline, func() (int, error) { return c.conn.Write(b) })
	if err != nil {
		return c.breakOff(fmt.Errorf("sending to %s: %w", c.addr, err))
	}
	return nil
}

// withDeadline runs one blocking operation so that it ends when ctx does, by deadline or by cancellation.
func withDeadline(ctx context.Context, setDeadline func(time.Time) error, operation func() (int, error)) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	deadline, _ := ctx.Deadline()
	if err := setDeadline(deadline); err != nil {
		return 0, err
	}
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		setDeadline(time.Unix(1, 0))
		close(interrupted)
	})
	n, err := operation()
	if !stop() {
		<-interrupted // otherwise it could spoil the deadline of the next operation
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		if cause := context.Cause(ctx); cause != nil {
			return n, cause
		}
		return n, context.DeadlineExceeded // the socket's timer was first by a moment
	}
	return n, err
}

func (c *Conn) record(e Exchange) {
	if c.trace != nil {
		c.trace(e)
	}
}

func (c *Conn) failure() error {
	c.state.Lock()
	defer c.state.Unlock()
	return c.broken
}

// breakOff makes the first error that put the stream out of step the answer to all later calls.
func (c *Conn) breakOff(err error) error {
	c.state.Lock()
	defer c.state.Unlock()
	if c.broken == nil {
		c.broken = err
	}
	return err
}

// describe names a command in an error without its whole payload.
func describe(args []string) string {
	const shownWords, shownBytes = 3, 60
	text := strings.Join(args[:min(len(args), shownWords)], " ")
	if len(text) > shownBytes {
		text = text[:shownBytes]
	}
	return strconv.Quote(text)
}
