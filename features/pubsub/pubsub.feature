@area:pubsub
Feature: Publish and subscribe
  A message published on one node reaches the subscribers of all.
  Source: Redis Cluster specification, "Publish/Subscribe".

  Rule: A client may subscribe and publish on any node

    @id:pubsub/cluster/1 @must @cmd:publish @cmd:subscribe
    Scenario: A message crosses the cluster
      Given a cluster of 3 primaries with 1 replica each
      When a client subscribes to channel "news" on node B
      And a client subscribes to channel "news" on node C1
      And a client sends "PUBLISH news hello" to node A
      Then the reply is integer 0
      And within 2 node timeouts both subscribers receive "hello" on channel "news"

    @id:pubsub/cluster/2 @must @cmd:publish @cmd:psubscribe
    Scenario: PUBLISH counts the subscribers of its own node
      Given a cluster of 3 primaries
      When a client subscribes to channel "news" on node A
      And a client subscribes to pattern "n*" on node A
      And a client subscribes to channel "news" on node B
      And a client sends "PUBLISH news hello" to node A
      Then the reply is integer 2
      And within 2 node timeouts all subscribers receive "hello" on channel "news"
