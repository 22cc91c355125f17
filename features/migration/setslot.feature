@area:migration
Feature: SETSLOT
  Source: CLUSTER SETSLOT; Redis Cluster specification, "Live reconfiguration".

  Rule: Only the owner gives a slot away, only another primary takes it, and only known nodes are named

    @id:migration/setslot/1 @must @cmd:cluster-setslot
    Scenario: What SETSLOT refuses
      Given a cluster of 3 primaries with 1 replica each
      When a client sends to node A:
        | command                             | reply                                                           |
        | CLUSTER SETSLOT 9059 MIGRATING <B.id> | error "ERR I'm not the owner of hash slot 9059"               |
        | CLUSTER SETSLOT 866 IMPORTING <B.id> | error "ERR I'm already the owner of hash slot 866"             |
        | CLUSTER SETSLOT 866 MIGRATING 0123456789012345678901234567890123456789 | error "ERR I don't know about node 0123456789012345678901234567890123456789" |
        | CLUSTER SETSLOT 866 NODE 0123456789012345678901234567890123456789 | error "ERR Unknown node 0123456789012345678901234567890123456789" |
        | CLUSTER SETSLOT 866 MIGRATING <B1.id> | error "ERR Target node is not a master"                       |
        | CLUSTER SETSLOT 16384 STABLE        | error "ERR Invalid or out of range slot"                        |
        | CLUSTER SETSLOT 866 SOMEHOW         | error "ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP" |
      And a client sends "CLUSTER SETSLOT 866 STABLE" to node A1
      Then the reply is error "ERR Please use SETSLOT only with masters."

    @id:migration/setslot/2 @must @cmd:cluster-setslot
    Scenario: A slot with keys in it is not given away
      Given a cluster of 3 primaries
      And key "hello" holds "1"
      When a client sends "CLUSTER SETSLOT 866 NODE <B.id>" to node A
      Then the reply is error "ERR Can't assign hashslot 866 to a different node while I still hold keys for this hash slot."
      And every node assigns slots 0-5460 to A, 5461-10922 to B, 10923-16383 to C

  Rule: SETSLOT NODE at the target gives it the slot under a new config epoch, and everybody learns of it

    @id:migration/setslot/3 @must @cmd:cluster-setslot
    Scenario: An empty slot changes hands
      Given a cluster of 3 primaries
      And slot 866 is migrating from node A to node B
      When a client sends "CLUSTER SETSLOT 866 NODE <B.id>" to node B
      Then the reply is simple "OK"
      And within 5 node timeouts every node names B as the owner of slot 866
      And node B has the greatest config epoch
      And a key of slot 866 is served by node B, and every other node says MOVED to B

    @id:migration/setslot/4 @must @cmd:cluster-setslot @cmd:migrate
    Scenario: A slot with keys is moved by hand, key by key
      Given a cluster of 3 primaries
      And keys "{hello}1", "{hello}2", "{hello}3" hold "x"
      And slot 866 is migrating from node A to node B
      When node A migrates keys "{hello}1", "{hello}2", "{hello}3" to node B
      And slot 866 is assigned to node B on every node
      Then within 3 node timeouts every node names B as the owner of slot 866
      And a client sends to node B:
        | command                     | reply                               |
        | MGET {hello}1 {hello}2 {hello}3 | array [bulk "x", bulk "x", bulk "x"] |
      And the key count of node A is 0
      And CLUSTER NODES on node A shows no open slot
      And CLUSTER NODES on node B shows no open slot
