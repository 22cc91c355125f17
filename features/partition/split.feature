@area:partition
Feature: Split networks
  A cluster whose network is split goes on where the majority of the primaries is, and stops elsewhere. Here a proxy of the suite is in the
  path of every link between nodes, and parts them; clients reach all nodes all the time.
  Source: Redis Cluster specification, "Availability" and "Failure detection".

  Rule: The side with the majority of the primaries goes on, the other stops

    @id:partition/split/1 @must @needs:proxy
    Scenario: A primary alone, and its replica with the majority
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When node A is cut off from the others
      Then within 4 node timeouts node A reports cluster_state "fail"
      And within 8 node timeouts nodes B, C list A1 as a primary
      And within 2 node timeouts nodes B, C, A1, B1, C1 report cluster_state "ok"
      And "GET hello" sent to node A gives an error that begins with "CLUSTERDOWN"
      And "SET hello 1" sent to node A1 gives simple "OK"

    @id:partition/split/2 @must @needs:proxy
    Scenario: The old primary comes back and follows the new one
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      And node A is cut off from the others
      And within 8 node timeouts nodes B, C list A1 as a primary
      And "SET hello 1" sent to node A1 gives simple "OK"
      When the network is whole again
      Then within 8 node timeouts every node lists A as a replica of A1
      And within 8 node timeouts every node reports cluster_state "ok"
      And within 8 node timeouts every node names A1 as the owner of slot 866
      And within 15 node timeouts the key count of node A is 1

    @id:partition/split/3 @must @needs:proxy
    Scenario: A primary and its replica are in the minority together
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When nodes A, A1 are cut off from the others
      Then within 4 node timeouts nodes A, A1 report cluster_state "fail"
      And within 4 node timeouts nodes B, C report cluster_state "fail"
      And for 2 node timeouts node A1 lists A1 as a replica of A
      When the network is whole again
      Then within 8 node timeouts every node reports cluster_state "ok"
      And every node lists A1 as a replica of A

  Rule: Where neither side has the majority nobody is declared failed and nobody is elected

    @id:partition/split/4 @must @needs:proxy
    Scenario: Two and two
      Given a cluster of 4 primaries
      When nodes A, B are cut off from the others
      Then within 4 node timeouts every node reports cluster_state "fail"
      And nodes A, B mark nodes C, D as "fail?"
      And nodes C, D mark nodes A, B as "fail?"
      And for 2 node timeouts nodes A, B mark nodes C, D as "fail?"
      When the network is whole again
      Then within 8 node timeouts every node reports cluster_state "ok"
      And every node lists nodes A, B, C, D as connected

  Rule: A node that one other does not reach is suspected by that one alone

    @id:partition/split/5 @must @needs:proxy
    Scenario: Two of three do not reach each other
      Given a cluster of 3 primaries
      When node A is cut off from node B
      Then within 3 node timeouts node A marks node B as "fail?"
      And within 3 node timeouts node B marks node A as "fail?"
      And for 3 node timeouts node C lists nodes A, B, C as connected
      And every node reports cluster_state "ok"
      And node A has sent node C no fail frame about node B
      When the network is whole again
      Then within 3 node timeouts every node lists nodes A, B, C as connected

    @id:partition/split/6 @must @needs:proxy
    Scenario: A replica that does not reach its primary stays a replica while the others do
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When node A is cut off from node A1
      Then within 3 node timeouts node A1 marks node A as "fail?"
      And for 3 node timeouts node A1 lists A1 as a replica of A
      And no running node has asked for votes
      When the network is whole again
      Then within 10 node timeouts every replica is in sync with its primary

  Rule: Links that break are opened again, and nobody is suspected for that

    @id:partition/split/7 @must @needs:proxy
    Scenario: All links between two nodes break
      Given a cluster of 3 primaries
      When every link between node A and node B breaks
      Then within 1 node timeout every node lists nodes A, B, C as connected
      And for 2 node timeouts every node does not suspect node A

    @id:partition/split/8 @must @needs:proxy
    Scenario: The links between a replica and its primary break
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When every link between node A and node A1 breaks
      And a client sends "SET hello 1" to node A
      Then within 10 node timeouts every replica is in sync with its primary
      And the key count of node A1 is 1

  Rule: What a cut-off target has not acknowledged stays at the source of a migration

    @id:partition/split/9 @must @needs:proxy
    Scenario: MIGRATE to a node that is cut off
      Given a cluster of 3 primaries
      And a client sends "SET hello 1" to node A
      When node A is cut off from node B
      And a client sends "MIGRATE <B.ip> <B.port> hello 0 500" to node A
      Then the reply is an error that begins with "IOERR"
      And "GET hello" sent to node A gives bulk "1"
      And the key count of node B is 0
