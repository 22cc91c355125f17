@area:tools
Feature: redis-cli makes clusters, and makes them greater and smaller
  The tool of every administrator talks to any server that speaks the protocol.
  Source: redis-cli --cluster help: create, add-node, del-node.

  Rule: create makes one cluster of nodes that do not know each other

    @id:tools/create/1 @must @needs:redis-cli @cmd:cluster-meet @cmd:cluster-addslots
    Scenario: Six nodes become three primaries with a replica each
      Given 6 nodes that do not know each other
      When redis-cli runs "--cluster create <A.addr> <B.addr> <C.addr> <D.addr> <E.addr> <F.addr> --cluster-replicas 1 --cluster-yes"
      Then redis-cli succeeds
      And redis-cli says "[OK] All 16384 slots covered."
      And within 5 node timeouts every node assigns slots 0-5460 to A, 5461-10922 to B, 10923-16383 to C
      And within 5 node timeouts nodes D, E, F are replicas
      And within 5 node timeouts "CLUSTER REPLICAS <A.id>" sent to node A gives array of 1
      And within 5 node timeouts "CLUSTER REPLICAS <B.id>" sent to node B gives array of 1
      And within 5 node timeouts "CLUSTER REPLICAS <C.id>" sent to node C gives array of 1
      And within 5 node timeouts every node reports cluster_state "ok"
      And no two primaries that own slots have the same config epoch
      And within 5 node timeouts redis-cli --cluster check of every running node finds nothing wrong

    @id:tools/create/2 @must @needs:redis-cli
    Scenario: A node that holds a key is refused
      Given 3 nodes that do not know each other
      And node B is given slots 0-16383
      When within 3 node timeouts "SET foo bar" sent to node B gives simple "OK"
      And redis-cli runs "--cluster create <A.addr> <B.addr> <C.addr> --cluster-yes"
      Then redis-cli fails
      And redis-cli says "Node <B.addr> is not empty."

  Rule: add-node introduces a node, as a primary without slots or as a replica

    @id:tools/add-node/1 @must @needs:redis-cli @cmd:cluster-meet @cmd:cluster-replicate
    Scenario: A primary without slots and a replica of B join
      Given 5 nodes that do not know each other
      When redis-cli runs "--cluster create <A.addr> <B.addr> <C.addr> --cluster-yes"
      And redis-cli runs "--cluster add-node <D.addr> <A.addr>"
      Then redis-cli succeeds
      And redis-cli says "[OK] New node added correctly."
      And within 5 node timeouts nodes A, B, C, D list nodes A, B, C, D as connected and none as failed
      When redis-cli runs "--cluster add-node <E.addr> <C.addr> --cluster-slave --cluster-master-id <B.id>"
      Then redis-cli succeeds
      And redis-cli says "[OK] New node added correctly."
      And within 5 node timeouts every node lists E as a replica of B
      And every node lists D as a primary
      And within 5 node timeouts redis-cli --cluster check of every running node finds nothing wrong

    @id:tools/add-node/2 @must @needs:redis-cli @cmd:cluster-meet @cmd:cluster-replicate
    Scenario: Without a primary being named, a replica goes to the one that has the fewest
      Given 5 nodes that do not know each other
      When redis-cli runs "--cluster create <A.addr> <B.addr> <C.addr> --cluster-yes"
      And redis-cli runs "--cluster add-node <D.addr> <A.addr> --cluster-slave --cluster-master-id <A.id>"
      And redis-cli runs "--cluster add-node <E.addr> <A.addr> --cluster-slave"
      Then redis-cli succeeds
      And within 5 node timeouts node E is a replica
      And within 5 node timeouts "CLUSTER REPLICAS <A.id>" sent to node A gives array of 1
      And within 5 node timeouts every node lists nodes A, B, C, D, E as connected and none as failed

  Rule: del-node takes a node out of the cluster, if it has no slots

    @id:tools/del-node/1 @must @needs:redis-cli @cmd:cluster-forget
    Scenario: A node without slots leaves
      Given a cluster of 3 primaries and 1 node without slots
      When redis-cli runs "--cluster del-node <B.addr> <D.id>"
      Then redis-cli succeeds
      And within 3 node timeouts nodes A, B, C do not list node D
      And within 3 node timeouts node D knows only itself
      And redis-cli --cluster check of nodes A, B, C finds nothing wrong

    @id:tools/del-node/2 @must @needs:redis-cli @cmd:cluster-forget
    Scenario: A primary with slots is not let go
      Given a cluster of 3 primaries
      When redis-cli runs "--cluster del-node <A.addr> <B.id>"
      Then redis-cli fails
      And redis-cli says "is not empty! Reshard data away and try again."
      And for 1 node timeout every node lists nodes A, B, C as connected and none as failed
