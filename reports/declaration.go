package reports

// Declared is what a declaration says of a case on a target: it is known that it does not hold there, and why.
type Declared struct {
	// Reason is the sentence of the declaration, and Link where the deviation is tracked.
	Reason string `json:"reason"`
	Link   string `json:"link,omitempty"`
	// Expires is the day, YYYY-MM-DD, from which the entry excuses nothing any more; empty: never.
	Expires string `json:"expires,omitempty"`
	// Stale tells why the entry no longer fits: the case passes, or the day has come. A stale entry makes the result unexpected.
	Stale string `json:"stale,omitempty"`
}
