package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/config"
)

// dumper writes snapshots to dump.rdb, in a goroutine of its own: the disk may be slow, and the node does not wait for it.
// A snapshot takes the place of the last one when it is complete and on the disk; until then it has another name.
type dumper struct {
	options *config.Config
	report  func(run uint64, err error) // from the dumper's goroutine

	mu     sync.Mutex
	more   *sync.Cond
	queue  []dumpStep
	closed bool
	ended  chan struct{}
}

// dumpStep is a step with what the options said when it was given.
type dumpStep struct {
	command.DumpStep
	path      string
	syncBytes int // after so many the file is flushed to the disk, lest all of it have to be at the end; 0: never
}

// dumpPath is where the snapshot is kept.
func dumpPath(options *config.Config) string {
	return filepath.Join(options.String("dir"), options.String("dbfilename"))
}

// readDump reads the snapshot of an earlier life; nil if there is none.
func readDump(options *config.Config) ([]byte, error) {
	file, err := os.ReadFile(dumpPath(options))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the snapshot: %w", err)
	}
	return file, nil
}

func newDumper(options *config.Config, report func(run uint64, err error)) *dumper {
	d := &dumper{options: options, report: report, ended: make(chan struct{})}
	d.more = sync.NewCond(&d.mu)
	go d.work()
	return d
}

// do takes a step and returns at once.
func (d *dumper) do(step command.DumpStep) {
	next := dumpStep{DumpStep: step, path: dumpPath(d.options)}
	if d.options.Bool("rdb-save-incremental-fsync") {
		next.syncBytes = 4 << 20 // Redis: REDIS_AUTOSYNC_BYTES
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = append(d.queue, next)
	d.more.Signal()
}

// close gives up what is not complete, and waits until nothing is left of it.
func (d *dumper) close() {
	d.mu.Lock()
	d.closed = true
	d.more.Signal()
	d.mu.Unlock()
	<-d.ended
}

// next waits for a step. ok is false when there will be none.
func (d *dumper) next() (step dumpStep, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.queue) == 0 && !d.closed {
		d.more.Wait()
	}
	if d.closed {
		return dumpStep{}, false
	}
	step, d.queue = d.queue[0], d.queue[1:]
	return step, true
}

// work carries out the steps.
func (d *dumper) work() {
	defer close(d.ended)
	var f *dumpFile // of the current run; nil between two
	var run, failed uint64
	for {
		step, ok := d.next()
		if f != nil && (!ok || step.Drop || step.Run != run) {
			f.drop()
			f = nil
		}
		switch {
		case !ok:
			return
		case step.Drop || step.Run == failed:
			continue
		}
		run = step.Run
		err := error(nil)
		if f == nil {
			f, err = createDump(step.path)
		}
		if err == nil {
			err = f.add(step)
		}
		if err != nil && f != nil {
			f.drop()
		}
		if err != nil {
			failed = run
		}
		if err != nil || step.Last {
			f = nil
		}
		d.report(run, err)
	}
}

// dumpFile is a snapshot being written, under a name of its own.
type dumpFile struct {
	path     string // it will have
	file     *os.File
	unsynced int // bytes
}

func createDump(path string) (*dumpFile, error) {
	file, err := os.CreateTemp(filepath.Dir(path), "temp-*.rdb")
	if err != nil {
		return nil, fmt.Errorf("Failed opening the temp RDB file for saving: %w", err) //lint:ignore ST1005 Redis's text
	}
	return &dumpFile{path: path, file: file}, nil
}

// add writes a part; after the last one the file is the snapshot.
func (f *dumpFile) add(step dumpStep) error {
	if _, err := f.file.Write(step.Data); err != nil {
		return fmt.Errorf("Write error saving DB on disk: %w", err)
	}
	if f.unsynced += len(step.Data); step.syncBytes > 0 && f.unsynced >= step.syncBytes {
		f.unsynced = 0
		if err := f.file.Sync(); err != nil {
			return fmt.Errorf("Write error saving DB on disk(fsync): %w", err)
		}
	}
	if !step.Last {
		return nil
	}
	return f.finish()
}

func (f *dumpFile) finish() error {
	if err := errors.Join(f.file.Chmod(0o644), f.file.Sync(), f.file.Close()); err != nil {
		return fmt.Errorf("Write error saving DB on disk: %w", err)
	}
	if err := os.Rename(f.file.Name(), f.path); err != nil {
		return fmt.Errorf("Error moving temp DB file on the final destination: %w", err) //lint:ignore ST1005 Redis's text
	}
	if err := syncDir(filepath.Dir(f.path)); err != nil {
		return fmt.Errorf("saving the DB on disk: %w", err)
	}
	return nil
}

// drop removes what was written.
func (f *dumpFile) drop() {
	f.file.Close()
	os.Remove(f.file.Name())
}
