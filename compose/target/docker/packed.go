package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/clusterspec/clusterspec/compose"
	"github.com/clusterspec/clusterspec/compose/target"
)

const (
	// packedRepository names the images made here; the tag is the version of the server.
	packedRepository = "clusterspec/redis-packed"
	// contentLabel holds the hash of what an image was made from.
	contentLabel = "org.clusterspec.content"
)

// CanPack says why the redis-server of this machine cannot be packed into an image, an *target.Unavailable, or nil.
func CanPack() error {
	if runtime.GOOS != "linux" {
		return &target.Unavailable{Reason: "a redis-server for " + runtime.GOOS + " cannot be packed into a Linux image"}
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		return &target.Unavailable{Reason: fmt.Sprintf("nothing to pack into an image: %v", err)}
	}
	return nil
}

// Pack makes the image of `docker:packed` unless it is there already, and returns its name.
func Pack(ctx context.Context) (name string, err error) {
	e, err := connect(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	if _, err = e.pack(ctx); err != nil {
		return "", err
	}
	version, err := packedVersion(ctx)
	return packedRepository + ":" + version, err
}

func (e *engine) pack(ctx context.Context) (*image, error) {
	if err := CanPack(); err != nil {
		return nil, err
	}
	version, err := packedVersion(ctx)
	if err != nil {
		return nil, err
	}
	content, err := packedContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("packing redis-server: %w", err)
	}
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:])
	name := packedRepository + ":" + version
	if i, err := e.inspect(ctx, name); err != nil || i != nil && i.labels[contentLabel] == hash {
		return i, err
	}
	request := testcontainers.ContainerRequest{FromDockerfile: testcontainers.FromDockerfile{
		ContextArchive: bytes.NewReader(content), Repo: packedRepository, Tag: version, KeepImage: true,
		BuildOptionsModifier: func(o *client.ImageBuildOptions) { o.Labels = map[string]string{contentLabel: hash} },
	}}
	if _, err := e.provider.BuildImage(ctx, &request); err != nil {
		return nil, fmt.Errorf("building %s: %w", name, err)
	}
	i, err := e.inspect(ctx, name)
	if i == nil && err == nil {
		err = fmt.Errorf("image %s was built and is not there", name)
	}
	return i, err
}

var printedVersion = regexp.MustCompile(`v=([0-9A-Za-z.-]+)`)

func packedVersion(ctx context.Context) (string, error) {
	printed, err := exec.CommandContext(ctx, "redis-server", "--version").Output()
	match := printedVersion.FindSubmatch(printed)
	if err != nil || match == nil {
		return "", fmt.Errorf("redis-server --version printed %q, %w", printed, err)
	}
	return string(match[1]), nil
}

// packedContext is the build context: the Dockerfile, and in rootfs/ the programs and the files they load, where they expect them.
func packedContext(ctx context.Context) ([]byte, error) {
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := addFile(w, "Dockerfile", compose.PackedDockerfile, 0o644); err != nil {
		return nil, err
	}
	libraries := []string{"/etc/ld.so.cache"} // where the loader looks beyond its own folders
	for _, program := range []string{"redis-server", "redis-cli"} {
		file, err := exec.LookPath(program)
		if errors.Is(err, exec.ErrNotFound) && program != "redis-server" {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := copyFile(w, path.Join("rootfs/usr/local/bin", program), file); err != nil {
			return nil, err
		}
		libraries = append(libraries, sharedLibraries(ctx, file)...)
	}
	slices.Sort(libraries)
	for _, file := range slices.Compact(libraries) {
		if err := copyFile(w, path.Join("rootfs", filepath.ToSlash(file)), file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return archive.Bytes(), w.Close()
}

// loaded finds the files in what ldd prints: "libm.so.6 => /lib/libm.so.6 (0x7f...)" and "/lib64/ld-linux-x86-64.so.2 (0x7f...)".
var loaded = regexp.MustCompile(`(?m)(?:=>|^)\s*(/\S+) \(`)

// sharedLibraries lists what the program loads: nothing if it is statically linked, which ldd calls an error.
func sharedLibraries(ctx context.Context, program string) (files []string) {
	printed, _ := exec.CommandContext(ctx, "ldd", program).Output()
	for _, match := range loaded.FindAllSubmatch(printed, -1) {
		files = append(files, string(match[1]))
	}
	return files
}

func copyFile(w *tar.Writer, name, file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return addFile(w, name, content, 0o755)
}

// addFile adds a file without a date, so that the same files make the same archive.
func addFile(w *tar.Writer, name string, content []byte, mode int64) error {
	header := &tar.Header{Name: name, Mode: mode, Size: int64(len(content)), ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err := w.Write(content)
	return err
}
