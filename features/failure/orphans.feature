@area:failure
Feature: Primaries without slots and without replicas
  Replicas go where they are needed, and a primary that has given its last slot away follows the one that took it.
  Source: Redis Cluster specification, "Replica migration"; cluster-allow-replica-migration, cluster-migration-barrier.

  Rule: A primary that gives its last slot away becomes a replica of the one that took it, unless it must not

    @id:failure/emptied/1 @must @since:7.0 @cmd:cluster-setslot
    Scenario: The last slot goes
      Given a cluster of 3 primaries
      And every node is told to delete slots 0-5459
      And slot 5460 is migrating from node A to node B
      When a client sends "CLUSTER SETSLOT 5460 NODE <B.id>" to node B
      And a client sends "CLUSTER SETSLOT 5460 NODE <B.id>" to node A
      Then within 5 node timeouts every node lists A as a replica of B

    @id:failure/emptied/2 @must @since:7.0 @needs:config @cmd:cluster-setslot
    Scenario: It stays a primary when replicas must not migrate
      Given a cluster of 3 primaries where "cluster-allow-replica-migration" is "no"
      And every node is told to delete slots 0-5459
      And slot 5460 is migrating from node A to node B
      When a client sends "CLUSTER SETSLOT 5460 NODE <B.id>" to node B
      And a client sends "CLUSTER SETSLOT 5460 NODE <B.id>" to node A
      Then within 3 node timeouts every node names B as the owner of slot 5460
      And for 2 node timeouts every node lists A as a primary

  Rule: A primary that lost its replicas gets one that another can spare, unless replicas must not migrate

    @id:failure/orphans/1 @must @slow @needs:kill @needs:config
    Scenario: Replicas must not migrate
      Given a cluster of 3 primaries with 2 replicas each where "cluster-allow-replica-migration" is "no"
      And every replica is in sync
      When nodes A1, A2 are killed together
      Then within 5 node timeouts nodes A, B, C mark nodes A1, A2 as "fail"
      And for 4 node timeouts nodes B1, B2, C1, C2 are replicas
      And every running node lists B1 as a replica of B
      And every running node lists B2 as a replica of B
