package server

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// nodesFile is nodes.conf: ours alone from openNodesFile to close, and whenever we are killed either the old or the new
// content.
//
// The lock is on the file itself, as in Redis (clusterLockConfig), so that a redis-server and a reference node respect
// each other. Because replacing the file by a rename would leave the lock on the old one, the new file is locked before
// it takes the name.
type nodesFile struct {
	path   string
	locked *os.File
	size   int // bytes in the file
	page   []byte
}

// pageBytes is how much of a file systems write as one.
const pageBytes = 4096

// openNodesFile locks the file, making an empty one if need be.
func openNodesFile(path string) (*nodesFile, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("opening the cluster configuration file: %w", err)
		}
		if err := lockFile(file); err != nil {
			file.Close()
			return nil, fmt.Errorf("the cluster configuration file %s is already used by a different Redis Cluster node: "+
				"please make sure that different nodes use different cluster configuration files (%w)", path, err)
		}
		if isCurrent(file, path) {
			return &nodesFile{path: path, locked: file}, nil
		}
		file.Close() // somebody replaced it between our opening and our locking
	}
}

// isCurrent reports whether the open file is still the one of that name.
func isCurrent(file *os.File, path string) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(opened, named)
}

// read gives the content; nil if there is none, which is how a fresh node begins.
func (f *nodesFile) read() ([]byte, error) {
	content, err := io.ReadAll(f.locked)
	if err != nil {
		return nil, fmt.Errorf("reading the cluster configuration file %s: %w", f.path, err)
	}
	f.size = len(content)
	if len(content) == 0 {
		return nil, nil
	}
	return content, nil
}

// save makes content the file's content, all of it or nothing. With sync it is on the disk when save returns.
func (f *nodesFile) save(content []byte, sync bool) error {
	if !sync && len(content) <= f.size && f.size <= pageBytes && isCurrent(f.locked, f.path) {
		return f.overwrite(content)
	}
	return f.replace(content, sync)
}

// overwrite fills the file with content and empty lines (Redis 7.0: clusterSaveConfig). A new file costs several times as
// much, and slots that are moved ask for two saves each on either side. One page that does not change its length is
// written whole or not at all; what was synced before is neither lost nor mixed with what was not.
func (f *nodesFile) overwrite(content []byte) error {
	f.page = append(f.page[:0], content...)
	for len(f.page) < f.size {
		f.page = append(f.page, '\n')
	}
	if _, err := f.locked.WriteAt(f.page, 0); err != nil {
		return fmt.Errorf("saving the cluster configuration file %s: %w", f.path, err)
	}
	return nil
}

// replace puts a new file with content in the place of the old one (Redis 7.2: clusterSaveConfig).
func (f *nodesFile) replace(content []byte, sync bool) error {
	name := fmt.Sprintf("%s.tmp-%d", f.path, os.Getpid())
	next, err := createFile(name)
	if errors.Is(err, os.ErrExist) { // left by an earlier process of our number
		os.Remove(name)
		next, err = createFile(name)
	}
	if err != nil {
		return fmt.Errorf("saving the cluster configuration file: %w", err)
	}
	if err := f.fill(next, content, sync); err != nil {
		os.Remove(next.Name())
		next.Close()
		return fmt.Errorf("saving the cluster configuration file %s: %w", f.path, err)
	}
	go f.locked.Close() // the last close of a replaced file frees its blocks, which takes longer than all of the above
	f.locked, f.size = next, len(content)
	return nil
}

func (f *nodesFile) fill(next *os.File, content []byte, sync bool) error {
	if err := lockFile(next); err != nil {
		return err
	}
	if _, err := next.Write(content); err != nil {
		return err
	}
	if sync {
		if err := next.Sync(); err != nil {
			return err
		}
	}
	if err := renameFile(next.Name(), f.path); err != nil {
		return err
	}
	if sync {
		return syncDir(filepath.Dir(f.path))
	}
	return nil
}

// syncDir makes a rename in the folder durable.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// close gives the file up. It may be called on a nil *nodesFile.
func (f *nodesFile) close() {
	if f != nil {
		f.locked.Close()
	}
}
