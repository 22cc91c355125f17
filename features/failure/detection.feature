@area:failure
Feature: Failure detection
  Nodes ping each other. A node that does not answer is suspected by one and declared failed by a majority.
  Source: Redis Cluster specification, "Heartbeat and gossip messages" and "Failure detection".

  Rule: A primary that a majority of primaries cannot reach is marked as failed by everybody

    @id:failure/detection/1 @must @needs:kill
    Scenario: A primary is killed
      Given a cluster of 3 primaries
      When node C is killed
      Then within 5 node timeouts nodes A, B mark node C as "fail"

    @id:failure/detection/2 @must @needs:kill
    Scenario: A replica is killed and the cluster stays up
      Given a cluster of 3 primaries with 1 replica each
      When node C1 is killed
      Then within 5 node timeouts nodes A, B, C, A1, B1 mark node C1 as "fail"
      And every running node reports cluster_state "ok"
      And a value written under "foo" on node C can be read there

    @id:failure/detection/3 @must @needs:kill @needs:restart
    Scenario: A node that answers again is failed no longer
      Given a cluster of 3 primaries with 1 replica each
      When node C1 is killed
      And within 5 node timeouts nodes A, B, C, A1, B1 mark node C1 as "fail"
      And node C1 is restarted
      Then within 5 node timeouts every node lists nodes A, B, C, A1, B1, C1 as connected and none as failed

    @id:failure/detection/4 @must @needs:pause
    Scenario: A node that hangs is as good as dead
      Given a cluster of 3 primaries
      When node C is paused
      Then within 5 node timeouts nodes A, B mark node C as "fail"
      When node C is resumed
      Then within 10 node timeouts every node reports cluster_state "ok"

  Rule: A minority of primaries cannot declare anybody failed

    @id:failure/minority/1 @must @needs:kill
    Scenario: One primary of three is left with all replicas
      Given a cluster of 3 primaries with 1 replica each
      When nodes B, C are killed together
      Then within 5 node timeouts node A marks nodes B, C as "fail?"
      And for 4 node timeouts nodes B1, C1 stay replicas
      And within 5 node timeouts node A reports cluster_state "fail"
      And a client sends "SET hello 1" to node A
      And the reply is error "CLUSTERDOWN The cluster is down"

  Rule: Replicas that are gone take nothing down, and the only primary may declare them failed

    @id:failure/detection/5 @must @needs:kill
    Scenario: All replicas are killed
      Given a cluster of 3 primaries with 1 replica each
      When nodes A1, B1, C1 are killed together
      Then within 5 node timeouts nodes A, B, C mark nodes A1, B1, C1 as "fail"
      And nodes A, B, C report cluster_state "ok"
      And a value written under "foo" on node C can be read there

    @id:failure/detection/6 @must @needs:kill
    Scenario: One primary is a majority of one
      Given a cluster of 1 primary with 2 replicas each
      When node A1 is killed
      Then within 5 node timeouts nodes A, A2 mark node A1 as "fail"
      And nodes A, A2 report cluster_state "ok"
