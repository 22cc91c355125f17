@area:setup
Feature: Assigning slots
  The key space is 16384 slots. A cluster serves when each of them has an owner.
  Source: Redis Cluster specification, "Key distribution model"; CLUSTER ADDSLOTS, CLUSTER DELSLOTS.

  Rule: A node without slots in a cluster without slots reports that the cluster is down

    @id:setup/state/1 @must @cmd:cluster-info
    Scenario: A fresh node serves nothing
      Given 1 node that does not know any other
      When a client sends to node A:
        | command  | reply                                      |
        | GET foo  | error "CLUSTERDOWN Hash slot not served"   |
        | PING     | simple "PONG"                              |
      Then CLUSTER INFO on node A says:
        | field                  | value |
        | cluster_state          | fail  |
        | cluster_slots_assigned | 0     |
        | cluster_known_nodes    | 1     |

  Rule: Once every slot has an owner, every node reports that the cluster is up

    @id:setup/addslots/1 @must @cmd:cluster-addslots @cmd:cluster-meet
    Scenario: Three primaries from nothing
      Given 3 nodes that do not know each other
      When node B meets node A
      And node C meets node A
      And node A is given slots 0-5460
      And node B is given slots 5461-10922
      And node C is given slots 10923-16383
      Then within 5 node timeouts every node reports cluster_state "ok"
      And within 5 node timeouts every node assigns slots 0-5460 to A, 5461-10922 to B, 10923-16383 to C
      And a value written under "hello" on node A can be read there

  Rule: Slots are assigned all together or not at all

    @id:setup/addslots/2 @must @cmd:cluster-addslots
    Scenario Outline: ADDSLOTS with <what> assigns nothing
      Given 1 node that does not know any other
      When a client sends "CLUSTER ADDSLOTS 7" to node A
      And a client sends "CLUSTER ADDSLOTS <slots>" to node A
      Then the reply is error "<error>"
      And CLUSTER INFO on node A says:
        | field                  | value |
        | cluster_slots_assigned | 1     |

      Examples:
        | what                          | slots      | error                                 |
        | a slot that has an owner      | 5 6 7      | ERR Slot 7 is already busy            |
        | the same slot twice           | 5 6 5      | ERR Slot 5 specified multiple times   |
        | a slot beyond the last        | 5 16384    | ERR Invalid or out of range slot      |
        | a negative slot               | 5 -1       | ERR Invalid or out of range slot      |
        | something that is no number   | 5 six      | ERR Invalid or out of range slot      |

    @id:setup/delslots/1 @must @cmd:cluster-delslots
    Scenario: DELSLOTS takes slots away, and refuses a slot that has no owner
      Given 1 node that does not know any other
      When a client sends to node A:
        | command                   | reply                                    |
        | CLUSTER ADDSLOTS 1 2 3    | simple "OK"                              |
        | CLUSTER DELSLOTS 2        | simple "OK"                              |
        | CLUSTER DELSLOTS 1 2      | error "ERR Slot 2 is already unassigned" |
      Then CLUSTER INFO on node A says:
        | field                  | value |
        | cluster_slots_assigned | 2     |

    @id:setup/addslotsrange/1 @must @since:7.0 @cmd:cluster-addslotsrange @cmd:cluster-delslotsrange
    Scenario: Whole ranges are assigned and taken away at once
      Given 1 node that does not know any other
      When a client sends to node A:
        | command                                 | reply                                     |
        | CLUSTER ADDSLOTSRANGE 0 99 200 299      | simple "OK"                               |
        | CLUSTER ADDSLOTSRANGE 300 300 250 260   | error "ERR Slot 250 is already busy"      |
        | CLUSTER ADDSLOTSRANGE 400 390           | error "ERR start slot number 400 is greater than end slot number 390" |
        | CLUSTER ADDSLOTSRANGE 400               | error "ERR wrong number of arguments for 'cluster\|addslotsrange' command" |
        | CLUSTER DELSLOTSRANGE 0 49              | simple "OK"                               |
      Then CLUSTER INFO on node A says:
        | field                  | value |
        | cluster_slots_assigned | 150   |

    @id:setup/delslotsrange/1 @must @since:7.0 @cmd:cluster-delslotsrange
    Scenario: A range with a slot that has no owner is not taken away
      Given 1 node that does not know any other
      When a client sends to node A:
        | command                               | reply                                     |
        | CLUSTER ADDSLOTSRANGE 0 9 20 29       | simple "OK"                               |
        | CLUSTER DELSLOTSRANGE 0 10            | error "ERR Slot 10 is already unassigned" |
        | CLUSTER DELSLOTSRANGE 5 4             | error "ERR start slot number 5 is greater than end slot number 4" |
        | CLUSTER DELSLOTSRANGE 0 16384         | error "ERR Invalid or out of range slot"  |
        | CLUSTER ADDSLOTSRANGE 30 39 35 45     | error "ERR Slot 35 specified multiple times" |
        | CLUSTER DELSLOTSRANGE 0 4 6 9 20 29   | simple "OK"                               |
      Then node A assigns slots 5 to A
