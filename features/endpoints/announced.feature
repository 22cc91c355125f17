@area:endpoints
Feature: Announced ports
  A node behind a proxy or in a container announces the port that others reach it at.
  Source: cluster-announce-port, cluster-announce-bus-port in redis.conf; updateClusterAnnouncedPort in cluster.c.

  Rule: The client port that a node announces is what everybody names it by, from the moment it is set

    @id:endpoints/port/1 @must @needs:config @cmd:cluster-nodes @cmd:cluster-slots
    Scenario: A client port is announced
      Given a cluster of 3 primaries
      When "cluster-announce-port" is set to "7777" on node A
      Then within 3 node timeouts CLUSTER NODES on nodes B, C gives node A the address bulk "<A.ip>:7777@<A.busport>"
      And within 1 node timeout CLUSTER SLOTS on nodes B, C gives node A the port integer 7777
      And "GET hello" sent to node B gives error "MOVED 866 <A.ip>:7777"

    @id:endpoints/port/2 @must @since:7.0 @needs:config @cmd:cluster-nodes @cmd:cluster-shards
    Scenario: The node itself says the same at once
      Given a cluster of 3 primaries
      When "cluster-announce-port" is set to "7777" on node A
      Then CLUSTER NODES on node A gives node A the address bulk "<A.ip>:7777@<A.busport>"
      And CLUSTER SHARDS on node A gives node A the port integer 7777

    @id:endpoints/port/3 @must @needs:config @cmd:cluster-nodes
    Scenario: Nothing is announced any more
      Given a cluster of 3 primaries
      And "cluster-announce-port" is set to "7777" on node A
      And within 3 node timeouts CLUSTER NODES on nodes B, C gives node A the address bulk "<A.ip>:7777@<A.busport>"
      When "cluster-announce-port" is set to "0" on node A
      Then within 3 node timeouts CLUSTER NODES on nodes B, C gives node A the address bulk "<A.ip>:<A.port>@<A.busport>"
