package reports

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

var updateSchema = flag.Bool("update-schema", false, "write schema.json anew from the types")

// schemaOf makes the JSON Schema of a type as encoding/json writes it. Fields may be added under the same number, so unknown ones are allowed.
func schemaOf(t reflect.Type, defs map[string]any) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[Verdict]():
		return map[string]any{"enum": Verdicts()}
	case t == reflect.TypeFor[Level]():
		return map[string]any{"enum": []Level{"", Must, Should, May}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), defs)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem(), defs)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(t.Elem(), defs)}
	case reflect.Struct:
		if _, known := defs[t.Name()]; !known {
			defs[t.Name()] = nil // it may hold itself
			defs[t.Name()] = structSchema(t, defs)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "integer"}
}

func structSchema(t reflect.Type, defs map[string]any) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		properties[name] = schemaOf(t.Field(i).Type, defs)
		if strings.Contains(options, "string") {
			properties[name] = map[string]any{"type": "string", "pattern": "^[0-9]+$"}
		}
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required}
}

// schema.json is what the types say.
func TestSchemaIsThatOfTheTypes(t *testing.T) {
	defs := map[string]any{}
	schema := schemaOf(reflect.TypeFor[Report](), defs)
	schema["$schema"], schema["$id"], schema["$defs"], schema["title"] = "https://json-schema.org/draft/2020-12/schema", "https://github.com/clusterspec/clusterspec/blob/main/reports/schema.json", defs, "report.json of clusterspec"
	defs["Report"].(map[string]any)["properties"].(map[string]any)["schema"] = map[string]any{"const": Schema}
	want, err := json.MarshalIndent(schema, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *updateSchema {
		if err := os.WriteFile("schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile("schema.json"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v: schema.json is not what the types say; `go test ./reports -run Schema -update-schema` writes it", err)
	}
}

// Reports are valid under the schema, and what is none is not.
func TestReportsAreValidUnderTheSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	known := knownReport(Pass, Fail, Flaky)
	known.HoldAgainst(knownReport(Fail), "base.json")
	known.Declaration = &Declaration{File: "f", Stale: []StaleEntry{{Entry: "x", Line: 1, Why: "y"}}}
	for name, r := range map[string]*Report{"sample": sampleReport(), "empty": {}, "known": known} {
		if err := schema.Validate(written(t, r)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(map[string]any){
		"no seed":              func(m map[string]any) { delete(m, "seed") },
		"another schema":       func(m map[string]any) { m["schema"] = "clusterspec.report/2" },
		"a verdict of no kind": func(m map[string]any) { m["results"].([]any)[0].(map[string]any)["verdict"] = "great" },
		"a number for a text":  func(m map[string]any) { m["suite"] = 1 },
	} {
		tree := written(t, sampleReport()).(map[string]any)
		spoil(tree)
		if schema.Validate(tree) == nil {
			t.Errorf("%s is valid", name)
		}
	}
}

func written(t *testing.T, r *Report) any {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteJSON(&buf, r); err != nil {
		t.Fatal(err)
	}
	tree, err := jsonschema.UnmarshalJSON(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}
