@area:migration
Feature: Clients that wait
  A client that waits for a key must not wait where the key will never come.
  Source: BLPOP; clusterRedirectBlockedClientIfNeeded in Redis's cluster.c.

  Rule: A client that waits for a key is sent on when its slot goes

    @id:migration/blocked/1 @must @cmd:blpop @cmd:cluster-setslot
    Scenario: The slot goes to another node
      Given a cluster of 3 primaries
      When a client sends "BLPOP hello 0" to node A and waits
      Then for 1 node timeout there is no answer yet
      When slot 866 is migrating from node A to node B
      And slot 866 is assigned to node B on every node
      Then within 3 node timeouts the answer is error "MOVED 866 <B.addr>"

    @id:migration/blocked/2 @must @cmd:blpop
    Scenario: Nobody has the slot any more
      Given a cluster of 3 primaries
      When a client sends "BLPOP hello 0" to node A and waits
      And every node is told to delete slot 866
      Then within 3 node timeouts the answer is an error that begins with "CLUSTERDOWN"

    @id:migration/blocked/3 @must @cmd:blpop @needs:kill
    Scenario: The cluster goes down
      Given a cluster of 3 primaries
      When a client sends "BLPOP hello 0" to node A and waits
      And node C is killed
      Then within 5 node timeouts the answer is error "CLUSTERDOWN The cluster is down"

    @id:migration/blocked/4 @must @cmd:blpop @cmd:cluster-failover
    Scenario: The node becomes a replica
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When a client sends "BLPOP hello 0" to node A and waits
      And a client sends "CLUSTER FAILOVER" to node A1
      Then within 5 node timeouts the answer is an error that begins with "UNBLOCKED" or "MOVED"

    @id:migration/blocked/5 @must @cmd:blpop
    Scenario: The key comes
      Given a cluster of 3 primaries
      When a client sends "BLPOP hello 0" to node A and waits
      And for 1 node timeout there is no answer yet
      And a client sends "RPUSH hello one" to node A
      Then within 1 node timeout the answer is array [bulk "hello", bulk "one"]
