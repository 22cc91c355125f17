@area:monitoring
Feature: Counters
  What a node counts is how people find out that clients ask the wrong nodes, or that a part of the cluster is gone.
  Source: INFO, CLUSTER INFO.

  Rule: A redirection counts as a rejected call and as an error

    @id:monitoring/redirections/1 @must @since:6.2 @cmd:info
    Scenario: MOVED is counted
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command          | reply                        |
        | CONFIG RESETSTAT | simple "OK"                  |
        | GET foo          | error "MOVED 12182 <C.addr>" |
        | GET foo          | error "MOVED 12182 <C.addr>" |
        | GET hello        | null                         |
      Then INFO errorstats on node A says:
        | field           | value   |
        | errorstat_MOVED | count=2 |
      And INFO commandstats on node A says:
        | field       | value                                          |
        | cmdstat_get | calls=1,...,rejected_calls=2,failed_calls=0... |

    @id:monitoring/redirections/2 @must @since:6.2 @cmd:info @cmd:asking
    Scenario: ASK, TRYAGAIN and CROSSSLOT are counted
      Given a cluster of 3 primaries
      And key "{hello}1" holds "here"
      And slot 866 is migrating from node A to node B
      When a client sends to node A:
        | command                   | reply                                                           |
        | CONFIG RESETSTAT          | simple "OK"                                                     |
        | GET {hello}none           | error "ASK 866 <B.addr>"                                        |
        | MGET hello alpha          | error "CROSSSLOT Keys in request don't hash to the same slot"   |
        | MGET hello alpha          | error "CROSSSLOT Keys in request don't hash to the same slot"   |
      Then INFO errorstats on node A says:
        | field               | value   |
        | errorstat_ASK       | count=1 |
        | errorstat_CROSSSLOT | count=2 |

  Rule: INFO tells that a node is part of a cluster, and who its replicas are

    @id:monitoring/info/1 @must @cmd:info
    Scenario: A primary and its replica
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      Then INFO cluster on every node says:
        | field           | value |
        | cluster_enabled | 1     |
      And INFO replication on node A says:
        | field            | value                                      |
        | role             | master                                     |
        | connected_slaves | 1                                          |
        | slave0           | ip=<A1.ip>,port=<A1.port>,state=online,... |
      And INFO replication on node A1 says:
        | field              | value    |
        | role               | slave    |
        | master_host        | <A.ip>   |
        | master_port        | <A.port> |
        | master_link_status | up       |

    @id:monitoring/info/2 @must @cmd:info
    Scenario: INFO keyspace and DBSIZE count the node's own keys
      Given a cluster of 3 primaries
      And keys "hello", "{hello}1", "world" hold "x"
      Then INFO keyspace on node A says:
        | field | value                      |
        | db0   | keys=2,expires=0,avg_ttl=0... |
      And the key count of node B is 1

  Rule: CLUSTER INFO counts slots by the state of their owners

    @id:monitoring/slots/1 @must @needs:kill @cmd:cluster-info
    Scenario: A primary is killed
      Given a cluster of 3 primaries
      When node C is killed
      Then within 5 node timeouts nodes A, B mark node C as "fail"
      And CLUSTER INFO on nodes A, B says:
        | field                  | value |
        | cluster_state          | fail  |
        | cluster_slots_assigned | 16384 |
        | cluster_slots_ok       | 10923 |
        | cluster_slots_pfail    | 0     |
        | cluster_slots_fail     | 5461  |
        | cluster_known_nodes    | 3     |
        | cluster_size           | 3     |

    @id:monitoring/slots/2 @must @needs:kill @cmd:cluster-info @cmd:cluster-count-failure-reports
    Scenario: A node is suspected, and nobody agrees
      Given a cluster of 2 primaries
      When node B is killed
      Then within 5 node timeouts node A marks node B as "fail?"
      And CLUSTER INFO on node A says:
        | field               | value |
        | cluster_slots_ok    | 8192  |
        | cluster_slots_pfail | 8192  |
        | cluster_slots_fail  | 0     |
      And "CLUSTER COUNT-FAILURE-REPORTS <B.id>" sent to node A gives integer 0
