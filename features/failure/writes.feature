@area:failure
Feature: Acknowledged writes
  Replication is asynchronous: a primary acknowledges a write before its replicas have it. Where no replica takes its place nothing is lost;
  where one does, what was lost is counted and stands in the report.
  Source: Redis Cluster specification, "Write safety".

  Rule: Writes go on after a failover

    @id:failure/writes/1 @must @needs:kill
    Scenario: A primary is killed under readers and writers
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      And 3 clients write to and read from 30 keys whatever happens
      When node A is killed
      Then within 8 node timeouts every running node lists A1 as a primary
      And within 5 node timeouts every key has been written in the last node timeout
      When the clients stop
      Then every running node reports cluster_state "ok"

  Rule: Without a failover no acknowledged write is lost

    @id:failure/writes/2 @must @needs:pause
    Scenario: A primary stands still for half a node timeout
      Given a cluster of 3 primaries
      And 3 clients write to and read from 30 keys whatever happens
      And within 3 node timeouts every key has been written in the last node timeout
      When node A stands still for half a node timeout
      Then within 3 node timeouts every key has been written in the last node timeout
      When the clients stop
      Then no acknowledged write is lost

    @id:failure/writes/3 @must @needs:proxy
    Scenario: A primary is cut off from its replica
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      And 3 clients write to and read from 30 keys whatever happens
      When node A is cut off from node A1
      Then for 2 node timeouts node A1 lists A1 as a replica of A
      And within 3 node timeouts every key has been written in the last node timeout
      When the network is whole again
      And the clients stop
      Then within 15 node timeouts every replica is in sync with its primary
      And no acknowledged write is lost

  Rule: A primary that hands over takes no write that its successor does not have

    @id:failure/writes/4 @must @needs:proxy @cmd:cluster-failover
    Scenario: A primary hands over to its replica, and learns late that it has
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      And 3 clients write to and read from 30 keys whatever happens
      And within 3 node timeouts every key has been written in the last node timeout
      When all frames from every node to node A take half a node timeout longer
      And a client sends "CLUSTER FAILOVER" to node A1
      Then within 5 node timeouts every node lists A1 as a primary
      And within 5 node timeouts every key has been written in the last node timeout
      When the clients stop
      Then no acknowledged write is lost
      And no client read an older value than one it had seen acknowledged

  Rule: WAIT counts the replicas that have the write, and no others

    @id:failure/writes/5 @must @needs:pause @cmd:wait
    Scenario: The replica hangs
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When a client sends to node A:
        | command     | reply       |
        | SET hello 1 | simple "OK" |
        | WAIT 1 5000 | integer 1   |
      And node A1 is paused
      And a client sends to node A:
        | command     | reply       |
        | SET hello 2 | simple "OK" |
        | WAIT 1 200  | integer 0   |
      And node A1 is resumed
      Then within 10 node timeouts every replica is in sync with its primary
