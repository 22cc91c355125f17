@area:setup
Feature: What nodes say of the cluster
  Every node answers for the whole cluster, and all give the same picture.
  Source: Redis Cluster specification, "Cluster topology"; CLUSTER NODES, CLUSTER SLOTS, CLUSTER SHARDS, CLUSTER INFO.

  Rule: CLUSTER NODES on every node gives the same nodes, roles and slots

    @id:setup/nodes/1 @must @harmless @cmd:cluster-nodes
    Scenario: All nodes agree in CLUSTER NODES
      Given a cluster of 3 primaries with 1 replica each
      Then within 3 node timeouts every node gives the same ids, addresses, roles and slots in CLUSTER NODES
      And every line of CLUSTER NODES has the form id, address, flags, primary, ping, pong, epoch, link, slots

    @id:setup/nodes/2 @must @harmless @cmd:cluster-nodes
    Scenario: The primaries share the slots evenly
      Given a cluster of 3 primaries
      Then every node assigns slots 0-5460 to A, 5461-10922 to B, 10923-16383 to C

    @id:setup/nodes/3 @must @cmd:cluster-nodes
    Scenario: Slots that are next to each other are one range, others are ranges of their own
      Given 1 node that does not know any other
      When a client sends to node A:
        | command                                      | reply       |
        | CLUSTER ADDSLOTS 3 1 2 9 11 10 13 0 16383    | simple "OK" |
        | CLUSTER DELSLOTS 10                          | simple "OK" |
      Then node A assigns slots 0-3 and 9 and 11 and 13 and 16383 to A

    @id:setup/epoch/1 @must @harmless @cmd:cluster-nodes
    Scenario: Every primary has a config epoch of its own
      Given a cluster of 3 primaries with 1 replica each
      Then within 5 node timeouts no two primaries have the same config epoch on any node

  Rule: CLUSTER SLOTS covers each slot once and names the primary before its replicas

    @id:setup/slots/1 @must @cmd:cluster-slots
    Scenario: CLUSTER SLOTS says the same as CLUSTER NODES on every node
      Given a cluster of 3 primaries with 1 replica each
      And key "hello" holds "1"
      And key "world" holds "1"
      And key "foo" holds "1"
      Then within 5 node timeouts CLUSTER SLOTS on every node names each slot once, with the owner that CLUSTER NODES names
      And within 10 node timeouts CLUSTER SLOTS on every node names replica A1 after A, B1 after B, C1 after C

    @id:setup/slots/2 @must @cmd:cluster-slots
    Scenario: Slots that are not next to each other are separate entries
      Given 1 node that does not know any other
      When a client sends to node A:
        | command                           | reply       |
        | CLUSTER ADDSLOTS 3 1 2 9 11 10 13 | simple "OK" |
      Then CLUSTER SLOTS on node A has the ranges 1-3, 9-11, 13-13

  Rule: CLUSTER SHARDS groups each primary with its replicas

    @id:setup/shards/1 @must @harmless @since:7.0 @cmd:cluster-shards
    Scenario: CLUSTER SHARDS says the same as CLUSTER NODES on every node
      Given a cluster of 3 primaries with 1 replica each
      Then within 5 node timeouts CLUSTER SHARDS on every node groups A with A1, B with B1, C with C1 and their slots

  Rule: CLUSTER INFO counts what the cluster consists of

    @id:setup/info/1 @must @harmless @cmd:cluster-info
    Scenario: CLUSTER INFO of a healthy cluster
      Given a cluster of 3 primaries with 1 replica each
      Then within 3 node timeouts CLUSTER INFO on every node says:
        | field                  | value |
        | cluster_state          | ok    |
        | cluster_slots_assigned | 16384 |
        | cluster_slots_ok       | 16384 |
        | cluster_slots_pfail    | 0     |
        | cluster_slots_fail     | 0     |
        | cluster_known_nodes    | 6     |
        | cluster_size           | 3     |

  Rule: A node names the replicas of a primary, and its own links

    @id:setup/replicas/1 @must @cmd:cluster-replicas
    Scenario: CLUSTER REPLICAS
      Given a cluster of 3 primaries with 2 replicas each
      Then within 3 node timeouts "CLUSTER REPLICAS <A.id>" sent to node B gives array of 2
      And "CLUSTER REPLICAS <A1.id>" sent to node B gives error "ERR The specified node is not a master"
      And "CLUSTER REPLICAS 0123456789012345678901234567890123456789" sent to node B gives error "ERR Unknown node 0123456789012345678901234567890123456789"

    @id:setup/links/1 @should @since:7.0 @cmd:cluster-links
    Scenario: Two links to each other node
      Given a cluster of 3 primaries
      Then within 3 node timeouts "CLUSTER LINKS" sent to node A gives array of 4

    @id:setup/replicas/2 @must @cmd:cluster-replicas
    Scenario: A primary without replicas, and the older name of the command
      Given a cluster of 3 primaries with 1 replica each
      When the other nodes forget node C1
      Then "CLUSTER REPLICAS <C.id>" sent to node A gives array []
      And "CLUSTER SLAVES <C.id>" sent to node A gives array []
      And "CLUSTER SLAVES <A.id>" sent to node A gives array of 1

    @id:setup/links/2 @should @since:7.0 @cmd:cluster-links
    Scenario: CLUSTER LINKS tells directions and peers
      Given a cluster of 3 primaries
      Then within 3 node timeouts CLUSTER LINKS on node A shows a link to and a link from nodes B, C

    @id:setup/shard-id/1 @must @since:7.2 @cmd:cluster-myshardid
    Scenario: A primary and its replicas have one shard id, and other shards have others
      Given a cluster of 3 primaries with 1 replica each
      Then within 3 node timeouts nodes A, A1 are of one shard
      And within 3 node timeouts nodes B, B1 are of one shard
      And nodes A, B are not of one shard
      And nodes A, C are not of one shard

    @id:setup/help/1 @must @harmless @cmd:cluster-help
    Scenario: CLUSTER HELP
      Given a cluster of 3 primaries
      Then "CLUSTER HELP" sent to node A gives an array that begins with simple "CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"

    @id:setup/saveconfig/1 @must @cmd:cluster-saveconfig @needs:nodes-conf
    Scenario: CLUSTER SAVECONFIG
      Given a cluster of 3 primaries with 1 replica each
      When a client sends "CLUSTER SAVECONFIG" to node A
      Then the reply is simple "OK"
      And nodes.conf of node A gives node B1 the address bulk "<B1.ip>:<B1.port>@<B1.busport>"

    @id:setup/reports/1 @must @cmd:cluster-count-failure-reports
    Scenario: Nobody reports a healthy node
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command                               | reply     |
        | CLUSTER COUNT-FAILURE-REPORTS <B.id>  | integer 0 |
        | CLUSTER COUNT-FAILURE-REPORTS 0123456789012345678901234567890123456789 | error "ERR Unknown node 0123456789012345678901234567890123456789" |

    @id:setup/unknown/1 @must
    Scenario: What CLUSTER does not know it refuses
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command            | reply                                                       |
        | CLUSTER            | error "ERR wrong number of arguments for 'cluster' command" |
        | CLUSTER SOMETHING  | error "ERR unknown subcommand 'SOMETHING'. Try CLUSTER HELP." |
        | REPLICAOF NO ONE   | error "ERR REPLICAOF not allowed in cluster mode."          |
        | SWAPDB 0 1         | error "ERR SWAPDB is not allowed in cluster mode"           |

  Rule: A shard whose primary has failed is still shown, with its slots and the primary's health

    @id:setup/shards/2 @must @since:7.0 @needs:kill @cmd:cluster-shards
    Scenario: A primary is killed
      Given a cluster of 3 primaries
      Then CLUSTER SHARDS on every node gives node C the health bulk "online"
      When node C is killed
      Then within 5 node timeouts CLUSTER SHARDS on nodes A, B gives node C the health bulk "fail"
      And CLUSTER SHARDS on nodes A, B gives node A the health bulk "online"
      And nodes A, B assign slots 10923-16383 to C

  Rule: What has failed is not named to clients, and what owns nothing is not counted

    @id:setup/slots/3 @must @needs:kill @cmd:cluster-slots
    Scenario: A replica fails
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      And within 10 node timeouts CLUSTER SLOTS on every node names replica A1 after A, B1 after B, C1 after C
      When node C1 is killed
      And within 5 node timeouts nodes A, B, C mark node C1 as "fail"
      Then CLUSTER SLOTS on node A names C alone for slot 12182
      And CLUSTER SLOTS on node C names C alone for slot 12182

    @id:setup/info/2 @must @cmd:cluster-info
    Scenario: Primaries without slots are not part of the size
      Given a cluster of 3 primaries and 2 nodes without slots
      Then within 3 node timeouts CLUSTER INFO on every node says:
        | field               | value |
        | cluster_known_nodes | 5     |
        | cluster_size        | 3     |
