package reference_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clusterspec/clusterspec/reference"
)

// A cluster for a test: real ports, real protocol, gone when it is closed.
func Example() {
	ctx := context.Background()
	cluster, err := reference.Start(ctx, reference.Options{Primaries: 3})
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()

	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{cluster.Nodes()[0].Addr()}})
	defer client.Close()
	fmt.Println(client.Set(ctx, "hello", "world", 0).Val())
	fmt.Println(client.Get(ctx, "hello").Val())
	// Output:
	// OK
	// world
}

// A failover on demand: the primary of a key is killed, its replica takes over.
func ExampleNode_Kill() {
	ctx := context.Background()
	cluster, err := reference.Start(ctx, reference.Options{
		Primaries: 3, Replicas: 1,
		Config: map[string]string{"cluster-node-timeout": "1000"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()

	nodes := cluster.Nodes() // primaries first, then the replica of each
	replica := redis.NewClient(&redis.Options{Addr: nodes[3].Addr()})
	defer replica.Close()

	nodes[0].Kill()
	for !isPrimary(ctx, replica) {
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Println("the replica is primary now")
	// Output: the replica is primary now
}

// isPrimary asks a node for its role.
func isPrimary(ctx context.Context, node *redis.Client) bool {
	role, err := node.Do(ctx, "ROLE").Slice()
	return err == nil && role[0] == "master"
}
