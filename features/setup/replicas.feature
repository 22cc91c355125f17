@area:setup
Feature: Replicas
  A replica holds a copy of its primary's data and can take over from it.
  Source: Redis Cluster specification, "Redis Cluster master-replica model"; CLUSTER REPLICATE.

  Rule: A node that is told to replicate a primary becomes its replica on every node's map

    @id:setup/replicate/1 @must @cmd:cluster-replicate
    Scenario: An empty node becomes a replica and receives the data
      Given a cluster of 3 primaries and 1 node without slots
      And key "hello" holds "world"
      When a client sends "CLUSTER REPLICATE <A.id>" to node D
      Then the reply is simple "OK"
      And within 5 node timeouts every node lists D as a replica of A
      And within 10 node timeouts a read-only client of node D reads "world" from key "hello"

    @id:setup/replicate/2 @must @cmd:cluster-replicate
    Scenario: A primary that owns slots does not become a replica
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command                    | reply                                       |
        | CLUSTER REPLICATE <B.id>   | error "ERR To set a master the node must be empty and without assigned slots." |
        | CLUSTER REPLICATE <A.id>   | error "ERR Can't replicate myself"          |
        | CLUSTER REPLICATE 0123456789012345678901234567890123456789 | error "ERR Unknown node 0123456789012345678901234567890123456789" |
      Then every node lists A as a primary

    @id:setup/replicate/3 @must @cmd:cluster-replicate
    Scenario: A replica is nobody's primary
      Given a cluster of 3 primaries with 1 replica each
      When a client sends "CLUSTER REPLICATE <A1.id>" to node B1
      Then the reply is error "ERR I can only replicate a master, not a replica."

    @id:setup/replicate/4 @must
    Scenario: What is written to a primary reaches its replica
      Given a cluster of 3 primaries with 1 replica each
      When a client sends "SET hello again" to node A
      Then within 2 node timeouts a read-only client of node A1 reads "again" from key "hello"
