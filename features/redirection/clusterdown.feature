@area:redirection
Feature: CLUSTERDOWN
  What has no owner is served by nobody; by default a cluster with a hole in it serves nothing at all.
  Source: Redis Cluster specification, "Hash slot not served"; cluster-require-full-coverage.

  Rule: With full coverage required, one slot without an owner stops the whole cluster

    @id:redirection/clusterdown/1 @must @cmd:cluster-delslots
    Scenario: A slot is taken from everybody
      Given a cluster of 3 primaries
      When every node is told to delete slot 866
      Then within 3 node timeouts every node reports cluster_state "fail"
      When a client sends to node A:
        | command                     | reply                                    |
        | GET hello                   | error "CLUSTERDOWN Hash slot not served" |
        | GET {alpha}other            | error "CLUSTERDOWN The cluster is down"  |
        | GET foo                     | error "CLUSTERDOWN The cluster is down"  |

  Rule: Without that requirement the other slots are served

    @id:redirection/clusterdown/2 @must @cmd:cluster-delslots @needs:config
    Scenario: A slot is taken from everybody and the rest goes on
      Given a cluster of 3 primaries where "cluster-require-full-coverage" is "no"
      When every node is told to delete slot 866
      And a client sends to node A:
        | command                     | reply                                    |
        | GET hello                   | error "CLUSTERDOWN Hash slot not served" |
        | SET {alpha}other 1          | simple "OK"                              |
        | GET foo                     | error "MOVED 12182 <C.addr>"             |
      Then every node reports cluster_state "ok"

  Rule: A slot without an owner is reported before anything else is found wrong with the keys

    @id:redirection/clusterdown/3 @must @cmd:mget @needs:config
    Scenario: The first key decides
      Given a cluster of 3 primaries where "cluster-require-full-coverage" is "no"
      When every node is told to delete slot 866
      And a client sends to node A:
        | command          | reply                                                            |
        | MGET hello alpha | error "CLUSTERDOWN Hash slot not served"                         |
        | MGET alpha hello | error "CROSSSLOT Keys in request don't hash to the same slot"    |
