package command

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/replication"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// What SPOP takes by chance, a replica must take as well: whatever it is told leads to the same set.
func TestPoppedMembersLeaveReplicasToo(t *testing.T) {
	for _, request := range []string{"SPOP s", "SPOP s 1", "SPOP s 7", "SPOP s 19", "SPOP s 20", "SPOP s 100", "MULTI|SPOP s 3|SPOP s|EXEC"} {
		primary, replica := newBench(t, testSetup{}), newBench(t, testSetup{})
		primary.Source.Open(replication.NewID(primary.Rand))
		link := primary.client()
		link.Replica = &ReplicaLink{Online: true}
		primary.Follow(link, true)
		client := primary.client()
		for n := range 20 {
			primary.do(client, "SADD", "s", fmt.Sprint("m", n))
		}
		for _, one := range strings.Split(request, "|") {
			primary.do(client, strings.Fields(one)...)
		}
		stream := string(link.Reply.Buf)
		if strings.Contains(stream, "SPOP") {
			t.Errorf("%s: the stream says what was asked, not what was done", request)
		}
		applyStream(t, replica, link.Reply.Buf)
		ours, theirs := membersOf(primary, "s"), membersOf(replica, "s")
		if !slices.Equal(ours, theirs) {
			t.Errorf("%s: the primary has %q, its replica %q", request, ours, theirs)
		}
	}
}

// applyStream feeds a replication stream to a replica.
func applyStream(t *testing.T, b *bench, stream []byte) {
	t.Helper()
	parser := resp.Parser{Limits: resp.DefaultLimits()}
	for len(stream) > 0 {
		args, n, err := parser.Next(stream)
		if err != nil || n == 0 {
			t.Fatalf("the stream ends in %q: %v", stream, err)
		}
		b.Apply(args)
		stream = stream[n:]
	}
}

// membersOf lists the members of a set in order.
func membersOf(b *bench, key string) []string {
	var members []string
	for _, line := range strings.Split(b.do(b.client(), "SMEMBERS", key), "\r\n") {
		if strings.HasPrefix(line, "m") {
			members = append(members, line)
		}
	}
	slices.Sort(members)
	return members
}

// Chance is fair, and without repetition unless it was asked for.
func TestChosenMembers(t *testing.T) {
	b := newBench(t, testSetup{})
	client := b.client()
	const size = 10
	for n := range size {
		b.do(client, "SADD", "s", fmt.Sprint("m", n))
		b.do(client, "ZADD", "z", fmt.Sprint(n), fmt.Sprint("m", n))
	}
	for _, name := range []string{"SRANDMEMBER s", "ZRANDMEMBER z"} {
		for _, want := range []int{1, 3, size - 1, size, -1, -3, -50} {
			const rounds = 1500
			count := make(map[string]int)
			for range rounds {
				chosen := make(map[string]int)
				for _, line := range strings.Split(b.do(client, append(strings.Fields(name), fmt.Sprint(want))...), "\r\n") {
					if strings.HasPrefix(line, "m") {
						chosen[line]++
						count[line]++
					}
				}
				total := 0
				for member, n := range chosen {
					if total += n; n > 1 && want > 0 {
						t.Fatalf("%s %d returns %s twice", name, want, member)
					}
				}
				if total != max(want, -want) {
					t.Fatalf("%s %d returns %d members", name, want, total)
				}
			}
			expected := rounds * max(want, -want) / size
			for n := range size {
				if got := count[fmt.Sprint("m", n)]; got < expected*7/10 || got > expected*13/10 {
					t.Errorf("%s %d returned m%d %d times of about %d", name, want, n, got, expected)
				}
			}
		}
	}
}

// A number of random members that would not fit into memory is refused before any is chosen.
func TestTooManyChosenMembers(t *testing.T) {
	b := newBench(t, testSetup{})
	client := b.client()
	b.do(client, "SADD", "s", "m")
	b.do(client, "ZADD", "z", "1", "m")
	for _, request := range []string{"SRANDMEMBER s -9223372036854775807", "ZRANDMEMBER z -4611686018427387903 WITHSCORES"} {
		if got := b.do(client, strings.Fields(request)...); got != "-"+errOutOfRange+"\r\n" {
			t.Errorf("%s: %.80q", request, got)
		}
	}
}
