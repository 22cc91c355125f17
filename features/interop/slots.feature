@area:interop
Feature: Slots that move between nodes that may be of different kinds
  A key that moves keeps its value and its time to live, whoever dumped it and whoever restores it.
  Source: MIGRATE; Redis Cluster specification, "Live reconfiguration".

  Rule: Values and times to live survive the way there and back

    @id:interop/slots/1 @must @cmd:migrate @cmd:ttl
    Scenario Outline: A slot of <from> moves to <to> and returns
      Given a cluster of 3 primaries with 1 replica each
      And key "<key>" holds "world" and expires in 1000 seconds
      And key "{<key>}forever" holds "x"
      When slots <slot>-<slot> are moved from node <from> to node <to>
      Then within 3 node timeouts every node names <to> as the owner of slot <slot>
      And a client sends to node <to>:
        | command             | reply                          |
        | GET <key>           | bulk "world"                   |
        | PTTL <key>          | integer from 900000 to 1000000 |
        | TTL {<key>}forever  | integer -1                     |
      And within 3 node timeouts the key counts of nodes <to>, <to>1 are 2
      And within 3 node timeouts the key counts of nodes <from>, <from>1 are 0
      When slots <slot>-<slot> are moved from node <to> to node <from>
      Then within 3 node timeouts every node names <from> as the owner of slot <slot>
      And a client sends to node <from>:
        | command             | reply                          |
        | GET <key>           | bulk "world"                   |
        | PTTL <key>          | integer from 900000 to 1000000 |
        | TTL {<key>}forever  | integer -1                     |
      And within 3 node timeouts the key counts of nodes <to>, <to>1 are 0
      And within 3 node timeouts the key counts of nodes <from>, <from>1 are 2
      And no node has an open slot

      Examples:
        | from | to | key   | slot |
        | A    | B  | hello | 866  |
        | B    | C  | world | 9059 |

    @id:interop/slots/2 @must @cmd:migrate
    Scenario: Slots move from B to A under readers and writers
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 1000 keys of slots 5461-5760
      And 4 clients write to and read from those slots without pause
      When slots 5461-5760 are moved from node B to node A
      And the clients stop
      Then every write that was acknowledged is there, once
      And no client read an older value than one it had seen acknowledged
      And the clients saw ASK or MOVED
      And the keys of slots 5461-5760 lie on node A and nowhere else
      And within 3 node timeouts every node assigns slots 0-5760 to A, 5761-10922 to B, 10923-16383 to C
      And within 5 node timeouts each replica holds as many keys as its primary
      And no node has an open slot

  Rule: A slot that is open at both ends is served by ASK, whoever holds it

    @id:interop/slots/3 @must @cmd:migrate @cmd:asking
    Scenario Outline: Half of the keys of a slot have moved from <from> to <to>
      Given a cluster of 3 primaries
      And key "<key>" holds "stays"
      And key "{<key>}moves" holds "moved"
      And slot <slot> is migrating from node <from> to node <to>
      When node <from> migrates key "{<key>}moves" to node <to>
      And a client sends to node <from>:
        | command                    | reply                          |
        | GET <key>                  | bulk "stays"                   |
        | GET {<key>}moves           | error "ASK <slot> <<to>.addr>" |
        | MGET <key> {<key>}moves    | an error that begins with "TRYAGAIN" |
      And a client sends to node <to>:
        | command                    | reply                              |
        | GET {<key>}moves           | error "MOVED <slot> <<from>.addr>" |
        | ASKING                     | simple "OK"                        |
        | GET {<key>}moves           | bulk "moved"                       |
        | ASKING                     | simple "OK"                        |
        | MGET <key> {<key>}moves    | an error that begins with "TRYAGAIN" |
      Then CLUSTER NODES on node <from> shows slot <slot> migrating to <to>
      And CLUSTER NODES on node <to> shows slot <slot> importing from <from>

      Examples:
        | from | to | key   | slot |
        | A    | B  | hello | 866  |
        | B    | A  | world | 9059 |

  Rule: Keys of every kind travel as they are

    @id:interop/slots/4 @must @since:7.0 @cmd:migrate
    Scenario Outline: Ten slots of <from> go to <to> and return
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 300 keys of every kind of slots <slots>, some of which expire
      When slots <slots> are moved from node <from> to node <to>
      Then within 3 node timeouts every node names <to> as the owner of slot <slot>
      And each of the keys has the value and the expiry it had, and lies on the owner of its slot alone
      And within 5 node timeouts each replica holds the same data as its primary
      When slots <slots> are moved from node <to> to node <from>
      Then within 3 node timeouts every node names <from> as the owner of slot <slot>
      And each of the keys has the value and the expiry it had, and lies on the owner of its slot alone
      And within 5 node timeouts each replica holds the same data as its primary
      And no node has an open slot

      Examples:
        | from | to | slots     | slot |
        | A    | B  | 860-869   | 866  |
        | B    | A  | 9050-9059 | 9059 |

  Rule: A move that is broken off by the end of a node is mended by redis-cli --cluster fix, and nothing is lost or there twice

    @id:interop/slots/5 @must @since:7.0 @needs:redis-cli @needs:kill @needs:restart @cmd:migrate
    Scenario Outline: <killed> ends in the middle of a move from <from> to <to>
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 200 keys of every kind of slots <slot>-<slot>, some of which expire
      And slot <slot> is migrating from node <from> to node <to>
      And node <from> migrates half of the keys of slot <slot> to node <to>
      And every replica is in sync
      When node <killed> is killed
      Then within 10 node timeouts every running node lists <killed>1 as a primary
      When node <killed> is restarted
      Then within 15 node timeouts every node lists <killed> as a replica of <killed>1
      When redis-cli runs "--cluster fix <C.addr>"
      Then redis-cli succeeds
      And within 5 node timeouts every node gives the same ids, addresses, roles and slots in CLUSTER NODES
      And within 5 node timeouts every node reports cluster_state "ok"
      And no primary has an open slot
      And each of the keys has the value and the expiry it had, and lies on the owner of its slot alone
      And within 10 node timeouts each replica holds the same data as its primary
      And within 5 node timeouts redis-cli --cluster check of every running node finds nothing wrong

      Examples:
        | killed | from | to | slot |
        | A      | A    | B  | 866  |
        | B      | A    | B  | 866  |
        | A      | B    | A  | 9059 |
        | B      | B    | A  | 9059 |
