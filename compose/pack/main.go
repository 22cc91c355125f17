// Command pack wraps the redis-server of this machine into the image of `docker:packed` and prints the name of that:
//
//	REDIS_IMAGE=$(go run ./compose/pack) docker compose -f compose/redis.compose.yaml up
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/clusterspec/clusterspec/compose/target/docker"
)

func main() {
	name, err := docker.Pack(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(name)
}
