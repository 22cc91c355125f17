package node

import (
	"fmt"
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/replication"
)

// upstream is a replica's link to its primary, over all the connections it takes.
type upstream struct {
	n      *Node
	port   uint16 // our client port
	active bool   // we are a replica

	addr   string // of the primary, to dial; empty: not known yet
	shown  string // the same for ROLE and INFO: an IPv6 address has no brackets there
	conn   *Conn  // nil between two attempts
	sink   *replication.Sink
	stream stream

	retryAt   clock.Millis // when the next attempt is due, without a conn (mono)
	dialledAt clock.Millis // when conn was dialled (mono)
	downSince clock.Millis // when the stream broke off (mono); longAgo: there was none yet

	id     replication.ID // of the history whose snapshot is on its way
	offset int64
	empty  bool // our data is not the history the source names: everything must be sent
}

const (
	// retryMillis is how long after a failed attempt the next one follows, as in Redis.
	retryMillis clock.Millis = 1000
	// longAgo is the age of the data of a replica that never had a link: too old for any election.
	longAgo clock.Millis = math.MinInt64 / 4
)

func (u *upstream) start(n *Node, port uint16) {
	u.n, u.port = n, port
	u.stream.start(n)
}

// activate makes us a replica.
func (u *upstream) activate() { u.active, u.downSince = true, longAgo }

// deactivate ends the link: we are a primary now.
func (u *upstream) deactivate() {
	u.disconnect()
	u.active, u.addr, u.shown = false, "", ""
}

// follow turns to a primary, or to its new address.
func (u *upstream) follow(e cluster.Follow) {
	u.disconnect()
	port := strconv.Itoa(int(e.Port))
	u.addr, u.shown = joinHostPort(e.IP, port), e.IP+":"+port
	u.retryAt = u.n.now.Mono
	if u.n.loading == nil {
		u.dial()
	}
}

// dial begins an attempt.
func (u *upstream) dial() {
	u.conn = &Conn{Kind: Primary, Addr: u.addr}
	u.dialledAt = u.n.now.Mono
	u.n.log(Notice, "connecting to the primary at %s", u.addr)
	u.n.dial(u.conn)
}

// connected begins the handshake.
func (u *upstream) connected() {
	o := u.n.options
	cfg := replication.SinkConfig{
		Have: u.n.source.ID(), HaveOffset: u.n.source.Offset(), ListeningPort: u.port,
		AnnounceIP: o.String("replica-announce-ip"), User: o.String("masteruser"), Password: o.String("masterauth"),
		TimeoutMillis: u.timeoutMillis(),
	}
	if port := o.Int("replica-announce-port"); port != 0 {
		cfg.ListeningPort = uint16(port)
	}
	if u.empty {
		cfg.Have = replication.ID{}
	}
	u.sink = replication.NewSink(cfg, u.n.now.Mono)
	u.stream.clear()
	u.flush()
}

// receive takes in what the primary sent.
func (u *upstream) receive(data []byte) {
	err := u.sink.Receive(u.n.now.Mono, data, u)
	u.flush()
	if err != nil {
		u.fail(err)
	}
	u.n.carryOut()
}

// tick acknowledges, and gives up on what takes too long.
func (u *upstream) tick() {
	now := u.n.now.Mono
	switch {
	case !u.active || u.addr == "" || u.n.loading != nil:
	case u.conn == nil:
		if now >= u.retryAt {
			u.dial()
		}
	case u.sink == nil:
		if now-u.dialledAt > u.timeoutMillis() {
			u.fail(fmt.Errorf("connecting to the primary at %s: timeout", u.addr))
		}
	default:
		err := u.sink.Tick(now, u.n.source.Offset())
		u.flush()
		if err != nil {
			u.fail(err)
		}
	}
}

// deadline is when tick has something to do (mono).
func (u *upstream) deadline() clock.Millis {
	switch {
	case !u.active || u.addr == "":
		return command.Never
	case u.conn == nil:
		return u.retryAt
	case u.sink == nil:
		return u.dialledAt + u.timeoutMillis() + 1
	}
	return u.sink.Deadline()
}

// timeoutMillis is how long the primary may be silent.
func (u *upstream) timeoutMillis() clock.Millis { return 1000 * u.n.options.Millis("repl-timeout") }

// closed tells that the connection ended, or could not be established. After a stream the next attempt follows at once,
// before the primary's backlog has moved on; after anything else it waits a little.
func (u *upstream) closed(reason string) {
	u.n.log(Warning, "the link to the primary at %s ended: %s", u.addr, reason)
	u.drop()
}

// fail ends a connection that is of no use. The next one may be no better, so it waits a little.
func (u *upstream) fail(err error) {
	u.n.log(Warning, "closing the link to the primary at %s: %v", u.addr, err)
	u.disconnect()
	u.retryAt = u.n.now.Mono + retryMillis
}

// cut ends the stream, if there is one, because a client wants that.
func (u *upstream) cut() bool {
	if !u.streaming() {
		return false
	}
	u.n.log(Notice, "the link to the primary at %s was cut by a client", u.addr)
	u.disconnect()
	return true
}

// disconnect ends the connection, if there is one.
func (u *upstream) disconnect() {
	if u.conn != nil {
		u.n.hangUp(u.conn)
		u.drop()
	}
}

// drop forgets the connection.
func (u *upstream) drop() {
	u.retryAt = u.n.now.Mono + retryMillis
	if u.streaming() {
		u.downSince, u.retryAt = u.n.now.Mono, u.n.now.Mono
	}
	u.conn, u.sink = nil, nil
	u.stream.clear()
}

// flush hands over what the sink wants to send.
func (u *upstream) flush() {
	if len(u.sink.Out) > 0 {
		u.conn.out = append(u.conn.out, u.sink.Out...)
		u.sink.Out = u.sink.Out[:0]
		u.n.write(u.conn)
	}
}

// streaming says whether we are up to date, or on the way to it by the stream alone.
func (u *upstream) streaming() bool { return u.sink != nil && u.sink.State() == replication.Connected }

// linkState is what the cluster machine judges the age of our data by.
func (u *upstream) linkState() (up bool, since clock.Millis) {
	if u.streaming() {
		return true, u.sink.LastIO()
	}
	return false, u.downSince
}

// describe is what ROLE and INFO tell.
func (u *upstream) describe() command.PrimaryLink {
	if !u.active {
		return command.PrimaryLink{}
	}
	link := command.PrimaryLink{Addr: u.shown, State: "connect", DownSince: u.downSince}
	if u.conn != nil {
		link.State = replication.Connecting.String()
	}
	if u.sink != nil {
		link.State, link.IdleSince = u.sink.State().String(), u.sink.LastIO()
	}
	return link
}
