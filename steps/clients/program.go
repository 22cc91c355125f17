package clients

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

//go:embed programs
var programs embed.FS

// program is a library for another language. It is run as
//
//	INTERPRETER -c SCRIPT [HOST PORT READS]
//
// and prints the name and the version of the library, as a JSON array in a line. Given a node it then reads requests from its standard
// input, ["set","key","value"], one a line, and answers each with a line: ["ok",values...] or ["error","text"]; null is a key that is not
// there. It ends with its input.
type program struct {
	name        string
	interpreter string
	flag        string // what makes the interpreter take a script from the command line
	script      string // in programs/
	packages    string // of Debian
}

// probeLimit is enough for an interpreter to load a library on a busy machine.
const probeLimit = 30 * time.Second

func (p program) library() Library {
	find := sync.OnceValues(p.find)
	return Library{
		Name: p.name,
		Missing: func() string {
			_, err := find()
			if err != nil {
				return fmt.Sprintf("the client library %s: %v; on Debian: apt-get install %s", p.name, err, p.packages)
			}
			return ""
		},
		Open: func(ctx context.Context, host, port string, reads Reads) (Client, error) {
			interpreter, err := find()
			if err != nil {
				return nil, err
			}
			c, err := p.start(ctx, interpreter, host, port, string(reads))
			if err != nil {
				return nil, err
			}
			return c, nil
		},
	}
}

// find looks for an interpreter that can load the library: the one of the system, whose packages these are, or else the first on the PATH.
func (p program) find() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), probeLimit)
	defer cancel()
	var errs []error
	for _, interpreter := range []string{"/usr/bin/" + p.interpreter, p.interpreter} {
		c, err := p.start(ctx, interpreter)
		if err == nil {
			c.Close()
			return interpreter, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", interpreter, err))
	}
	return "", errors.Join(errs...)
}

func (p program) start(ctx context.Context, interpreter string, args ...string) (*running, error) {
	script, err := programs.ReadFile("programs/" + p.script)
	if err != nil {
		return nil, err
	}
	text := strings.TrimPrefix(string(script), "<?php") // which PHP wants in files only
	return run(ctx, p.name, append([]string{interpreter, p.flag, text}, args...)...)
}

// run starts a program and returns when it has said that it is the library of that name.
func run(ctx context.Context, name string, command ...string) (*running, error) {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "NODE_PATH="+os.Getenv("NODE_PATH")+":/usr/share/nodejs") // Debian's, whoever made the interpreter
	c := &running{cmd: cmd, lines: make(chan []string), unwanted: make(chan struct{}), ended: make(chan struct{})}
	cmd.Stderr = &c.complaints
	var err error
	if c.requests, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go c.read(answers)
	who, err := c.answer(ctx)
	if err == nil && who[0] != name {
		err = fmt.Errorf("it does not say who it is, but %q", who)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// running is a program that runs.
type running struct {
	cmd        *exec.Cmd
	requests   io.WriteCloser
	lines      chan []string // what it prints
	unwanted   chan struct{} // closed when nobody will read lines any more
	complaints bytes.Buffer  // its standard error; to be read when it has ended
	ended      chan struct{} // closed when it has ended
}

// read takes what the program prints until it ends.
func (c *running) read(answers io.Reader) {
	defer close(c.ended)
	defer c.cmd.Wait() // how it ended is in cmd.ProcessState
	for lines := bufio.NewScanner(answers); lines.Scan(); {
		var words []string
		if err := json.Unmarshal(lines.Bytes(), &words); err != nil || len(words) == 0 {
			words = []string{"error", "the program printed " + lines.Text()}
		}
		select {
		case c.lines <- words:
		case <-c.unwanted:
			return
		}
	}
}

func (c *running) Do(ctx context.Context, verb string, words ...string) ([]string, error) {
	request, err := json.Marshal(append([]string{verb}, words...))
	if err != nil {
		return nil, err
	}
	if _, err := c.requests.Write(append(request, '\n')); err != nil {
		return nil, c.obituary()
	}
	answer, err := c.answer(ctx)
	if err != nil {
		return nil, err
	}
	if answer[0] == "error" {
		return nil, errors.New(strings.Join(answer[1:], " "))
	}
	return answer[1:], nil
}

// answer waits for the next line. A program that does not come to an end is ended.
func (c *running) answer(ctx context.Context) ([]string, error) {
	select {
	case words := <-c.lines:
		return words, nil
	case <-c.ended:
		return nil, c.obituary()
	case <-ctx.Done():
		c.cmd.Process.Kill()
		return nil, fmt.Errorf("no answer from the library: %w; %w", ctx.Err(), errEnded)
	}
}

// obituary says how the program ended; the last line of what it complained of says why.
func (c *running) obituary() error {
	<-c.ended
	complaints := strings.Split(strings.TrimSpace(c.complaints.String()), "\n")
	return fmt.Errorf("%w: %s: %s", errEnded, c.cmd.ProcessState, complaints[len(complaints)-1])
}

// Close ends the program.
func (c *running) Close() {
	close(c.unwanted)
	c.requests.Close()
	c.cmd.Process.Kill()
	<-c.ended
}
