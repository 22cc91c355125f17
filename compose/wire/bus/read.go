package bus

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Limit is the longest frame that is taken from a link: far above what nodes say of each other, and enough for a published message.
const Limit = 16 << 20

// Reader takes frames from a link.
type Reader struct {
	in *bufio.Reader
}

// NewReader reads from a link.
func NewReader(link io.Reader) *Reader { return &Reader{bufio.NewReaderSize(link, 2*HeaderBytes)} }

// NoFrame is the error of bytes that are not the beginning of a frame. They are still to be read from Rest.
type NoFrame struct{ Begins string }

func (e *NoFrame) Error() string { return fmt.Sprintf("no frame: it begins with %q", e.Begins) }

// Raw takes the bytes of the next frame, whatever it holds.
func (r *Reader) Raw() ([]byte, error) {
	head, err := r.in.Peek(8)
	if err != nil {
		return nil, err
	}
	length := binary.BigEndian.Uint32(head[4:])
	if string(head[:4]) != signature || length < lightBytes || length > Limit {
		return nil, &NoFrame{string(head)}
	}
	frame := make([]byte, length)
	_, err = io.ReadFull(r.in, frame)
	return frame, err
}

// Frame takes and parses the next frame.
func (r *Reader) Frame() (*Frame, error) {
	raw, err := r.Raw()
	if err != nil {
		return nil, err
	}
	return Parse(raw)
}

// Rest is what comes after the frames that were taken.
func (r *Reader) Rest() io.Reader { return r.in }
