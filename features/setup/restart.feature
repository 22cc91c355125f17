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

    @id:setup/restart/4 @must @needs:kill @needs:restart @cmd:cluster-bumpepoch
    Scenario: An epoch that was taken is not forgotten
      Given a cluster of 3 primaries
      When a client sends "CLUSTER BUMPEPOCH" to node A
      Then the reply is simple "BUMPED 4"
      When node A is killed
      And node A is restarted
      Then CLUSTER INFO on node A says:
        | field                 | value |
        | cluster_my_epoch      | 4     |
        | cluster_current_epoch | 4     |

    @id:setup/restart/5 @must @needs:kill @needs:restart @cmd:cluster-setslot
    Scenario: A slot on its way in is still open after a restart
      Given a cluster of 3 primaries
      And slot 866 is migrating from node A to node B
      When node B is killed
      And node B is restarted
      Then within 5 node timeouts CLUSTER NODES on node B shows slot 866 importing from A

    @id:setup/restart/6 @must @needs:restart @cmd:cluster-forget
    Scenario: A node that was forgotten is not remembered by a restart
      Given a cluster of 3 primaries and 1 node without slots
      When the other nodes forget node D
      And node A is restarted
      Then for 2 node timeouts node A does not list node D

    @id:setup/restart/7 @must @needs:kill @needs:restart
    Scenario: A replica that restarts is its primary's replica, and has the data
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When node A1 is killed
      And a client sends "SET hello meanwhile" to node A
      And node A1 is restarted
      Then node A1 lists A1 as a replica of A
      And within 15 node timeouts a read-only client of node A1 reads "meanwhile" from key "hello"

  Rule: nodes.conf records the node itself, the others and the epochs

    @id:setup/nodesconf/1 @must @needs:nodes-conf
    Scenario: nodes.conf has a line for every node and the epochs
      Given a cluster of 3 primaries with 1 replica each
      Then nodes.conf of every node names all 6 nodes, marks one as "myself" and ends with currentEpoch and lastVoteEpoch

  Rule: A node that cannot read its nodes.conf does not begin anew

    @id:setup/nodesconf/2 @must @needs:kill @needs:restart @needs:nodes-conf-edit
    Scenario: nodes.conf is damaged
      Given a cluster of 3 primaries and 1 node without slots
      When node D is killed
      And nodes.conf of node D is damaged
      Then node D refuses to start

    @id:setup/nodesconf/3 @must @needs:kill @needs:restart @needs:nodes-conf-edit
    Scenario: An empty nodes.conf is as good as none
      Given a cluster of 3 primaries and 1 node without slots
      When node D is killed
      And nodes.conf of node D is emptied
      And node D is restarted
      Then node D has another id than before
      And nodes A, B, C report cluster_state "ok"
