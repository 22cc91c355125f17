@area:failure
Feature: Failover
  A replica of a failed primary asks the other primaries for their votes and takes the slots over.
  Source: Redis Cluster specification, "Replica election and promotion".

  Rule: A replica takes over the slots of its failed primary

    @id:failure/failover/1 @must @needs:kill
    Scenario: The replica takes over and writes resume
      Given a cluster of 3 primaries with 1 replica each
      And key "foo" holds "before"
      And every replica is in sync
      When node C is killed
      Then within 5 node timeouts "SET {foo}after 1" sent to node C1 gives simple "OK"
      And a client sends "GET foo" to node C1
      And the reply is bulk "before"
      And within 3 node timeouts every running node names C1 as the owner of slot 12182
      And within 3 node timeouts every running node reports cluster_state "ok"

    @id:failure/failover/2 @must @needs:kill
    Scenario: Clients of the other nodes are redirected to the new primary
      Given a cluster of 3 primaries with 1 replica each
      When node C is killed
      Then within 8 node timeouts "GET foo" sent to node A gives error "MOVED 12182 <C1.addr>"
      And within 2 node timeouts "GET foo" sent to node B gives error "MOVED 12182 <C1.addr>"
      And CLUSTER SLOTS on node A names C1 first for slot 12182

    @id:failure/failover/3 @must @needs:kill
    Scenario: The new primary has the greatest config epoch
      Given a cluster of 3 primaries with 1 replica each
      When node C is killed
      And within 8 node timeouts every running node names C1 as the owner of slot 12182
      Then within 2 node timeouts node C1 has the greatest config epoch
      And no two primaries that own slots have the same config epoch

    @id:failure/failover/4 @must @needs:kill @needs:restart
    Scenario: The old primary returns as a replica and has the new data
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When node C is killed
      And within 8 node timeouts every running node names C1 as the owner of slot 12182
      And a client sends "SET foo after" to node C1
      And node C is restarted
      Then within 10 node timeouts every node lists C as a replica of C1
      And within 15 node timeouts a read-only client of node C reads "after" from key "foo"

    @id:failure/failover/5 @must @needs:pause
    Scenario: A primary that hung and was replaced does not take its slots back
      Given a cluster of 3 primaries with 1 replica each
      When node C is paused
      And within 8 node timeouts nodes A, B, C1 name C1 as the owner of slot 12182
      And node C is resumed
      Then within 10 node timeouts every node lists C as a replica of C1
      And every node names C1 as the owner of slot 12182

    @id:failure/failover/6 @must @needs:kill @cmd:wait
    Scenario: A write that the replica acknowledged survives
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When a client sends to node C:
        | command     | reply       |
        | SET foo kept | simple "OK" |
        | WAIT 1 5000 | integer 1   |
      And node C is killed
      Then within 8 node timeouts "GET foo" sent to node C1 gives bulk "kept"

    @id:failure/failover/7 @must @needs:kill
    Scenario: Of two replicas one is elected and the other follows it
      Given a cluster of 3 primaries with 2 replicas each
      And every replica is in sync
      When node C is killed
      Then within 8 node timeouts exactly one of C1, C2 is a primary on every running node
      And within 5 node timeouts the other of C1, C2 is its replica on every running node

    @id:failure/failover/8 @must @needs:kill @needs:restart
    Scenario: The old primary takes over from its successor
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When node C is killed
      Then within 8 node timeouts every running node names C1 as the owner of slot 12182
      When node C is restarted
      Then within 10 node timeouts every node lists C as a replica of C1
      When a client sends "SET foo second" to node C1
      And within 15 node timeouts a read-only client of node C reads "second" from key "foo"
      And within 5 node timeouts every node reports cluster_state "ok"
      And node C1 is killed
      Then within 8 node timeouts every running node names C as the owner of slot 12182
      And within 3 node timeouts "GET foo" sent to node C gives bulk "second"

    @id:failure/failover/9 @must @needs:kill
    Scenario: One replica after the other takes over
      Given a cluster of 3 primaries with 2 replicas each
      And key "foo" holds "kept"
      And every replica is in sync
      When nodes C, C1 are killed together
      Then within 10 node timeouts every running node names C2 as the owner of slot 12182
      And within 3 node timeouts "GET foo" sent to node C2 gives bulk "kept"
      And within 3 node timeouts every running node reports cluster_state "ok"

    @id:failure/failover/10 @must @needs:kill @needs:proxy
    Scenario: Of two replicas the one with the newer data takes over
      Given a cluster of 3 primaries with 2 replicas each
      And every replica is in sync
      When node C is cut off from node C1
      And 100 keys in slot 12182 with values from 10 to 100 bytes
      And within 3 node timeouts the key count of node C2 is 100
      And node C is killed
      Then within 10 node timeouts every running node names C2 as the owner of slot 12182
      And each of the keys lies on node C2 with its value

  Rule: CLUSTER FAILOVER hands over on request, without losing a write

    @id:failure/manual/1 @must @cmd:cluster-failover
    Scenario: A healthy primary hands over to its replica
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When a client sends "SET foo handed" to node C
      And a client sends "CLUSTER FAILOVER" to node C1
      Then the reply is simple "OK"
      And within 5 node timeouts every node names C1 as the owner of slot 12182
      And within 5 node timeouts every node lists C as a replica of C1
      And a client sends "GET foo" to node C1
      And the reply is bulk "handed"

    @id:failure/manual/2 @must @cmd:cluster-failover
    Scenario: A primary cannot be asked to fail over
      Given a cluster of 3 primaries with 1 replica each
      When a client sends "CLUSTER FAILOVER" to node A
      Then the reply is error "ERR You should send CLUSTER FAILOVER to a replica"

    @id:failure/manual/3 @must @cmd:cluster-failover @needs:kill
    Scenario: FORCE takes over from a primary that is dead, with the votes of the others
      Given a cluster of 3 primaries with 1 replica each
      And key "foo" holds "before"
      And every replica is in sync
      When node C is killed
      And a client sends "CLUSTER FAILOVER FORCE" to node C1
      Then the reply is simple "OK"
      And within 5 node timeouts every running node names C1 as the owner of slot 12182
      And "GET foo" sent to node C1 gives bulk "before"

    @id:failure/manual/4 @must @cmd:cluster-failover @needs:kill
    Scenario: TAKEOVER asks nobody
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When nodes B, C are killed together
      And a client sends "CLUSTER FAILOVER TAKEOVER" to node C1
      Then the reply is simple "OK"
      And within 5 node timeouts nodes A, A1, B1, C1 name C1 as the owner of slot 12182
      And node C1 has the greatest config epoch

    @id:failure/manual/5 @must @cmd:cluster-failover
    Scenario: What is no FAILOVER is refused
      Given a cluster of 3 primaries with 1 replica each
      When a client sends to node C1:
        | command                         | reply                    |
        | CLUSTER FAILOVER SOMEHOW        | error "ERR syntax error" |
        | CLUSTER FAILOVER FORCE TAKEOVER | an error that begins with "ERR" |
      Then every node lists C1 as a replica of C

    @id:failure/manual/6 @must @cmd:cluster-failover @needs:kill
    Scenario: A replica whose primary is down is not handed anything
      Given a cluster of 3 primaries with 1 replica each
      And "cluster-replica-no-failover" is set to "yes" on every node
      When node C is killed
      Then within 5 node timeouts nodes A, B, C1 mark node C as "fail"
      And "CLUSTER FAILOVER" sent to node C1 gives error "ERR Master is down or failed, please use CLUSTER FAILOVER FORCE"
      And node C1 lists C1 as a replica of C

    @id:failure/manual/7 @must @cmd:cluster-failover @needs:kill
    Scenario: TAKEOVER brings a cluster back that has lost its majority
      Given a cluster of 3 primaries with 1 replica each
      And key "foo" holds "kept"
      And every replica is in sync
      When nodes B, C are killed together
      Then within 5 node timeouts node A reports cluster_state "fail"
      When a client sends "CLUSTER FAILOVER TAKEOVER" to node B1
      And a client sends "CLUSTER FAILOVER TAKEOVER" to node C1
      Then within 8 node timeouts every running node reports cluster_state "ok"
      And every running node names B1 as the owner of slot 9059
      And "GET foo" sent to node C1 gives bulk "kept"
      And within 3 node timeouts no two primaries that own slots have the same config epoch

    @id:failure/manual/8 @must @cmd:cluster-failover
    Scenario: There and back
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When a client sends "CLUSTER FAILOVER" to node C1
      Then within 5 node timeouts every node lists C as a replica of C1
      And within 15 node timeouts INFO replication on node C says:
        | field              | value |
        | master_link_status | up    |
      When a client sends "CLUSTER FAILOVER" to node C
      Then within 5 node timeouts every node lists C1 as a replica of C
      And every node names C as the owner of slot 12182

    @id:failure/manual/9 @must @cmd:cluster-failover
    Scenario: TAKEOVER outdoes the newest claim
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When a client sends "CLUSTER FAILOVER" to node C1
      Then within 5 node timeouts every node lists C as a replica of C1
      When a client sends "CLUSTER FAILOVER TAKEOVER" to node C
      Then within 5 node timeouts every node names C as the owner of slot 12182
      And within 5 node timeouts every node lists C1 as a replica of C
      And node C has the greatest config epoch

  Rule: A replica needs the votes of a majority of the primaries

    @id:failure/votes/1 @must @needs:kill @needs:pause
    Scenario: One vote of three is not enough
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When node C1 is paused
      And node C is killed
      And within 5 node timeouts nodes A, B mark node C as "fail"
      And node B is killed
      And node C1 is resumed
      Then for 4 node timeouts node C1 is a replica

    @id:failure/votes/2 @must @needs:kill
    Scenario: Two primaries of five fail together and are replaced under epochs of their own
      Given a cluster of 5 primaries with 1 replica each
      And every replica is in sync
      When nodes B, D are killed together
      Then within 10 node timeouts every running node lists B1 as a primary
      And within 10 node timeouts every running node lists D1 as a primary
      And within 3 node timeouts no two primaries that own slots have the same config epoch
      And within 3 node timeouts every running node reports cluster_state "ok"

  Rule: A replica that was told not to take over does not

    @id:failure/votes/3 @must @needs:kill @needs:config
    Scenario: cluster-replica-no-failover
      Given a cluster of 3 primaries with 1 replica each where "cluster-replica-no-failover" is "yes"
      When node C is killed
      And within 5 node timeouts nodes A, B mark node C as "fail"
      Then for 3 node timeouts node C1 is a replica
      And every running node reports cluster_state "fail"

    @id:failure/votes/4 @must @needs:config
    Scenario: Everybody knows of a replica that will not take over
      Given a cluster of 3 primaries with 1 replica each
      When "cluster-replica-no-failover" is set to "yes" on node C1
      Then within 3 node timeouts every node flags node C1 as "nofailover"

  Rule: A replica that was without its primary for too long does not take over

    @id:failure/validity/1 @must @slow @needs:kill @needs:config @needs:proxy
    Scenario: Its data is too old
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      And "cluster-replica-validity-factor" is set to "1" on node C1
      And "repl-ping-replica-period" is set to "1" on node C1
      When node C is cut off from node C1
      And a client sends "SET foo unseen" to node C
      And for 4 node timeouts node C1 lists C1 as a replica of C
      And node C is killed
      Then within 5 node timeouts nodes A, B mark node C as "fail"
      And for 3 node timeouts node C1 is a replica
      When "cluster-replica-validity-factor" is set to "0" on node C1
      Then within 8 node timeouts nodes A, B, C1 name C1 as the owner of slot 12182
