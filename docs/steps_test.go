package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/steps"
)

// TestSteps keeps steps.md in line with the tables of sentences in package steps. They are read from its source, since
// only godog gets them at run time; each is shown with a line of the features that uses it.
func TestSteps(t *testing.T) {
	src := readSource(t, "../steps")
	lines := featureLines(t)
	var b strings.Builder
	b.WriteString("# The sentences of the features\n\nWritten from the step tables by `go test ./docs -update`. " +
		"What stands in ‹angles› is yours to fill in, [brackets] may be left out, a/b is a choice, and (s) is there or not. " +
		"[scenarios.md](scenarios.md) says what nodes, replies and placeholders look like.\n")
	chapter(t, &b, src, lines, "actions", "Actions", "They do something, once. They stand behind Given, When or And.", false)
	chapter(t, &b, src, lines, "statements", "Statements",
		"They check something, now. In front of each may stand `within N node timeouts` (it is looked at until it holds) or `for N node timeouts` (it must hold all the time).", true)
	golden(t, "steps.md", b.String())
}

// chapter writes the tables that a method of World joins.
func chapter(t *testing.T, b *strings.Builder, src *source, lines []string, method, title, intro string, waits bool) {
	t.Helper()
	fmt.Fprintf(b, "\n## %s\n\n%s\n", title, intro)
	tables := src.tables(method)
	if len(tables) == 0 {
		t.Fatalf("World.%s joins no tables: has package steps changed its form?", method)
	}
	for _, table := range tables {
		fmt.Fprintf(b, "\n### %s\n\n", heading(table))
		b.WriteString(head("sentence", "in a feature"))
		for _, expr := range src.sentences(t, table) {
			b.WriteString(row(code(readable(t, expr)), code(example(t, lines, expr, waits))))
		}
	}
}

var word = regexp.MustCompile(`[A-Z]?[a-z]+`)

// heading makes "Cluster slots" of "clusterSlotsStatements".
func heading(table string) string {
	words := word.FindAllString(table, -1)
	words = words[:len(words)-1]
	text := strings.ToLower(strings.Join(words, " "))
	return strings.ToUpper(text[:1]) + text[1:]
}

// featureLines are the first lines of all steps of all scenarios, without keywords.
func featureLines(t *testing.T) []string {
	cases, err := steps.List(steps.Options{Features: features.FS})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range cases {
		for _, step := range c.Steps {
			_, text, _ := strings.Cut(step, " ")
			first, _, _ := strings.Cut(text, "\n")
			lines = append(lines, first)
		}
	}
	return lines
}

// example finds a line that uses the sentence: the shortest, and of those the first by the alphabet.
func example(t *testing.T, lines []string, expr string, waits bool) string {
	if waits {
		expr = `(?:(?:within|for) \d+ node timeouts? )?` + expr
	}
	pattern, err := regexp.Compile("^" + expr + "$")
	if err != nil {
		t.Fatal(err)
	}
	found := ""
	for _, line := range lines {
		better := found == "" || len(line) < len(found) || len(line) == len(found) && line < found
		if better && pattern.MatchString(line) {
			found = line
		}
	}
	return found
}

// source is the code of package steps, as far as the sentences need it.
type source struct {
	values  map[string]ast.Expr // constants and variables by name
	methods map[string]*ast.FuncDecl
}

func readSource(t *testing.T, dir string) *source {
	t.Helper()
	src := &source{values: map[string]ast.Expr{}, methods: map[string]*ast.FuncDecl{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		src.add(file)
	}
	return src
}

// add keeps the package's constants, variables and methods.
func (src *source) add(file *ast.File) {
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil {
				src.methods[d.Name.Name] = d
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
					for i, name := range v.Names {
						src.values[name.Name] = v.Values[i]
					}
				}
			}
		}
	}
}

// tables are the methods whose tables a method joins, in its order: return slices.Concat(w.a(), w.b()).
func (src *source) tables(method string) []string {
	var tables []string
	ast.Inspect(src.methods[method], func(n ast.Node) bool {
		call, isCall := n.(*ast.CallExpr)
		if !isCall || len(call.Args) > 0 {
			return true
		}
		if callee, isMethod := call.Fun.(*ast.SelectorExpr); isMethod {
			tables = append(tables, callee.Sel.Name)
		}
		return true
	})
	return tables
}

