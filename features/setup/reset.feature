@area:setup
Feature: Starting over, and epochs set by hand
  Source: CLUSTER RESET, CLUSTER SET-CONFIG-EPOCH, CLUSTER BUMPEPOCH, CLUSTER FLUSHSLOTS.

  Rule: A node that is reset forgets the others, its slots and, when reset hard, who it was

    @id:setup/reset/1 @must @cmd:cluster-reset
    Scenario: A soft reset
      Given a cluster of 3 primaries and 1 node without slots
      When a client sends "CLUSTER RESET" to node D
      Then the reply is simple "OK"
      And node D has the id it had before
      And CLUSTER INFO on node D says:
        | field                  | value |
        | cluster_slots_assigned | 0     |
      And nodes A, B, C report cluster_state "ok"

    @id:setup/reset/2 @must @cmd:cluster-reset
    Scenario: A hard reset makes a new node of it
      Given 1 node that does not know any other
      When a client sends to node A:
        | command                  | reply       |
        | CLUSTER ADDSLOTS 1 2 3   | simple "OK" |
        | CLUSTER SET-CONFIG-EPOCH 7 | simple "OK" |
        | CLUSTER RESET HARD       | simple "OK" |
      Then node A has another id than before
      And CLUSTER INFO on node A says:
        | field                  | value |
        | cluster_slots_assigned | 0     |
        | cluster_known_nodes    | 1     |
        | cluster_my_epoch       | 0     |
        | cluster_current_epoch  | 0     |

    @id:setup/reset/3 @must @cmd:cluster-reset
    Scenario: A primary with keys is not reset
      Given a cluster of 3 primaries
      And key "hello" holds "world"
      When a client sends to node A:
        | command               | reply                    |
        | CLUSTER RESET         | error "ERR CLUSTER RESET can't be called with master nodes containing keys" |
        | CLUSTER RESET SOMEHOW | error "ERR syntax error" |
        | GET hello             | bulk "world"             |
      Then every node lists nodes A, B, C as connected

    @id:setup/reset/4 @must @cmd:cluster-reset
    Scenario: A replica becomes an empty primary
      Given a cluster of 3 primaries with 1 replica each
      And key "hello" holds "world"
      And every replica is in sync
      When a client sends "CLUSTER RESET HARD" to node A1
      Then the reply is simple "OK"
      And the key count of node A1 is 0
      And "ROLE" sent to node A1 gives array of 3
      And CLUSTER INFO on node A1 says:
        | field               | value |
        | cluster_known_nodes | 1     |
      And "GET hello" sent to node A gives bulk "world"

    @id:setup/reset/5 @must @cmd:cluster-reset
    Scenario: A replica that is reset soft keeps its id and is an empty primary
      Given a cluster of 3 primaries with 1 replica each
      And key "hello" holds "world"
      And every replica is in sync
      When a client sends "CLUSTER RESET SOFT" to node A1
      Then the reply is simple "OK"
      And node A1 has the id it had before
      And the key count of node A1 is 0
      And "GET hello" sent to node A1 gives error "CLUSTERDOWN Hash slot not served"
      And node A1 knows only itself

  Rule: A config epoch is set by hand once, on a node that knows no other

    @id:setup/epoch/2 @must @cmd:cluster-set-config-epoch
    Scenario: Set once
      Given 1 node that does not know any other
      When a client sends to node A:
        | command                     | reply                                                 |
        | CLUSTER SET-CONFIG-EPOCH x  | error "ERR value is not an integer or out of range"   |
        | CLUSTER SET-CONFIG-EPOCH -1 | error "ERR Invalid config epoch specified: -1"        |
        | CLUSTER SET-CONFIG-EPOCH 5  | simple "OK"                                           |
        | CLUSTER SET-CONFIG-EPOCH 6  | error "ERR Node config epoch is already non-zero"     |
      Then CLUSTER INFO on node A says:
        | field                 | value |
        | cluster_my_epoch      | 5     |
        | cluster_current_epoch | 5     |

    @id:setup/epoch/3 @must @cmd:cluster-set-config-epoch
    Scenario: Not in a cluster
      Given a cluster of 3 primaries
      When a client sends "CLUSTER SET-CONFIG-EPOCH 9" to node A
      Then the reply is error "ERR The user can assign a config epoch only when the node does not know any other node."

    @id:setup/epoch/4 @must @cmd:cluster-bumpepoch
    Scenario: BUMPEPOCH makes the epoch the greatest, once
      Given a cluster of 3 primaries
      When a client sends "CLUSTER BUMPEPOCH" to node A
      Then the reply is simple "BUMPED 4"
      And within 3 node timeouts node A has the greatest config epoch
      And "CLUSTER BUMPEPOCH" sent to node A gives simple "STILL 4"

  Rule: FLUSHSLOTS takes all slots of an empty node away

    @id:setup/flushslots/1 @must @cmd:cluster-flushslots
    Scenario: With and without keys
      Given a cluster of 3 primaries
      And key "hello" holds "world"
      When a client sends to node A:
        | command            | reply                                                           |
        | CLUSTER FLUSHSLOTS | error "ERR DB must be empty to perform CLUSTER FLUSHSLOTS."     |
        | DEL hello          | integer 1                                                       |
        | CLUSTER FLUSHSLOTS | simple "OK"                                                     |
        | GET hello          | error "CLUSTERDOWN Hash slot not served"                        |
