package replication

import (
	"bytes"
	"fmt"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// markBytes is the length of the random text that ends a snapshot of unknown length.
const markBytes = 40

// snapshot collects an RDB file in either of the two forms of spec §9.3. It holds what has arrived, never what a length
// only promises.
type snapshot struct {
	want int64  // bytes in the length form
	mark []byte // nil in the length form
	data []byte
}

// begin reads the line before the file: $<bytes> or $EOF:<mark>.
func (s *snapshot) begin(line []byte) error {
	if mark, ok := bytes.CutPrefix(line, []byte("$EOF:")); ok && len(mark) == markBytes {
		s.mark = bytes.Clone(mark)
		return nil
	}
	if digits, ok := bytes.CutPrefix(line, []byte("$")); ok {
		if n, ok := resp.ParseInt(digits); ok && n > 0 {
			s.want = n
			return nil
		}
	}
	return fmt.Errorf("the primary announced the snapshot with %q: neither a length nor an end mark", line)
}

// receive takes the head of data. rdb is the file once it is complete, and rest is what follows it.
func (s *snapshot) receive(data []byte) (rest, rdb []byte) {
	if s.mark == nil {
		n := min(int64(len(data)), s.want-int64(len(s.data)))
		s.data = append(s.data, data[:n]...)
		if int64(len(s.data)) < s.want {
			return nil, nil
		}
		return data[n:], s.data
	}
	from := max(0, len(s.data)-(markBytes-1)) // the mark may have begun in what came before
	s.data = append(s.data, data...)
	i := bytes.Index(s.data[from:], s.mark)
	if i < 0 {
		return nil, nil
	}
	end := from + i
	return s.data[end+markBytes:], s.data[:end:end]
}
