package load

import (
	"bytes"
	"strconv"
	"strings"
)

// expectation is the reply an operation should get: the same bytes for every key, since every value is the same. It is kept several
// times over, so that all replies of a read are checked by one comparison.
type expectation struct {
	pattern []byte
	size    int // of one reply
}

// maxPatternBytes bounds an expectation; longer runs are compared in pieces.
const maxPatternBytes = 64 << 10

func newExpectation(reply string, pipeline int) expectation {
	copies := max(1, min(pipeline, maxPatternBytes/len(reply)))
	return expectation{[]byte(strings.Repeat(reply, copies)), len(reply)}
}

// expectations are those of all operations.
type expectations struct {
	of   [operations]expectation
	pure bool // neighbouring requests are of one operation
}

func newExpectations(w Workload, pipeline int) *expectations {
	value := "$" + strconv.Itoa(w.ValueBytes) + "\r\n" + strings.Repeat(valueFiller, w.ValueBytes) + "\r\n"
	x := &expectations{pure: w.isPure()}
	if w.isMulti() {
		value = "*" + strconv.Itoa(w.KeysPerRequest) + "\r\n" + strings.Repeat(value, w.KeysPerRequest)
	}
	x.of[get] = newExpectation(value, pipeline)
	x.of[set] = newExpectation("+OK\r\n", pipeline)
	x.of[asking] = newExpectation("+OK\r\n", 1)
	return x
}

// match counts how many replies at the head of buf are, byte for byte, what the requests should get, and how long they are. It stops at the
// first that is not, or is not all there.
func (x *expectations) match(requests []entry, buf []byte) (replies, used int) {
	for replies < len(requests) {
		want, run := &x.of[requests[replies].operation()], 1
		if x.pure {
			run = min(len(requests)-replies, (len(buf)-used)/want.size, len(want.pattern)/want.size)
		}
		length := run * want.size
		if run == 0 || len(buf)-used < length || !bytes.Equal(buf[used:used+length], want.pattern[:length]) {
			return replies, used
		}
		replies, used = replies+run, used+length
	}
	return replies, used
}

// outcome is what a reply turned out to be.
type outcome uint8

const (
	incomplete outcome = iota
	good               // type and length are right
	missing            // the null reply to a GET, or one in that to an MGET
	refused            // an error reply
	wrong              // another type or another length
	garbage            // not RESP
)

// read reads the one reply at the head of buf, which may be any.
func (x *expectations) read(request entry, buf []byte) (outcome, int) {
	n, ok := replyLength(buf, 0)
	switch {
	case !ok:
		return garbage, 0
	case n == 0:
		return incomplete, 0
	}
	op := request.operation()
	switch want := x.of[op]; {
	case buf[0] == '-':
		return refused, n
	case op == get && (string(buf[:n]) == "$-1\r\n" || buf[0] == '_'):
		return missing, n
	case op == get && buf[0] == '*' && bytes.Contains(buf[:n], []byte("$-1\r\n")):
		return missing, n
	case op == get && buf[0] == want.pattern[0] && n == want.size, string(buf[:n]) == string(want.pattern[:want.size]):
		return good, n
	}
	return wrong, n
}

// The limits of replies that make sense here.
const (
	maxReplyLine  = 64 << 10
	maxReplyDepth = 8
	maxReplyItems = 1 << 20
)

// replyLength finds the length of the reply at the head of buf: 0 if it is not all there, false if it is none.
func replyLength(buf []byte, depth int) (length int, ok bool) {
	end := bytes.IndexByte(buf, '\n')
	if end < 0 {
		return 0, len(buf) < maxReplyLine && (len(buf) == 0 || isReplyKind(buf[0]))
	}
	if end < 2 || buf[end-1] != '\r' || !isReplyKind(buf[0]) || depth > maxReplyDepth {
		return 0, false
	}
	head, length := buf[1:end-1], end+1
	switch buf[0] {
	case '$', '=', '!':
		return bulkLength(buf, head, length)
	case '*', '~', '>', '%':
		items, err := strconv.Atoi(string(head))
		if err != nil || items < -1 || items > maxReplyItems {
			return 0, false
		}
		if buf[0] == '%' {
			items *= 2
		}
		for range max(items, 0) {
			n, ok := replyLength(buf[length:], depth+1)
			if n == 0 || !ok {
				return 0, ok
			}
			length += n
		}
	}
	return length, true
}

// bulkLength is the length of a reply whose first line, ending at length, announces its bytes.
func bulkLength(buf, head []byte, length int) (int, bool) {
	size, err := strconv.Atoi(string(head))
	switch {
	case err != nil || size < -1 || size > MaxValueBytes:
		return 0, false
	case size == -1:
		return length, true
	case len(buf) < length+size+len("\r\n"):
		return 0, true
	}
	length += size + len("\r\n")
	return length, string(buf[length-2:length]) == "\r\n"
}

func isReplyKind(b byte) bool { return strings.IndexByte("+-:$*_#,(!=%~>", b) >= 0 }

// errorCode is the first word of an error reply, which says what kind of error it is.
func errorCode(reply []byte) string {
	words := strings.Fields(strings.TrimPrefix(string(reply), "-"))
	if len(words) == 0 {
		return "(empty error)"
	}
	return words[0]
}

// redirect is where MOVED or ASK sends a request: "-MOVED 866 127.0.0.1:7001".
type redirect struct {
	addr string
	ask  bool
}

// parseRedirect reads a redirect; false if the reply is another error. A redirect without a host means the host that sent it.
func parseRedirect(reply []byte, sender string) (redirect, bool) {
	words := strings.Fields(strings.TrimPrefix(string(reply), "-"))
	if len(words) != 3 || words[0] != "MOVED" && words[0] != "ASK" {
		return redirect{}, false
	}
	addr := words[2]
	if strings.HasPrefix(addr, ":") {
		addr = sender[:strings.LastIndexByte(sender, ':')] + addr
	}
	return redirect{addr, words[0] == "ASK"}, true
}
