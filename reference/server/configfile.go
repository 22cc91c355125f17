package server

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/clusterspec/clusterspec/reference/config"
)

// rewriteConfig makes the configuration file say what holds now: all of it or nothing (Redis: rewriteConfig).
func rewriteConfig(options *config.Config) error {
	old, err := os.ReadFile(options.File)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return replaceFile(options.File, options.Rewrite(old))
}

// replaceFile makes content a file's content, on the disk when it returns. The permissions stay.
func replaceFile(path string, content []byte) error {
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	next, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp-*")
	if err != nil {
		return err
	}
	_, err = next.Write(content)
	err = errors.Join(err, next.Chmod(mode), next.Sync(), next.Close())
	if err == nil {
		err = os.Rename(next.Name(), path)
	}
	if err != nil {
		os.Remove(next.Name())
		return err
	}
	return syncDir(filepath.Dir(path))
}