// sentences are the expressions of a table, in its order: the first field of each row.
func (src *source) sentences(t *testing.T, table string) []string {
	t.Helper()
	var exprs []string
	ast.Inspect(src.methods[table], func(n ast.Node) bool {
		list, isList := n.(*ast.CompositeLit)
		if !isList || list.Type == nil {
			return true
		}
		for _, element := range list.Elts {
			sentence := element.(*ast.CompositeLit)
			exprs = append(exprs, src.text(t, sentence.Elts[0]))
		}
		return false
	})
	if len(exprs) == 0 {
		t.Fatalf("World.%s has no sentences", table)
	}
	return exprs
}

// text evaluates a constant text: literals, sums, names, and regexps taken back to their text. The value of a name that is
// one group gets the name, for readable.
func (src *source) text(t *testing.T, e ast.Expr) string {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err != nil {
			t.Fatal(err)
		}
		return text
	case *ast.BinaryExpr:
		return src.text(t, e.X) + src.text(t, e.Y)
	case *ast.Ident:
		value := src.values[e.Name]
		if value == nil {
			t.Fatalf("package steps has no constant %s", e.Name)
		}
		return src.named(e.Name, src.text(t, value))
	case *ast.CallExpr:
		if callee, ok := e.Fun.(*ast.SelectorExpr); ok && callee.Sel.Name == "Trim" {
			return strings.Trim(src.text(t, e.Args[0]), src.text(t, e.Args[1]))
		} else if ok && callee.Sel.Name == "String" {
			return src.text(t, callee.X)
		} else if ok && callee.Sel.Name == "MustCompile" {
			return src.text(t, e.Args[0])
		}
	}
	t.Fatalf("an expression of package steps has a form this test cannot read: %T", e)
	return ""
}

var captures int // makes the names of captures unique within an expression

// named puts a name into the parentheses of a constant that is one capture.
func (src *source) named(name, value string) string {
	if !strings.HasPrefix(value, "(") || strings.HasPrefix(value, "(?") {
		return value
	}
	captures++
	return fmt.Sprintf("(?P<%s_%d>%s", name, captures, value[1:])
}

// kinds are what the captures of the step tables mean to a writer, by their constant or their expression.
var kinds = map[string]string{
	"one": "A", "list": "A, B", "who": "who", "texts": `"a", "b"`, "pairs": "B1 after B, C1 after C",
	`\d+`: "N", `[^"]*`: "text", `.+`: "…", `[A-Z]\d?`: "A", `[\d, -]+`: "ranges", `\w+`: "word",
}

// readable writes an expression for people.
func readable(t *testing.T, expr string) string {
	t.Helper()
	for pattern, name := range kinds {
		expr = strings.ReplaceAll(expr, "("+pattern+")", "‹"+name+"›")
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return speak(tree)
}

func speak(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpAnyCharNotNL:
		return "." // written without a backslash in front, and meant as a full stop
	case syntax.OpConcat:
		return speakInRow(re.Sub)
	case syntax.OpAlternate:
		return speakChoice(re.Sub)
	case syntax.OpCapture:
		name, _, _ := strings.Cut(re.Name, "_")
		if kind := kinds[name]; kind != "" {
			return "‹" + kind + "›"
		}
		return speak(re.Sub[0])
	case syntax.OpQuest:
		inner := speak(re.Sub[0])
		if strings.HasPrefix(inner, " ") {
			return "[" + inner + "]"
		}
		return "(" + inner + ")"
	case syntax.OpCharClass:
		var choices []string
		for i := 0; i+1 < len(re.Rune); i += 2 {
			choices = append(choices, string(re.Rune[i]))
		}
		return strings.Join(choices, "/")
	}
	return ""
}

// speakInRow puts parentheses around a choice of endings: "primar(y/ies)".
func speakInRow(parts []*syntax.Regexp) string {
	text := ""
	for _, part := range parts {
		spoken := speak(part)
		if part.Op == syntax.OpAlternate && endsInLetter(text) && !strings.HasPrefix(spoken, "(") {
			spoken = "(" + spoken + ")"
		}
		text += spoken
	}
	return text
}

func endsInLetter(text string) bool {
	last, _ := utf8.DecodeLastRuneInString(text)
	return unicode.IsLetter(last)
}

// speakChoice writes a/b, or (a) for a choice between something and nothing.
func speakChoice(parts []*syntax.Regexp) string {
	var words []string
	optional := false
	for _, part := range parts {
		if spoken := speak(part); spoken != "" {
			words = append(words, spoken)
		} else {
			optional = true
		}
	}
	text := strings.Join(words, "/")
	if optional {
		return "(" + text + ")"
	}
	return text
}
