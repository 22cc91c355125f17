package steps

import (
	"fmt"
	"sync"
)

// epochs are the greatest a node has shown of its own. It must never show a smaller one.
type epochs struct {
	mutex   sync.Mutex
	config  uint64 // of its own claim, as long as it is a primary
	current uint64
	trouble string
}

// saw notes what a node said of itself in CLUSTER NODES.
func (e *epochs) saw(v *view) {
	for _, l := range v.lines {
		if l.HasFlag("myself") && l.HasFlag("master") && l.ID == v.of.id {
			e.note("config epoch", &e.config, l.ConfigEpoch)
		}
	}
}

// sawInfo notes what it said in CLUSTER INFO.
func (e *epochs) sawInfo(fields map[string]string) {
	if text, told := fields["cluster_current_epoch"]; told {
		e.note("current epoch", &e.current, uint64(number(text)))
	}
}

func (e *epochs) note(what string, greatest *uint64, now uint64) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if now < *greatest && e.trouble == "" {
		e.trouble = fmt.Sprintf("its %s fell from %d to %d", what, *greatest, now)
	}
	*greatest = max(*greatest, now)
}

// restarted lets the current epoch begin anew: one that was only heard of need not be on disk.
func (e *epochs) restarted() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.current = 0
}

// fell says which epoch fell, or "".
func (e *epochs) fell() string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.trouble
}
