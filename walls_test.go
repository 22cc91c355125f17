package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/clusterspec/clusterspec"

// pkg is what `go list` tells of a package of ours.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

// TestWalls holds the import graph against the walls of ARCHITECTURE.md.
func TestWalls(t *testing.T) {
	packages := listPackages(t)
	for _, p := range packages {
		path := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, imported := range p.Imports {
			own, isOurs := strings.CutPrefix(imported, module+"/")
			if isOurs && isJudge(path) && within(own, "reference") {
				t.Errorf("%s imports %s: the judge shares no code with the judged", path, own)
			}
			if isOurs && within(path, "reference") && !within(own, "reference") {
				t.Errorf("%s imports %s: the reference stands alone", path, own)
			}
			if !isOurs && within(path, "reference") && !mayImport(path, imported) {
				t.Errorf("%s imports %s: the reference is standard library only", path, imported)
			}
			if isPure(path) && slices.Contains([]string{"net", "os", "sync", "sync/atomic", "syscall", "context", "os/signal"}, imported) {
				t.Errorf("%s imports %s: it is pure, and reaches nothing but its arguments", path, imported)
			}
		}
		if isPure(path) {
			noClocksNorGoroutines(t, p)
		}
	}
}

// isJudge names the packages that decide what is right.
func isJudge(path string) bool {
	return within(path, "steps") || within(path, "bench") || within(path, "reports") || within(path, "compose") && path != "compose/target/embedded" && path != "compose/target/catalog"
}

// isPure names the packages that decide what the reference does.
func isPure(path string) bool {
	shell := []string{"reference/server", "reference/cli", "reference/cmd", "reference/ports", "reference/oracle"}
	return within(path, "reference/") && !slices.ContainsFunc(shell, func(folder string) bool { return within(path, folder) })
}

// mayImport lists what the reference may use besides itself.
func mayImport(path, imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	standard := !strings.Contains(first, ".")
	return standard || path == "reference/server" && imported == "golang.org/x/sys/unix" || path == "reference/cli" && imported == "github.com/spf13/cobra" ||
		path == "reference/script" && within(imported, "github.com/yuin/gopher-lua")
}

func within(path, folder string) bool {
	if strings.HasSuffix(folder, "/") {
		return strings.HasPrefix(path, folder)
	}
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// noClocksNorGoroutines looks for go statements and for functions of package time that read the clock or start a timer.
func noClocksNorGoroutines(t *testing.T, p pkg) {
	forbidden := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer"}
	for _, name := range p.GoFiles {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				t.Errorf("%s starts a goroutine: the package is pure", files.Position(n.Pos()))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(forbidden, n.Sel.Name) {
					t.Errorf("%s uses time.%s: time comes in as an argument", files.Position(n.Pos()), n.Sel.Name)
				}
			}
			return true
		})
	}
}

func listPackages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("listing the packages: %v", err)
	}
	var packages []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 10 {
		t.Fatalf("go list found %s packages: the walls were not looked at", strconv.Itoa(len(packages)))
	}
	return packages
}
