package steps

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"github.com/clusterspec/clusterspec/compose/target"
)

func (w *World) exporterActions() []sentence {
	return []sentence{
		{`prometheus-redis-exporter scrapes node ` + one, w.scrapes},
	}
}

func (w *World) exporterStatements() []sentence {
	return []sentence{
		{`the exporter complains of nothing`, w.exporterIsContent},
		{`the exporter found:`, w.exporterFound},
	}
}

// exporterProgram is the name under which Debian has it.
const exporterProgram = "prometheus-redis-exporter"

// exporterLimit is enough for a page of metrics on a busy machine.
const exporterLimit = 15 * time.Second

// scrape is what the exporter made of a node.
type scrape struct {
	of      *member
	metrics map[string][]float64 // by name; each label has a value of its own
	log     string
}

// exporterMissing says why the exporter cannot be called, or "".
func exporterMissing(context.Context, target.Node) string {
	if _, err := exec.LookPath(exporterProgram); err != nil {
		return exporterProgram + " is not on the PATH of this machine; Debian has it in a package of that name"
	}
	return ""
}

// scrapes runs the exporter for one page.
func (w *World) scrapes(name string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	port, err := unusedPort()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(w.ctx, exporterLimit)
	defer cancel()
	addr := "127.0.0.1:" + port
	cmd := exec.CommandContext(ctx, exporterProgram, "-redis.addr", "redis://"+m.Addr(), "-is-cluster", "-web.listen-address", addr)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		return err
	}
	page, err := fetch(ctx, "http://"+addr+"/metrics")
	cmd.Process.Kill()
	cmd.Wait()
	if w.ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return fmt.Errorf("%s gave no page: %w; its log: %s", exporterProgram, err, target.Tail(log.String()))
	}
	w.scrape = scrape{of: m, metrics: readMetrics(page), log: log.String()}
	return nil
}

// fetch asks until there is somebody to answer.
func fetch(ctx context.Context, url string) ([]byte, error) {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return nil, err
		}
		reply, err := http.DefaultClient.Do(request)
		if err == nil {
			defer reply.Body.Close()
			return io.ReadAll(reply.Body)
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pollInterval):
		}
	}
}

// readMetrics reads Prometheus's text format: `name{label="text",...} value`, one a line, and comments.
func readMetrics(page []byte) map[string][]float64 {
	metrics := map[string][]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(page)); lines.Scan(); {
		line := lines.Text()
		at := strings.LastIndexByte(line, ' ')
		if strings.HasPrefix(line, "#") || at < 0 {
			continue
		}
		name, _, _ := strings.Cut(line[:at], "{")
		if value, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
			metrics[name] = append(metrics[name], value)
		}
	}
	return metrics
}

func (w *World) exporterIsContent() error {
	var complaints []string
	for line := range strings.Lines(w.scrape.log) {
		if !strings.Contains(line, "level=info") {
			complaints = append(complaints, strings.TrimSpace(line))
		}
	}
	return w.check(w.scrape.of.name, len(complaints) == 0, cut(strings.Join(complaints, "; ")), "a log without warnings and errors")
}

func (w *World) exporterFound(table *godog.Table) error {
	if len(table.Rows) < 2 || len(table.Rows[0].Cells) != 2 || table.Rows[0].Cells[0].Value != "metric" || table.Rows[0].Cells[1].Value != "value" {
		return nonsense("the table wants the columns metric and value, and rows")
	}
	for _, row := range table.Rows[1:] {
		name, want := row.Cells[0].Value, row.Cells[1].Value
		holds, got, err := w.scrape.judge(name, want)
		if err != nil {
			return err
		}
		if err := w.check(w.scrape.of.name, holds, name+": "+got, name+": "+want); err != nil {
			return err
		}
	}
	return nil
}

// judge compares a metric with "a number", "above 0" or what it is to be. Of several labels the greatest counts.
func (s *scrape) judge(name, want string) (holds bool, got string, err error) {
	values := s.metrics[name]
	if len(values) == 0 {
		return false, "not there", nil
	}
	value := values[0]
	for _, v := range values {
		value = max(value, v)
	}
	got = strconv.FormatFloat(value, 'g', -1, 64)
	switch want {
	case "a number":
		return value >= 0, got, nil
	case "above 0":
		return value > 0, got, nil
	}
	exactly, err := strconv.ParseFloat(want, 64)
	if err != nil {
		return false, got, nonsense("%q is no value of a metric", want)
	}
	return value == exactly, got, nil
}
