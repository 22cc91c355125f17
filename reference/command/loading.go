package command

import (
	"github.com/clusterspec/clusterspec/reference/clock"
)

// loading is what clients are told while the snapshot from disk is read.
type loading struct {
	since clock.Instant
	total int // bytes of the file
	done  int // bytes of it that were read
}

// loaded is what came of it.
type loaded struct{ keys, expired int }

const errLoading = "LOADING Redis is loading the dataset in memory"

// BeginLoading refuses what needs the keys until EndLoading. total is the size of the file in bytes.
func (e *Engine) BeginLoading(total int) { e.loading = &loading{since: e.Now, total: total} }

// Loaded says how many bytes of the file were read.
func (e *Engine) Loaded(done int) { e.loading.done = done }

// EndLoading serves everybody. keys were loaded; expired were left out because their time is over.
func (e *Engine) EndLoading(keys, expired int) {
	e.loading = nil
	e.loaded = loaded{keys, expired}
	e.saver.lastSave = e.Now.Wall
}

// info adds the fields INFO has while the node loads.
func (l *loading) info(e *Engine, t *infoText) {
	elapsed := seconds(e.Now.Mono - l.since.Mono)
	share := float64(l.done) / float64(max(l.total, 1))
	left := int64(1)
	if share > 0 {
		left = int64(float64(elapsed) * (1 - share) / share)
	}
	t.add("loading_start_time", "%d", int64(l.since.Wall)/1000)
	t.add("loading_total_bytes", "%d", l.total)
	t.add("loading_rdb_used_mem", "0")
	t.add("loading_loaded_bytes", "%d", l.done)
	t.add("loading_loaded_perc", "%.2f", 100*share)
	t.add("loading_eta_seconds", "%d", left)
}
