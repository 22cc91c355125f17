@area:failure
Feature: Files that are gone
  What a node promises, a vote or an epoch, has to be in nodes.conf before anybody hears of it. A node that cannot write the file ends.
  Source: Redis Cluster specification, "Replica election and promotion"; clusterSaveConfigOrDie in Redis's cluster.c.

  Rule: A node that cannot save its vote does not vote

    @id:failure/disk/1 @must @needs:wipe @needs:puppet
    Scenario: The voter's disk is gone
      Given a cluster of 3 primaries
      And a puppet X joins as a replica of node B
      When the folder of node A is taken away
      And puppet X asks node A for its vote in the next epoch although its primary is up
      Then for 1 node timeout node A has given puppet X 0 votes
      And within 1 node timeout node A does not answer

  Rule: A node without nodes.conf is a new node

    @id:failure/disk/2 @must @needs:wipe @needs:kill @needs:restart
    Scenario: A node comes back with nothing
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When node A1 is killed
      And the folder of node A1 is taken away
      And node A1 is restarted
      Then node A1 has another id than before
      And for 2 node timeouts CLUSTER INFO on node A1 says:
        | field               | value |
        | cluster_known_nodes | 1     |
      And nodes A, B, C report cluster_state "ok"
