@area:interop
Feature: Membership of nodes that may be of different kinds
  Source: Redis Cluster specification, "Nodes handshake", "Hash slots configuration propagation" and "Configuration epochs conflicts resolution algorithm".

  Rule: Two primaries with one config epoch settle which of them keeps it

    @id:interop/epoch/1 @must @cmd:cluster-meet @cmd:cluster-set-config-epoch
    Scenario Outline: Three primaries of epoch 7 meet, <first> first
      Given 3 nodes that do not know each other
      And node A is given slots 0-5460
      And node B is given slots 5461-10922
      And node C is given slots 10923-16383
      When a client sends "CLUSTER SET-CONFIG-EPOCH 7" to node A
      And a client sends "CLUSTER SET-CONFIG-EPOCH 7" to node B
      And a client sends "CLUSTER SET-CONFIG-EPOCH 7" to node C
      And node <first> meets node <second>
      And node <second> meets node C
      Then within 5 node timeouts every node lists nodes A, B, C as connected
      And within 5 node timeouts no two primaries have the same config epoch on any node
      And within 5 node timeouts every node reports cluster_state "ok"
      And within 5 node timeouts every node assigns slots 0-5460 to A, 5461-10922 to B, 10923-16383 to C

      Examples:
        | first | second |
        | A     | B      |
        | B     | A      |

  Rule: Of two owners of a slot the one with the greater config epoch is believed by all

    @id:interop/epoch/2 @must @cmd:cluster-meet
    Scenario Outline: Two nodes that both own slot 100 meet, and <winner> has the greater epoch
      Given 2 nodes that do not know each other
      And node A is given slots 0-9000
      And node B is given slots 100-100
      And a client sends "CLUSTER SET-CONFIG-EPOCH <a>" to node A
      And a client sends "CLUSTER SET-CONFIG-EPOCH <b>" to node B
      When node A meets node B
      Then within 5 node timeouts every node lists nodes A, B as connected
      And within 5 node timeouts every node names <winner> as the owner of slot 100
      And within 5 node timeouts every node names A as the owner of slot 99

      Examples:
        | winner | a | b |
        | A      | 9 | 8 |
        | B      | 8 | 9 |

  Rule: What every node publishes, every other node hears

    @id:interop/meet/1 @must @cmd:cluster-meet
    Scenario: Six nodes that each met only the one before them form one cluster
      Given 6 nodes that do not know each other
      When node B meets node A
      And node C meets node B
      And node D meets node C
      And node E meets node D
      And node F meets node E
      Then within 10 node timeouts every node lists nodes A, B, C, D, E, F as connected and none as failed
      And within 3 node timeouts every node gives the same ids, addresses, roles and slots in CLUSTER NODES
      And every line of CLUSTER NODES has the form id, address, flags, primary, ping, pong, epoch, link, slots
