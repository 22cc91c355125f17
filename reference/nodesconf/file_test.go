package nodesconf

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// The files in testdata were written by real servers of the named versions: a primary with open slots, its replica, and a
// primary that has stopped answering.

func saved(t *testing.T, name string) (string, *File) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), f
}

func TestFileOf70(t *testing.T) {
	text, f := saved(t, "redis-7.0.15.conf")
	var lines []byte
	for i := range f.Nodes {
		lines = AppendLine(lines, &f.Nodes[i])
	}
	if string(lines)+"vars currentEpoch 2 lastVoteEpoch 0\n" != text {
		t.Errorf("the lines come back as\n%s\nwant\n%s", lines, text)
	}
	replica, failing, myself := &f.Nodes[0], &f.Nodes[1], f.Myself()
	if replica.Primary != myself.ID || replica.Hostname != "b.example.com" || replica.HasTLSPort {
		t.Errorf("the replica is %s", AppendLine(nil, replica))
	}
	if failing.Flags != bus.FlagPrimary|bus.FlagPFail || failing.PingSent != 1795313004895 || failing.Connected {
		t.Errorf("the failing primary is %s", AppendLine(nil, failing))
	}
	open := []Open{{93, failing.ID}}
	if !reflect.DeepEqual(myself.Migrating, open) || myself.Importing[0] != (Open{16383, failing.ID}) {
		t.Errorf("open slots are %v and %v", myself.Migrating, myself.Importing)
	}
}

func TestFileOf72(t *testing.T) {
	text, f := saved(t, "redis-7.2.6.conf")
	if got := string(f.Append(nil)); got != text {
		t.Errorf("the file comes back as\n%s\nwant\n%s", got, text)
	}
	var slots slot.Set
	slots.AddRange(0, 5460)
	slots.AddRange(10923, 16382)
	want := Node{
		ID: mustID(t, "c4ea2a9b98b1f10a46c5b4ce6dbc5883af5f9d2b"),
		IP: "127.0.0.1", Port: 44617, BusPort: 33557,
		Hostname: "a.example.com", Nodename: "node-a", HasTLSPort: true,
		ShardID:      mustID(t, "f0a7708508a8d6172d757481a94d3bd9f4aad78e"),
		Flags:        bus.FlagMyself | bus.FlagPrimary,
		PongReceived: 1795313011000, ConfigEpoch: 1, Connected: true, Slots: slots,
		Migrating: []Open{{93, mustID(t, "3681415b1105b7ff38558f8e35c941d969a76c3c")}},
		Importing: []Open{{16383, mustID(t, "3681415b1105b7ff38558f8e35c941d969a76c3c")}},
	}
	if got := *f.Myself(); !reflect.DeepEqual(got, want) {
		t.Errorf("myself is\n%+v\nwant\n%+v", got, want)
	}
}

