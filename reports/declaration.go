package reports

// Declaration is the file that said beforehand what of the results is known.
type Declaration struct {
	// File is its name as it was given.
	File string `json:"file"`
	// Stale are the entries that fit no result: an id that nobody knows, a feature that the target has after all. (An entry about one result is stale
	// there.) Each makes the run unexpected: a list that nobody prunes ends up excusing what it should not.
	Stale []StaleEntry `json:"stale,omitempty"`
}

// StaleEntry is an entry of a declaration that no longer fits.
type StaleEntry struct {
	// Entry names it: the id of a scenario, or "area pubsub", "ability nodes-conf", "command cluster-links".
	Entry string `json:"entry"`
	// Line is where it stands in the file, counted from 1.
	Line int `json:"line"`
	// Why says what became of it.
	Why string `json:"why"`
}

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
