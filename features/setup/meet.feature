@area:setup
Feature: Joining nodes
  A cluster begins with nodes that know only themselves. CLUSTER MEET introduces one to another; gossip does the rest.
  Source: Redis Cluster specification, "Nodes handshake" and "Cluster topology".

  Rule: A node accepts another as part of the cluster when an administrator has it meet that node

    @id:setup/meet/1 @must @cmd:cluster-meet
    Scenario: Two nodes that met list each other
      Given 2 nodes that do not know each other
      When a client sends "CLUSTER MEET <B.ip> <B.port> <B.busport>" to node A
      Then the reply is simple "OK"
      And within 5 node timeouts node A lists nodes A, B as connected
      And within 5 node timeouts node B lists nodes A, B as connected

    @id:setup/meet/2 @must @cmd:cluster-meet
    Scenario: A node learns of a third one by gossip
      Given 3 nodes that do not know each other
      When node B meets node A
      And within 5 node timeouts node A lists nodes A, B as connected
      And node C meets node A
      Then within 5 node timeouts every node lists nodes A, B, C as connected

    @id:setup/meet/3 @must @cmd:cluster-meet
    Scenario: An address that is no address is refused
      Given 1 node that does not know any other
      When a client sends to node A:
        | command                         | reply                                                 |
        | CLUSTER MEET localhost.example 7000 | error "ERR Invalid node address specified: localhost.example:7000" |
        | CLUSTER MEET 127.0.0.1 0        | error "ERR Invalid node address specified: 127.0.0.1:0" |
        | CLUSTER MEET 127.0.0.1          | error "ERR wrong number of arguments for 'cluster\|meet' command" |
      Then node A knows only itself

    @id:setup/meet/4 @must @cmd:cluster-meet
    Scenario: Meeting an address where nobody listens changes nothing for good
      Given 1 node that does not know any other
      When a client sends "CLUSTER MEET 127.0.0.1 <unused.port>" to node A
      Then the reply is simple "OK"
      And within 5 node timeouts node A knows only itself

    @id:setup/meet/5 @must @cmd:cluster-meet
    Scenario: Several introductions of the same two nodes make one acquaintance
      Given 2 nodes that do not know each other
      When node A meets node B
      And node A meets node B
      And node B meets node A
      And node A meets node B
      Then within 5 node timeouts every node lists only nodes A, B
      And within 5 node timeouts every node lists nodes A, B as connected

    @id:setup/meet/6 @must @cmd:cluster-meet
    Scenario: A node that is introduced to itself stays alone
      Given 1 node that does not know any other
      When a client sends "CLUSTER MEET <A.ip> <A.port> <A.busport>" to node A
      Then within 5 node timeouts node A knows only itself

  Rule: Every node has an id of its own that it keeps for its whole life

    @id:setup/id/1 @must @harmless @cmd:cluster-myid
    Scenario: Ids are 40 hexadecimal digits and no two are the same
      Given a cluster of 3 primaries with 1 replica each
      Then CLUSTER MYID on every node gives 40 lower-case hexadecimal digits
      And no two nodes have the same id
      And every node marks its own id with "myself" in CLUSTER NODES

  Rule: A node that an administrator has everybody forget is no longer part of the cluster

    @id:setup/forget/1 @must @cmd:cluster-forget
    Scenario: A node that all others forgot is gone from their view and stays away
      Given a cluster of 3 primaries with 1 replica each
      When the other nodes forget node C1
      Then nodes A, B, C, A1, B1 do not list node C1
      And for 2 node timeouts nodes A, B, C, A1, B1 do not list node C1

    @id:setup/forget/2 @must @cmd:cluster-forget
    Scenario: A node forgets neither itself nor a node it does not know
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command                | reply                                                       |
        | CLUSTER FORGET <A.id>  | error "ERR I tried hard but I can't forget myself..."       |
        | CLUSTER FORGET 0123456789012345678901234567890123456789 | error "ERR Unknown node 0123456789012345678901234567890123456789" |
      Then every node lists nodes A, B, C as connected

    @id:setup/forget/3 @must @cmd:cluster-forget
    Scenario: A replica does not forget its primary
      Given a cluster of 3 primaries with 1 replica each
      When a client sends "CLUSTER FORGET <A.id>" to node A1
      Then the reply is error "ERR Can't forget my master!"

  Rule: A node that was given another identity is a stranger at its old address

    @id:setup/noaddr/1 @must @cmd:cluster-reset
    Scenario: A node is reset hard behind the others' backs
      Given a cluster of 3 primaries and 1 node without slots
      When a client sends "CLUSTER RESET HARD" to node D
      Then node D has another id than before
      And within 5 node timeouts nodes A, B, C flag node D as "noaddr"
      And nodes A, B, C report cluster_state "ok"
