package reference_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/clusterspec/clusterspec/reference"
)

// start starts a cluster for an example; a test has StartCluster.
func start(o reference.Options) *reference.Cluster {
	cluster, err := reference.Start(context.Background(), o)
	if err != nil {
		log.Fatal(err)
	}
	return cluster
}

// get asks one node, and follows no redirection.
func get(n *reference.Node, key string) string {
	client := redis.NewClient(&redis.Options{Addr: n.Addr(), MaxRetries: -1})
	defer client.Close()
	value, err := client.Get(context.Background(), key).Result()
	if err != nil {
		word, _, _ := strings.Cut(err.Error(), " ")
		return word
	}
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A cluster for a program: real ports, real protocol, gone when it is closed.
func Example() {
	ctx := context.Background()
	cluster, err := reference.Start(ctx, reference.Options{Primaries: 3})
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()

	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	defer client.Close()
	fmt.Println(client.Set(ctx, "hello", "world", 0).Val())
	fmt.Println(client.Get(ctx, "hello").Val())
	// Output:
	// OK
	// world
}

// A failover: a primary is killed, its replica takes over, and the primary comes back as a replica.
func ExampleNode_Kill() {
	ctx := context.Background()
	cluster := start(reference.Options{
		Primaries: 3, Replicas: 1,
		Config: map[string]string{"cluster-node-timeout": "1000"},
	})
	defer cluster.Close()
	nodes := cluster.Nodes() // primaries first, then the replica of each

	nodes[0].Kill()
	check(cluster.WaitAgreed(ctx)) // until somebody serves its slots
	fmt.Println("the replica is primary now")
	check(nodes[0].Start())
	check(cluster.WaitAgreed(ctx))
	// Output: the replica is primary now
}

// A paused node keeps its connections and answers nobody, as a process under SIGSTOP.
func ExampleNode_Pause() {
	cluster := start(reference.Options{Primaries: 1})
	defer cluster.Close()
	node := cluster.Nodes()[0]

	node.Pause()
	answer := make(chan string)
	go func() { answer <- get(node, "key") }()
	select {
	case <-answer:
		fmt.Println("it answered")
	default:
		fmt.Println("no answer")
	}
	node.Resume()
	fmt.Println(<-answer)
	// Output:
	// no answer
	// redis:
}

// A partition: the primary on the smaller side stops serving, its replica takes over on the other.
func ExampleCluster_Partition() {
	ctx := context.Background()
	cluster := start(reference.Options{
		Primaries: 3, Replicas: 1,
		Config: map[string]string{"cluster-node-timeout": "1000"},
	})
	defer cluster.Close()
	primary := cluster.Nodes()[0]

	heal := cluster.Partition(primary)
	for get(primary, "{06S}") != "CLUSTERDOWN" { // {06S} is in slot 0
	}
	fmt.Println("alone it serves nobody")
	heal()
	check(cluster.WaitAgreed(ctx))
	// Output: alone it serves nobody
}

// Replication from a primary to its replica stands still; the bus goes on.
func ExampleCluster_Cut() {
	ctx := context.Background()
	cluster := start(reference.Options{Primaries: 1, Replicas: 1})
	defer cluster.Close()
	nodes := cluster.Nodes()
	primary := redis.NewClient(&redis.Options{Addr: nodes[0].Addr()})
	defer primary.Close()

	heal := cluster.Cut(nodes[0], nodes[1], reference.DataLink)
	check(primary.Set(ctx, "key", "value", 0).Err())
	fmt.Println("replicas that have it:", primary.Do(ctx, "WAIT", 1, 100).Val())
	heal()
	fmt.Println("replicas that have it:", primary.Do(ctx, "WAIT", 1, 10_000).Val())
	// Output:
	// replicas that have it: 0
	// replicas that have it: 1
}

// What one node sends to another does not arrive; the other direction is open.
func ExampleCluster_CutOneWay() {
	ctx := context.Background()
	cluster := start(reference.Options{Primaries: 1, Replicas: 1})
	defer cluster.Close()
	nodes := cluster.Nodes()
	primary := redis.NewClient(&redis.Options{Addr: nodes[0].Addr()})
	defer primary.Close()

	heal := cluster.CutOneWay(nodes[1], nodes[0], reference.DataLink)
	check(primary.Set(ctx, "key", "value", 0).Err()) // arrives
	fmt.Println("acknowledged by:", primary.Do(ctx, "WAIT", 1, 100).Val())
	heal()
	fmt.Println("acknowledged by:", primary.Do(ctx, "WAIT", 1, 10_000).Val())
	// Output:
	// acknowledged by: 0
	// acknowledged by: 1
}

// Slots move with their keys while clients use them.
func ExampleCluster_MoveSlots() {
	ctx := context.Background()
	cluster := start(reference.Options{Primaries: 2})
	defer cluster.Close()
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	defer client.Close()
	from, to := cluster.Nodes()[0], cluster.Nodes()[1]
	check(client.Set(ctx, "{06S}", "value", 0).Err()) // slot 0

	check(cluster.MoveSlots(ctx, to, 0, 99))
	fmt.Println("the old owner:", get(from, "{06S}"))
	fmt.Println("the new owner:", get(to, "{06S}"))
	fmt.Println("a client:", client.Get(ctx, "{06S}").Val())
	// Output:
	// the old owner: MOVED
	// the new owner: value
	// a client: value
}

// A move that stands still half-way: clients meet ASK for as long as the test wants.
func ExampleCluster_BeginMove() {
	ctx := context.Background()
	cluster := start(reference.Options{Primaries: 2})
	defer cluster.Close()
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	defer client.Close()
	from, to := cluster.Nodes()[0], cluster.Nodes()[1]
	check(client.MSet(ctx, "{06S}gone", "1", "{06S}here", "2").Err()) // slot 0

	move, err := cluster.BeginMove(ctx, to, 0, 0)
	check(err)
	check(move.Keys(ctx, "{06S}gone"))
	fmt.Println("the key that went:", get(from, "{06S}gone"))
	fmt.Println("the key that stayed:", get(from, "{06S}here"))
	fmt.Println("a client:", client.Get(ctx, "{06S}gone").Val())
	check(move.Finish(ctx))
	fmt.Println("in the end:", get(from, "{06S}here"))
	// Output:
	// the key that went: ASK
	// the key that stayed: 2
	// a client: 1
	// in the end: MOVED
}

// A replica takes over without a lost write.
func ExampleCluster_Failover() {
	ctx := context.Background()
	cluster := start(reference.Options{Primaries: 3, Replicas: 1})
	defer cluster.Close()
	nodes := cluster.Nodes()

	check(cluster.Failover(ctx, nodes[3])) // the replica of nodes[0]
	replica := redis.NewClient(&redis.Options{Addr: nodes[3].Addr()})
	defer replica.Close()
	role, err := replica.Do(ctx, "ROLE").Slice()
	check(err)
	fmt.Println(role[0])
	// Output: master
}

// A cluster that grows and shrinks.
func ExampleCluster_AddNode() {
	ctx := context.Background()
	cluster := start(reference.Options{Primaries: 3})
	defer cluster.Close()

	node, err := cluster.AddNode(ctx)
	check(err)
	check(cluster.MoveSlots(ctx, node, 0, 999))
	check(cluster.MoveSlots(ctx, cluster.Nodes()[0], 0, 999))
	check(cluster.RemoveNode(ctx, node))
	fmt.Println(len(cluster.Nodes()), "nodes")
	// Output: 3 nodes
}

// Errors on demand: the next two requests for a key are answered with TRYAGAIN, and the client tries again.
func ExampleNode_Inject() {
	ctx := context.Background()
	cluster := start(reference.Options{Primaries: 1})
	defer cluster.Close()
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	defer client.Close()
	check(client.Set(ctx, "key", "value", 0).Err())

	fault := cluster.Nodes()[0].Inject(reference.Fault{Error: reference.TryAgain, Key: "key", Times: 2})
	value, err := client.Get(ctx, "key").Result()
	fmt.Println(value, err, "after", fault.Hits())
	// Output: value <nil> after 2
}

// A wrong redirection: the first node sends the client to the second, which sends it back.
func ExampleMoved() {
	ctx := context.Background()
	cluster := start(reference.Options{Primaries: 2})
	defer cluster.Close()
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs()})
	defer client.Close()
	nodes := cluster.Nodes()
	check(client.Set(ctx, "{06S}", "value", 0).Err()) // slot 0: nodes[0]

	nodes[0].Inject(reference.Fault{Error: reference.Moved("{06S}", nodes[1]), Key: "{06S}", Times: 1})
	fmt.Println(client.Get(ctx, "{06S}").Val())
	// Output: value
}
