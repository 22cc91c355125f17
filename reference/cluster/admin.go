package cluster

// ReplyError is a command's refusal. Its text follows "ERR " in the reply, byte for byte what redis-server says.
type ReplyError string

func (e ReplyError) Error() string { return string(e) }

// FailoverMode says how much CLUSTER FAILOVER asks others (spec 5.3).
type FailoverMode uint8

// The modes of CLUSTER FAILOVER.
const (
	// FailoverAgreed lets the primary hold its writes until its replica has them all, then asks for votes.
	FailoverAgreed FailoverMode = iota
	// FailoverForce asks for votes without the primary.
	FailoverForce
	// FailoverTakeover asks nobody.
	FailoverTakeover
)
