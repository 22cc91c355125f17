package target

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// asHolder makes the test binary reserve a port, print it and wait to be killed.
const asHolder = "CLUSTERSPEC_TEST_AS_HOLDER"

func TestMain(m *testing.M) {
	if os.Getenv(asHolder) != "" {
		port, err := ReservePort()
		if err != nil {
			panic(err)
		}
		os.Stdout.WriteString(strconv.Itoa(port.Number) + "\n")
		select {}
	}
	os.Exit(m.Run())
}

func TestReservedPortsDiffer(t *testing.T) {
	const count = 200
	ports := make([]*Port, count)
	var reserving sync.WaitGroup
	for i := range ports {
		reserving.Go(func() {
			port, err := ReservePort()
			if err != nil {
				t.Error(err)
				return
			}
			ports[i] = port
		})
	}
	reserving.Wait()
	seen := make(map[int]bool)
	for _, port := range ports {
		for _, number := range []int{port.Number, port.Bus()} {
			if seen[number] || number >= 32768 {
				t.Errorf("port %d comes twice or is one the system gives to connections", number)
			}
			seen[number] = true
		}
		if err := errors.Join(port.Release(), port.Release()); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(PortDir(), strconv.Itoa(port.Number))); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("lock file of a released port: %v", err)
		}
	}
}

func TestReserveRefusesWhatIsTaken(t *testing.T) {
	port, err := ReservePort()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reserve(port.Number); !errors.Is(err, errTaken) || !PortIsReserved(port.Number) {
		t.Errorf("a reserved port was reserved again: %v", err)
	}
	if err := port.Release(); err != nil || PortIsReserved(port.Number) {
		t.Errorf("the port is reserved after its release: %v", err)
	}
	for _, number := range []int{port.Number, port.Bus()} {
		listener, err := net.Listen("tcp", localAddr(number))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := reserve(port.Number); !errors.Is(err, errTaken) {
			t.Errorf("reserved although something listens on %d: %v", number, err)
		}
		listener.Close()
	}
}

func TestReservationEndsWithTheProcess(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asHolder+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	printed := make([]byte, 16)
	n, err := out.Read(printed)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(printed[:n])))
	if err != nil {
		t.Fatal(err)
	}
	if !PortIsReserved(number) {
		t.Errorf("port %d is not reserved while its holder lives", number)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	if PortIsReserved(number) {
		t.Errorf("port %d is reserved after its holder was killed", number)
	}
}
