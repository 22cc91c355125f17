@area:interop
Feature: Failover between nodes that may be of different kinds
  Who takes over, who hands over and who votes may be anybody; the rules are the same for all.
  Source: Redis Cluster specification, "Replica election and promotion" and "Manual failover".

  Rule: A manual failover loses no acknowledged write, there and back

    @id:interop/manual/1 @must @cmd:cluster-failover
    Scenario Outline: <primary> hands over to <replica> and takes over again, under writes
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 500 keys of slots <slots>
      And every replica is in sync
      And 4 clients write to and read from those slots without pause
      When a client sends "CLUSTER FAILOVER" to node <replica>
      Then the reply is simple "OK"
      And within 8 node timeouts every node names <replica> as the owner of slot <slot>
      And within 8 node timeouts every node lists <primary> as a replica of <replica>
      When within 10 node timeouts "CLUSTER FAILOVER" sent to node <primary> gives simple "OK"
      Then within 8 node timeouts every node names <primary> as the owner of slot <slot>
      And within 8 node timeouts every node lists <replica> as a replica of <primary>
      When the clients stop
      Then every write that was acknowledged is there, once
      And within 10 node timeouts a read-only client of each replica reads every key of its primary
      And the clients saw ASK or MOVED
      And no two primaries that own slots have the same config epoch
      And for 2 node timeouts every node names <primary> as the owner of slot <slot>

      Examples:
        | primary | replica | slot | slots     |
        | A       | A1      | 866  | 0-1000    |
        | B       | B1      | 9059 | 9000-9999 |

  Rule: FORCE and TAKEOVER replace a primary that is well, and it follows

    @id:interop/manual/2 @must @cmd:cluster-failover
    Scenario Outline: <replica> takes over from <primary> by <how>, under writes
      Given a cluster of 3 primaries with 1 replica each
      And key "<key>" holds "before"
      And a cluster client writes 200 keys of slots <slots>
      And every replica is in sync
      And 2 clients write to and read from those slots without pause
      When a client sends "CLUSTER FAILOVER <how>" to node <replica>
      Then the reply is simple "OK"
      And within 8 node timeouts every node names <replica> as the owner of slot <slot>
      And within 8 node timeouts every node lists <primary> as a replica of <replica>
      When the clients stop
      Then the clients saw ASK or MOVED
      And node <replica> has the greatest config epoch
      And "GET <key>" sent to node <replica> gives bulk "before"
      And "SET <key> after" sent to node <replica> gives simple "OK"
      And within 10 node timeouts a read-only client of node <primary> reads "after" from key "<key>"
      And "GET <key>" sent to node C gives error "MOVED <slot> <<replica>.addr>"
      And within 10 node timeouts each replica holds as many keys as its primary

      Examples:
        | primary | replica | key   | slot | slots     | how      |
        | A       | A1      | hello | 866  | 0-1000    | FORCE    |
        | B       | B1      | world | 9059 | 9000-9999 | FORCE    |
        | A       | A1      | hello | 866  | 0-1000    | TAKEOVER |
        | B       | B1      | world | 9059 | 9000-9999 | TAKEOVER |

  Rule: The failure of a primary is noticed and mended by whoever is left

    @id:interop/failover/1 @must @needs:kill @needs:restart
    Scenario Outline: <primary> is replaced by its replica, and comes back as its replica
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 500 keys
      And every replica is in sync
      When node <primary> is killed
      Then within 10 node timeouts every running node names <replica> as the owner of slot <slot>
      And within 5 node timeouts every running node reports cluster_state "ok"
      And "SET <key> after" sent to node <replica> gives simple "OK"
      When node <primary> is restarted
      Then within 15 node timeouts every node lists <primary> as a replica of <replica>
      And within 15 node timeouts a read-only client of node <primary> reads "after" from key "<key>"
      And within 5 node timeouts every node gives the same ids, addresses, roles and slots in CLUSTER NODES
      And a cluster client reads every one of the keys back

      Examples:
        | primary | replica | key   | slot |
        | A       | A1      | hello | 866  |
        | B       | B1      | world | 9059 |

    @id:interop/failover/2 @must @slow @needs:kill
    Scenario: A primary that lost all its replicas is given one that another can spare
      Given a cluster of 3 primaries with 2 replicas each
      And a cluster client writes 500 keys
      And every replica is in sync
      When nodes A1, A2 are killed together
      Then within 15 node timeouts "CLUSTER REPLICAS <A.id>" sent to node A gives array of 3
      And within 5 node timeouts "WAIT 1 1000" sent to node A gives integer 1
      When node A is killed
      Then within 10 node timeouts nodes B, C mark node A as "fail"
      And within 10 node timeouts every running node reports cluster_state "ok"

  Rule: Who was away while others decided is told, and follows

    @id:interop/failover/3 @must @needs:pause
    Scenario Outline: <primary> hangs, is replaced, and wakes up as a replica
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 500 keys of slots <slots>
      And every replica is in sync
      When node <primary> is paused
      Then within 10 node timeouts every running node names <replica> as the owner of slot <slot>
      And within 5 node timeouts "SET <key> after" sent to node <replica> gives simple "OK"
      When node <primary> is resumed
      Then within 8 node timeouts every node lists <primary> as a replica of <replica>
      And within 5 node timeouts every node gives the same ids, addresses, roles and slots in CLUSTER NODES
      And "GET <key>" sent to node <primary> gives error "MOVED <slot> <<replica>.addr>"
      And within 8 node timeouts a read-only client of node <primary> reads "after" from key "<key>"
      And no two primaries that own slots have the same config epoch

      Examples:
        | primary | replica | key   | slot  | slots       |
        | A       | A1      | hello | 866   | 0-1000      |
        | B       | B1      | world | 9059  | 9000-9999   |
        | C       | C1      | foo   | 12182 | 12000-13000 |