func TestFileOfValkey8(t *testing.T) {
	_, f := saved(t, "valkey-8.0.1.conf")
	if got, want := f.Myself().Extra, []Pair{{"client-ipv6", "fd00::1"}, {"client-ipv4", "10.0.0.1"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("extra pairs are %v, want %v", got, want)
	}
	again, err := Parse(f.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, f) {
		t.Errorf("the file comes back as\n%+v\nwant\n%+v", again, f)
	}
}

func TestPortsOfTLS(t *testing.T) {
	const line = ":6380@16380,,tcp-port=6379,shard-id="
	f := mustParse(t, file("<A> "+line+"<S> myself,master - 0 0 0 connected"))
	if n := f.Myself(); n.Port != 6380 || n.TCPPort != 6379 || !n.HasTCPPort || n.HasTLSPort {
		t.Errorf("myself is %+v", n)
	}
	if got := string(f.Append(nil)); !strings.Contains(got, " "+line+idS+" ") {
		t.Errorf("it comes back as %s", got)
	}
}

func TestNewNode(t *testing.T) {
	f := mustParse(t, "")
	if f.Myself() != nil || len(f.Nodes) != 0 {
		t.Errorf("an empty file gives %+v", f)
	}
	f.Nodes = []Node{{ID: mustID(t, idA), ShardID: mustID(t, idS), Flags: bus.FlagMyself | bus.FlagPrimary, Connected: true}}
	want := file("<A> :0@0,,tls-port=0,shard-id=<S> myself,master - 0 0 0 connected", "vars currentEpoch 0 lastVoteEpoch 0")
	if got := string(f.Append(nil)); got != want {
		t.Errorf("the first file is\n%s\nwant what 7.2 writes\n%s", got, want)
	}
}

// TestReplicaFollowsItsPrimary: 7.2 does not start on a file where their shard ids differ, so we never write one.
func TestReplicaFollowsItsPrimary(t *testing.T) {
	replica := file("<B> :1@2,,shard-id=<C> slave <A> 0 0 0 connected")
	primary := file("<A> :3@4,,shard-id=<S> myself,master - 0 0 0 connected")
	for _, text := range []string{replica + primary, primary + replica} {
		f := mustParse(t, text)
		for i := range f.Nodes {
			if f.Nodes[i].ShardID.String() != idS {
				t.Errorf("%v has read shard id %v, want %v", f.Nodes[i].ID, f.Nodes[i].ShardID, idS)
			}
			if f.Nodes[i].Flags.Has(bus.FlagReplica) {
				f.Nodes[i].ShardID = mustID(t, idC)
			}
		}
		if got := string(f.Append(nil)); strings.Count(got, "shard-id="+idS) != 2 {
			t.Errorf("the file is\n%s\nwant shard id %s twice", got, idS)
		}
	}
}

func TestHandshakeIsNotSaved(t *testing.T) {
	f := mustParse(t, file(lineA, "<B> 127.0.0.1:1@2 handshake - 0 0 0 connected", vars))
	if got := string(f.Append(nil)); strings.Contains(got, idB) {
		t.Errorf("a made-up id is saved:\n%s", got)
	}
}

// TestHarmfulNames: whatever other nodes call themselves, the file stays readable.
func TestHarmfulNames(t *testing.T) {
	for _, name := range []string{"a b", "a\nb", "a,b", `"`, "'", "\x00", "\t", "a=b", "\x7f"} {
		f := mustParse(t, file(lineA, lineB, vars))
		n := f.Myself()
		n.Hostname, n.Nodename, n.IP = name, name, name
		again, err := Parse(f.Append(nil))
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if n := again.Myself(); n.Nodename != "" || n.Hostname != "" && n.Hostname != name || n.ID.String() != idA {
			t.Errorf("%q comes back as hostname %q, nodename %q", name, n.Hostname, n.Nodename)
		}
		if again.Myself().Slots != n.Slots || len(again.Nodes) != len(f.Nodes) {
			t.Errorf("%q has damaged the file", name)
		}
	}
}

func TestAppendLine(t *testing.T) {
	f := mustParse(t, file("<A> 127.0.0.1:1@2,h.example.com,tls-port=7,nodename=n,shard-id=<S> myself,slave <B> 1 2 3 connected "+
		"0 2-3 16383 [2->-<C>] [1-<-<B>] [2-<-<B>] [0->-<C>]"))
	want := file("<A> 127.0.0.1:1@2,h.example.com myself,slave <B> 1 2 3 connected 0 2-3 16383 [0->-<C>] [1-<-<B>] [2->-<C>]")
	if got := string(AppendLine(nil, f.Myself())); got != want {
		t.Errorf("the line is\n%s\nwant\n%s", got, want)
	}
	nothing := file("<A> :0@0 noflags - 0 0 0 disconnected")
	if got := string(AppendLine(nil, &Node{ID: mustID(t, idA)})); got != nothing {
		t.Errorf("the line is\n%s\nwant\n%s", got, nothing)
	}
}

func TestAppendLineDoesNotAllocate(t *testing.T) {
	f := mustParse(t, file(lineA+" 200 300-400 [5->-<B>] [6-<-<C>]"))
	n, dst := f.Myself(), make([]byte, 0, 1024)
	if allocs := testing.AllocsPerRun(100, func() { dst = AppendLine(dst[:0], n) }); allocs != 0 {
		t.Errorf("AppendLine allocates %v times, want 0", allocs)
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range sound {
		f.Add([]byte(c.text))
	}
	for _, c := range damaged {
		f.Add([]byte(c.text))
	}
	for _, name := range []string{"redis-7.0.15.conf", "redis-7.2.6.conf", "valkey-8.0.1.conf"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := Parse(text)
		if err != nil || len(text) == 0 {
			return
		}
		// What we write we read, and from then on nothing changes any more.
		written := first.Append(nil)
		second, err := Parse(written)
		if err != nil {
			t.Fatalf("we cannot read what we wrote: %v\n%q", err, written)
		}
		if again := second.Append(nil); string(again) != string(written) {
			t.Fatalf("we write\n%s\nand then\n%s", written, again)
		}
		for i := range first.Nodes {
			if n := &first.Nodes[i]; n.Flags.Has(bus.FlagHandshake) || harmless(n.IP) != n.IP {
				return // this node is not written as it was
			}
		}
		if a, b := facts(first), facts(second); a != b {
			t.Fatalf("we read\n%s\nand after writing it\n%s", a, b)
		}
	})
}

func mustParse(t *testing.T, text string) *File {
	t.Helper()
	f, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustID(t *testing.T, text string) bus.NodeID {
	t.Helper()
	id, err := bus.ParseNodeID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
