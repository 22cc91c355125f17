@area:tools
Feature: redis-cli finds and mends what is broken
  Source: redis-cli --cluster help: check, fix.

  Rule: check is content with a cluster that is whole, and with no other

    @id:tools/check/1 @must @harmless @needs:redis-cli
    Scenario: A cluster with replicas
      Given a cluster of 3 primaries with 1 replica each
      Then redis-cli --cluster check of every running node finds nothing wrong

    @id:tools/check/2 @must @needs:redis-cli @cmd:cluster-delslots
    Scenario: A slot that nobody owns
      Given a cluster of 3 primaries
      When every node is told to delete slot 866
      Then redis-cli --cluster check finds fault with the cluster

  Rule: fix closes slots that were left open, wherever their keys are by then

    @id:tools/fix/1 @must @since:7.0 @needs:redis-cli @cmd:cluster-setslot
    Scenario: Half of a slot has moved
      Given a cluster of 3 primaries
      And a cluster client writes 60 keys of every kind of slots 866-866, some of which expire
      And slot 866 is migrating from node A to node B
      And node A migrates half of the keys of slot 866 to node B
      When redis-cli runs "--cluster fix <C.addr>"
      Then redis-cli succeeds
      And within 3 node timeouts every node gives the same ids, addresses, roles and slots in CLUSTER NODES
      And no node has an open slot
      And each of the keys has the value and the expiry it had, and lies on the owner of its slot alone
      And redis-cli --cluster check of every running node finds nothing wrong

    @id:tools/fix/2 @must @since:7.0 @needs:redis-cli @cmd:cluster-setslot
    Scenario: The source of a slot has forgotten that it is moving
      Given a cluster of 3 primaries
      And a cluster client writes 60 keys of every kind of slots 866-866, some of which expire
      And slot 866 is migrating from node A to node B
      And node A migrates half of the keys of slot 866 to node B
      And a client sends "CLUSTER SETSLOT 866 STABLE" to node A
      When redis-cli runs "--cluster fix <B.addr>"
      Then redis-cli succeeds
      And within 3 node timeouts every node gives the same ids, addresses, roles and slots in CLUSTER NODES
      And no node has an open slot
      And each of the keys has the value and the expiry it had, and lies on the owner of its slot alone

    @id:tools/fix/3 @must @needs:redis-cli @cmd:cluster-setslot
    Scenario: The target of a slot has forgotten that it is coming
      Given a cluster of 3 primaries
      And key "hello" holds "stays"
      And slot 866 is migrating from node A to node B
      When a client sends "CLUSTER SETSLOT 866 STABLE" to node B
      And redis-cli runs "--cluster fix <A.addr>"
      Then redis-cli succeeds
      And no node has an open slot
      And within 3 node timeouts every node names A as the owner of slot 866
      And "GET hello" sent to node A gives bulk "stays"

  Rule: fix finds an owner for slots that have none

    @id:tools/fix/4 @must @needs:redis-cli @cmd:cluster-delslots @cmd:cluster-addslots
    Scenario: A slot with keys goes to the node that holds them, a slot without to anybody
      Given a cluster of 3 primaries
      And key "hello" holds "kept"
      When every node is told to delete slot 866
      And every node is told to delete slot 9059
      And redis-cli runs "--cluster fix <C.addr>"
      Then redis-cli succeeds
      And within 5 node timeouts every node names A as the owner of slot 866
      And within 5 node timeouts every node reports cluster_state "ok"
      And within 3 node timeouts "GET hello" sent to node A gives bulk "kept"
      And within 5 node timeouts redis-cli --cluster check of every running node finds nothing wrong

    @id:tools/fix/5 @must @since:7.0 @needs:redis-cli @cmd:cluster-setslot
    Scenario: Many slots are open at once
      Given a cluster of 3 primaries
      And a cluster client writes 200 keys of slots 0-39
      And slots 0-39 are migrating from node A to node B
      When redis-cli runs "--cluster fix <C.addr>"
      Then redis-cli succeeds
      And no node has an open slot
      And a cluster client reads every one of the keys back
      And within 3 node timeouts redis-cli --cluster check of every running node finds nothing wrong

    @id:tools/fix/6 @must @slow @needs:redis-cli @needs:kill
    Scenario: The slots of a primary that is gone for good
      Given a cluster of 3 primaries
      When node C is killed
      Then within 5 node timeouts nodes A, B mark node C as "fail"
      When redis-cli runs "--cluster fix <A.addr> --cluster-fix-with-unreachable-masters"
      Then redis-cli succeeds
      And within 5 node timeouts nodes A, B report cluster_state "ok"
