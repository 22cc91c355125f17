@area:failure
Feature: Slots without a living owner
  Source: Redis Cluster specification, "Fault tolerance"; cluster-require-full-coverage, cluster-allow-reads-when-down.

  Rule: With full coverage required the cluster is down while a slot has no living owner

    @id:failure/coverage/1 @must @needs:kill
    Scenario: A primary without replicas is killed
      Given a cluster of 3 primaries
      When node C is killed
      Then within 5 node timeouts nodes A, B report cluster_state "fail"
      When a client sends to node A:
        | command   | reply                                   |
        | GET hello | error "CLUSTERDOWN The cluster is down" |
        | GET foo   | error "CLUSTERDOWN The cluster is down" |

    @id:failure/coverage/2 @must @needs:kill @needs:restart
    Scenario: It comes back and the cluster is up again
      Given a cluster of 3 primaries
      When node C is killed
      And within 5 node timeouts nodes A, B report cluster_state "fail"
      And node C is restarted
      Then within 10 node timeouts every node reports cluster_state "ok"
      And a value written under "foo" on node C can be read there

  Rule: Without that requirement the living serve their slots

    @id:failure/coverage/3 @must @needs:kill @needs:config
    Scenario: The other slots are served
      Given a cluster of 3 primaries where "cluster-require-full-coverage" is "no"
      When node C is killed
      And within 5 node timeouts nodes A, B mark node C as "fail"
      And a client sends to node A:
        | command     | reply                        |
        | SET hello 1 | simple "OK"                  |
        | GET world   | error "MOVED 9059 <B.addr>"  |
        | GET foo     | error "MOVED 12182 <C.addr>" |
      Then nodes A, B report cluster_state "ok"

    @id:failure/coverage/4 @must @needs:kill @needs:config
    Scenario: Reads are served while the cluster is down when that is allowed
      Given a cluster of 3 primaries where "cluster-allow-reads-when-down" is "yes"
      And key "hello" holds "world"
      When node C is killed
      And within 5 node timeouts nodes A, B report cluster_state "fail"
      And a client sends to node A:
        | command     | reply                                                                |
        | GET hello   | bulk "world"                                                         |
        | SET hello x | error "CLUSTERDOWN The cluster is down and only accepts read commands" |
