package reports

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sampleDefects() *DefectTable {
	return &DefectTable{
		Schema: DefectsSchema, Suite: "v1.2.3", Command: []string{"clusterspec", "defects", "--all"}, Target: "reference", Oracle: "redis-server 7.0.15", All: true,
		Started: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Finished: time.Date(2026, 3, 1, 12, 5, 0, 0, time.UTC),
		Defects: []DefectRow{
			{Name: "moved-without-port", Area: "redirection", Does: "leaves the port out of MOVED", CaughtBy: []string{"redirection/moved/1", "redirection/moved/2"}, Symptom: "got MOVED 12182 | wanted a port"},
			{Name: "invisible", Area: "election", Does: "does what nobody notices", CaughtBy: []string{}},
		},
		Silent: []string{"setup/meet/1"},
	}
}

func TestDefectTableIsReadAsItWasWritten(t *testing.T) {
	var text bytes.Buffer
	if err := WriteDefectsJSON(&text, sampleDefects()); err != nil {
		t.Fatal(err)
	}
	read, err := ReadDefectsJSON(&text)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read, sampleDefects()) {
		t.Errorf("read %+v, wrote %+v", read, sampleDefects())
	}
	if _, err := ReadDefectsJSON(strings.NewReader(`{"schema": "clusterspec.defects/99"}`)); err == nil {
		t.Error("a table of another schema was read")
	}
}

func TestDefectTableSaysWhatNobodyCaught(t *testing.T) {
	var text strings.Builder
	if err := WriteDefects(&text, sampleDefects()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"1 of 2 deliberate errors are caught by scenarios that redis-server 7.0.15 passes",
		"| `moved-without-port` | leaves the port out of MOVED | `redirection/moved/1`, `redirection/moved/2` | got MOVED 12182 \\| wanted a port |",
		"| `invisible` | does what nobody notices | **nobody** |",
		"## Scenarios that catch nothing\n\n- `setup/meet/1`\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table does not say %q:\n%s", want, text.String())
		}
	}
}
