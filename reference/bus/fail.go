package bus

// A fail message tells everybody that a majority has agreed: the node named behind the header is down. Its receivers
// believe it without a count of their own.

func (f *Frame) parseFail(body []byte) error {
	if err := wantBytes(f.Type, body, NodeIDBytes); err != nil {
		return err
	}
	f.Failed = NodeID(body)
	return nil
}
