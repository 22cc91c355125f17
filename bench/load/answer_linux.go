package load

// digest reads the replies that have come. False: they make no sense, or are longer than anything asked for, and the connection is of no more use.
func (g *Generator) digest(c *conn, now int64) bool {
	for c.flight.count > 0 {
		b := *c.flight.at(0) // a copy: a redirect may make the queue grow
		buf := c.in[c.from:c.to]
		replies, used := g.expect.match(b.requests[c.done:], buf)
		if replies > 0 {
			g.answered(&b, &g.at(b.at).OK, replies, now)
		} else {
			var what outcome
			what, used = g.expect.read(b.requests[c.done], buf)
			if what == incomplete && len(buf) < len(c.in) {
				return true
			}
			if what == incomplete || what == garbage {
				g.at(b.at).Wrong++
				g.inFlight--
				c.done++
				return false
			}
			g.judge(c, &b, what, buf[:used], now)
			replies = 1
		}
		c.from += used
		c.done += replies
		if c.done == len(b.requests) {
			c.done = 0
			c.flight.drop()
			c.busy = c.busy && !b.turn
		}
	}
	if c.from < c.to {
		g.sample.Surplus++ // it would be taken for the answer to the next request
		return false
	}
	c.from, c.to = 0, 0
	return true
}

// answered notes replies that have the latency of their batch.
func (g *Generator) answered(b *batch, count *uint64, replies int, now int64) {
	if b.hidden {
		return
	}
	*count += uint64(replies)
	g.inFlight -= replies
	record(g.at(b.at).Latency, now-b.at, replies)
}

// judge notes a reply that is not what was expected, byte for byte, and follows redirects.
func (g *Generator) judge(c *conn, b *batch, what outcome, reply []byte, now int64) {
	switch {
	case b.hidden:
		return // a refused ASKING shows in the request behind it
	case what == good:
		g.answered(b, &g.at(b.at).OK, 1, now)
	case what == missing:
		g.answered(b, &g.at(b.at).Misses, 1, now)
	case what == wrong:
		g.at(b.at).Wrong++
		g.inFlight--
	default:
		to, isRedirect := parseRedirect(reply, c.node.addr)
		if isRedirect && b.hops < maxHops {
			g.follow(to, batch{requests: b.requests[c.done : c.done+1], at: b.at, hops: b.hops + 1}, now)
			return
		}
		g.at(b.at).countError(errorCode(reply))
		g.inFlight--
	}
}

var askingRequest = []entry{newEntry(asking, 0)}

// follow sends a request where a redirect points. Its latency goes on counting.
func (g *Generator) follow(to redirect, b batch, now int64) {
	c := g.connAt(to.addr)
	if to.ask {
		g.at(b.at).Ask++
		c.flight.push(batch{requests: askingRequest, at: now, hidden: true})
		c.out = g.render.appendAsking(c.out)
	} else {
		g.at(b.at).Moved++
		g.relearn(now)
	}
	g.resend(c, b)
}

// resend puts a request that is in flight already onto another connection.
func (g *Generator) resend(c *conn, b batch) {
	c.flight.push(b)
	c.out = g.render.append(c.out, b.requests)
	g.dirty = append(g.dirty, c)
}

// connAt is a connection to an address, the first if need be.
func (g *Generator) connAt(addr string) *conn {
	n := g.nodeAt(addr)
	if len(n.conns) == 0 {
		g.addConn(n)
	}
	return n.nextConn()
}

// reroute moves what waits for a connection that is not up to the nodes that serve it now.
func (g *Generator) reroute(c *conn) {
	waiting := c.flight
	c.flight, c.out, c.busy = queue{}, nil, false
	for i := range waiting.count {
		b := waiting.at(i)
		if b.hidden {
			continue
		}
		for k := range b.requests {
			g.resend(g.owner(b.requests[k], c.node).nextConn(), batch{requests: b.requests[k : k+1], at: b.at, hops: b.hops})
		}
	}
}

// lose notes that a connection has broken, with all that was in flight on it.
func (g *Generator) lose(c *conn, now int64) {
	for i := range c.flight.count {
		if b := c.flight.at(i); !b.hidden {
			n := g.pending(c, i)
			g.at(b.at).Lost += uint64(n)
			g.inFlight -= n
		}
	}
	c.shut()
	c.retryAt = now + int64(retryInterval)
	g.relearn(now)
}

// giveUp notes that nobody waits any longer for what is in flight on a connection: it counts, with its age.
func (g *Generator) giveUp(c *conn, now int64, count func(*Sample) *uint64) {
	for i := range c.flight.count {
		if b := c.flight.at(i); !b.hidden {
			g.answered(b, count(g.at(b.at)), g.pending(c, i), now)
		}
	}
	c.shut()
	c.retryAt = now
}

// pending is how many replies to the batch at a place in the queue are still to come.
func (g *Generator) pending(c *conn, i int) int {
	n := len(c.flight.at(i).requests)
	if i == 0 {
		n -= c.done
	}
	return n
}
