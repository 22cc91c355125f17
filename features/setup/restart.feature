@area:setup
Feature: What a node remembers
  A node keeps its own record of the cluster and comes back as the node it was.
  Source: Redis Cluster specification, "Cluster topology"; Redis documentation, "Scaling with Redis Cluster", nodes.conf.

  Rule: A node that restarts has the same id, role and slots as before

    @id:setup/restart/1 @must @needs:restart
    Scenario: The whole cluster restarts
      Given a cluster of 3 primaries with 1 replica each
      When every node is restarted
      Then every node has the id it had before
      And within 10 node timeouts every node reports cluster_state "ok"
      And within 10 node timeouts every node gives the same ids, addresses, roles and slots in CLUSTER NODES
      And every node assigns slots 0-5460 to A, 5461-10922 to B, 10923-16383 to C
      And every node lists A1 as a replica of A

    @id:setup/restart/2 @must @needs:kill @needs:restart
    Scenario: A primary without replicas that was killed serves its slots again
      Given a cluster of 3 primaries
      When node B is killed
      And node B is restarted
      Then node B has the id it had before
      And within 10 node timeouts every node reports cluster_state "ok"
      And every node assigns slots 0-5460 to A, 5461-10922 to B, 10923-16383 to C

    @id:setup/restart/3 @must @needs:kill @needs:restart @cmd:cluster-setslot
    Scenario: An open slot is still open after a restart
      Given a cluster of 3 primaries
      And slot 866 is migrating from node A to node B
      When node A is killed
      And node A is restarted
      Then within 5 node timeouts CLUSTER NODES on node A shows slot 866 migrating to B

  Rule: nodes.conf records the node itself, the others and the epochs

    @id:setup/nodesconf/1 @must @needs:nodes-conf
    Scenario: nodes.conf has a line for every node and the epochs
      Given a cluster of 3 primaries with 1 replica each
      Then nodes.conf of every node names all 6 nodes, marks one as "myself" and ends with currentEpoch and lastVoteEpoch
