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

    @id:pubsub/cluster/3 @must @cmd:pubsub
    Scenario: PUBSUB speaks of the node's own subscribers
      Given a cluster of 3 primaries
      When a client subscribes to channel "news" on node B
      And a client sends to node A:
        | command            | reply                           |
        | PUBSUB NUMSUB news | array [bulk "news", integer 0]  |
        | PUBSUB CHANNELS    | array []                        |
      And a client sends to node B:
        | command            | reply                           |
        | PUBSUB NUMSUB news | array [bulk "news", integer 1]  |
        | PUBSUB CHANNELS    | array [bulk "news"]             |

  Rule: A shard channel belongs to the slot of its name, and its messages stay in the shard

    @id:pubsub/shard/1 @must @since:7.0 @cmd:spublish @cmd:ssubscribe
    Scenario: A message reaches the subscribers at the owner and at its replica
      Given a cluster of 3 primaries with 1 replica each
      When a client subscribes to shard channel "hello" on node A
      And a client subscribes to shard channel "hello" on node A1
      And a client sends "SPUBLISH hello message" to node A
      Then within 2 node timeouts both subscribers receive "message" on channel "hello"

    @id:pubsub/shard/2 @must @since:7.0 @cmd:spublish @cmd:ssubscribe
    Scenario: Another shard sends clients to the owner
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command               | reply                        |
        | SSUBSCRIBE foo        | error "MOVED 12182 <C.addr>" |
        | SPUBLISH foo message  | error "MOVED 12182 <C.addr>" |
        | SPUBLISH hello nobody | integer 0                    |

    @id:pubsub/shard/3 @must @since:7.0 @cmd:ssubscribe
    Scenario: Shard channels of two slots are not subscribed to at once
      Given a cluster of 3 primaries
      When a client sends "SSUBSCRIBE hello alpha" to node A
      Then the reply is error "CROSSSLOT Keys in request don't hash to the same slot"

    @id:pubsub/shard/4 @must @since:7.0 @cmd:spublish @cmd:multi
    Scenario: A shard message in a transaction
      Given a cluster of 3 primaries
      When a client subscribes to shard channel "hello" on node A
      And a client sends to node A:
        | command                | reply                          |
        | MULTI                  | simple "OK"                    |
        | SET {hello}x 1         | simple "QUEUED"                |
        | SPUBLISH hello message | simple "QUEUED"                |
        | EXEC                   | array [simple "OK", integer 1] |
      Then within 2 node timeouts the subscriber receives "message" on channel "hello"

    @id:pubsub/shard/5 @must @since:7.0 @cmd:spublish @cmd:publish
    Scenario: Channels and shard channels of one name are different things
      Given a cluster of 3 primaries
      When a client subscribes to channel "hello" on node A
      And a client sends to node A:
        | command                    | reply                            |
        | SPUBLISH hello nothing     | integer 0                        |
        | PUBSUB SHARDNUMSUB hello   | array [bulk "hello", integer 0]  |
        | PUBSUB NUMSUB hello        | array [bulk "hello", integer 1]  |
        | PUBSUB SHARDCHANNELS       | array []                         |
      Then for 1 node timeout no subscriber has received anything

    @id:pubsub/shard/6 @must @since:7.0 @cmd:publish @cmd:ssubscribe
    Scenario: What is published to all is no shard message
      Given a cluster of 3 primaries
      When a client subscribes to shard channel "hello" on node A
      And a client sends to node A:
        | command                    | reply                            |
        | PUBLISH hello nothing      | integer 0                        |
        | PUBSUB SHARDNUMSUB hello   | array [bulk "hello", integer 1]  |
        | PUBSUB SHARDCHANNELS       | array [bulk "hello"]             |
      Then for 1 node timeout no subscriber has received anything

    @id:pubsub/shard/7 @must @since:7.0 @cmd:spublish
    Scenario: A message does not leave its shard
      Given a cluster of 3 primaries with 1 replica each
      When a client subscribes to shard channel "hello" on node A1
      And a client sends to node A1:
        | command                | reply                      |
        | SPUBLISH foo message   | error "MOVED 12182 <C.addr>" |
      And a client sends "SPUBLISH foo message" to node C
      Then the reply is integer 0
      And for 1 node timeout no subscriber has received anything

  Rule: Subscribers of a shard channel are told when their node no longer serves its slot

    @id:pubsub/shard/8 @must @since:7.0 @cmd:ssubscribe @cmd:cluster-delslots
    Scenario: The slot is taken from everybody
      Given a cluster of 3 primaries
      When a client subscribes to shard channel "hello" on node A
      And every node is told to delete slot 866
      Then within 3 node timeouts the subscriber is unsubscribed from shard channel "hello"

    @id:pubsub/shard/9 @must @since:7.0 @cmd:ssubscribe @cmd:cluster-reset
    Scenario: The node is reset
      Given a cluster of 3 primaries
      When a client subscribes to shard channel "hello" on node A
      And a client sends "CLUSTER RESET" to node A
      Then within 3 node timeouts the subscriber is unsubscribed from shard channel "hello"
