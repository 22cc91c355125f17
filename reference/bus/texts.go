package bus

const (
	// maxInternedTexts leaves room for an address and two names of each of 1000 nodes, the advised limit of a cluster.
	maxInternedTexts = 4096

	// maxInternedBytes is as long as a name may be in Redis's configuration; longer ones are not worth keeping.
	maxInternedBytes = 255
)

// texts keeps one string for each address and name it has seen, so that reading the same gossip again and again
// allocates nothing. It forgets all when full: a hostile peer must not fill the memory.
type texts struct{ seen map[string]string }

func (t *texts) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if text, ok := t.seen[string(b)]; ok {
		return text
	}
	text := string(b)
	if len(text) > maxInternedBytes {
		return text
	}
	if t.seen == nil || len(t.seen) >= maxInternedTexts {
		t.seen = make(map[string]string)
	}
	t.seen[text] = text
	return text
}
