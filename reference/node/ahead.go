package node

import (
	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// aheadMax is how many requests of a client are parsed before the first of them runs.
const aheadMax = 64

// ahead is the requests of one client that were parsed and have not run yet.
type ahead struct {
	requests []command.Request
	args     [][]byte // of all of them, one after the other
}

// parse takes up to aheadMax complete requests from the head of buf. The error is about what follows them.
func (a *ahead) parse(p *resp.Parser, buf []byte) (requests []command.Request, err error) {
	a.clear()
	most := aheadMax
	if !p.Limits.Authenticated {
		most = 1 // the password may come: then other limits hold for what follows
	}
	for used := 0; used < len(buf) && len(a.requests) < most; {
		first, size := len(a.args), 0
		a.args, size, err = p.AppendNext(a.args, buf[used:])
		if size == 0 {
			break
		}
		a.requests = append(a.requests, command.Request{Args: a.args[first:len(a.args):len(a.args)], Bytes: size})
		used += size
	}
	return a.requests, err
}

// clear lets go of the buffers that the requests are views of.
func (a *ahead) clear() {
	const kept = 16 * aheadMax // for so many arguments room is kept
	if cap(a.args) > kept {
		a.args = nil
	}
	clear(a.args)
	clear(a.requests)
	a.args, a.requests = a.args[:0], a.requests[:0]
}
