@area:interop
Feature: Replication between nodes that may be of different kinds
  A primary and its replica understand each other, whoever made them: on a mixed target every pair crosses.
  Source: Redis documentation, "Redis replication"; PSYNC, REPLCONF, WAIT.

  Rule: A replica has what its primary has, whichever command wrote it

    @id:interop/stream/1 @must
    Scenario Outline: Strings of <primary> as every command leaves them
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When a client sends to node <primary>:
        | command                                  | reply                       |
        | SET {<tag>}set one                       | simple "OK"                 |
        | SET {<tag>}set two XX GET                | bulk "one"                  |
        | APPEND {<tag>}set "+three"               | integer 9                   |
        | SETRANGE {<tag>}range 5 x                | integer 6                   |
        | MSET {<tag>}m1 a {<tag>}m2 b             | simple "OK"                 |
        | GETDEL {<tag>}m2                         | bulk "b"                    |
        | INCRBY {<tag>}int 41                     | integer 41                  |
        | INCR {<tag>}int                          | integer 42                  |
        | INCRBYFLOAT {<tag>}float 10.5            | bulk "10.5"                 |
        | INCRBYFLOAT {<tag>}float -0.25           | bulk "10.25"                |
        | SETEX {<tag>}ex 1000 v                   | simple "OK"                 |
        | GETEX {<tag>}ex PERSIST                  | bulk "v"                    |
        | SET {<tag>}old renamed                   | simple "OK"                 |
        | RENAME {<tag>}old {<tag>}new             | simple "OK"                 |
        | COPY {<tag>}new {<tag>}copy              | integer 1                   |
        | SET {<tag>}gone x                        | simple "OK"                 |
        | UNLINK {<tag>}gone                       | integer 1                   |
        | MULTI                                    | simple "OK"                 |
        | SET {<tag>}multi 1                       | simple "QUEUED"             |
        | INCR {<tag>}multi                        | simple "QUEUED"             |
        | EXEC                                     | array [simple "OK", integer 2] |
      And a client sends "READONLY" to node <replica>
      Then within 5 node timeouts "MGET {<tag>}multi {<tag>}set {<tag>}range {<tag>}m1 {<tag>}m2 {<tag>}gone" sent to node <replica> gives array [bulk "2", bulk "two+three", bulk "\x00\x00\x00\x00\x00x", bulk "a", null, null]
      And "MGET {<tag>}int {<tag>}float {<tag>}ex {<tag>}old {<tag>}new {<tag>}copy" sent to node <replica> gives array [bulk "42", bulk "10.25", bulk "v", null, bulk "renamed", bulk "renamed"]
      And "TTL {<tag>}ex" sent to node <replica> gives integer -1
      And each replica holds as many keys as its primary

      Examples:
        | primary | replica | tag   |
        | A       | A1      | hello |
        | B       | B1      | world |

    @id:interop/stream/2 @must
    Scenario: Ten thousand keys on all primaries
      Given a cluster of 3 primaries with 1 replica each
      When a cluster client writes 10000 keys
      Then within 10 node timeouts each replica holds as many keys as its primary
      And within 5 node timeouts a read-only client of each replica reads every key of its primary

  Rule: A replica that begins with nothing receives all there is, and what is written meanwhile

    @id:interop/full/1 @must @cmd:cluster-replicate
    Scenario Outline: An empty node becomes a replica of <primary>, which has values of every size
      Given a cluster of 3 primaries and 2 nodes without slots
      And 60 keys in slot <slot> with values from 0 to 300000 bytes
      When a client sends "CLUSTER REPLICATE <<primary>.id>" to node <node>
      Then the reply is simple "OK"
      And within 5 node timeouts every node lists <node> as a replica of <primary>
      And within 15 node timeouts the key count of node <node> is 60
      And a client sends "READONLY" to node <node>
      And within 5 node timeouts each of the keys lies on node <node> with its value

      Examples:
        | primary | node | slot |
        | A       | D    | 866  |
        | B       | E    | 9059 |

    @id:interop/full/2 @must @needs:kill @needs:restart
    Scenario Outline: Replica <replica> is killed and starts again with nothing while clients write
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 2000 keys of slots <slots>
      And 3 clients write to and read from those slots without pause
      When node <replica> is killed
      And node <replica> is restarted
      And within 15 node timeouts every node lists nodes A, B, C, A1, B1, C1 as connected and none as failed
      And the clients stop
      Then within 15 node timeouts each replica holds as many keys as its primary
      And within 5 node timeouts a read-only client of each replica reads every key of its primary
      And every write that was acknowledged is there, once

      Examples:
        | replica | slots      |
        | A1      | 0-1000     |
        | B1      | 5461-6461  |

  Rule: A replica whose link was cut catches up

    @id:interop/cut/1 @must @cmd:client-kill
    Scenario Outline: <primary> cuts the link to its replica
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 1000 keys of slots <slots>
      And every replica is in sync
      And 3 clients write to and read from those slots without pause
      When a client sends "CLIENT KILL TYPE replica" to node <primary>
      Then the reply is integer 1
      And within 10 node timeouts "CLIENT KILL TYPE replica" sent to node <primary> gives integer 1
      And within 10 node timeouts "CLIENT KILL TYPE replica" sent to node <primary> gives integer 1
      When the clients stop
      Then within 10 node timeouts a read-only client of each replica reads every key of its primary
      And each replica holds as many keys as its primary
      And every write that was acknowledged is there, once

      Examples:
        | primary | slots     |
        | A       | 0-1000    |
        | B       | 5461-6461 |

    @id:interop/cut/2 @must @cmd:client-kill
    Scenario Outline: <replica> cuts the link to its primary
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 1000 keys of slots <slots>
      And every replica is in sync
      And 3 clients write to and read from those slots without pause
      When a client sends "CLIENT KILL TYPE master" to node <replica>
      Then the reply is integer 1
      And within 10 node timeouts "CLIENT KILL TYPE master" sent to node <replica> gives integer 1
      And within 10 node timeouts "CLIENT KILL TYPE master" sent to node <replica> gives integer 1
      When the clients stop
      Then within 10 node timeouts a read-only client of each replica reads every key of its primary
      And each replica holds as many keys as its primary

      Examples:
        | replica | slots     |
        | A1      | 0-1000    |
        | B1      | 5461-6461 |

  Rule: WAIT counts the replicas that have acknowledged

    @id:interop/wait/1 @must @cmd:wait @needs:pause
    Scenario Outline: <primary> waits for a replica that works, and for one that hangs
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When a client sends to node <primary>:
        | command       | reply       |
        | SET <key> one | simple "OK" |
        | WAIT 1 5000   | integer 1   |
      And node <replica> is paused
      And a client sends to node <primary>:
        | command       | reply       |
        | SET <key> two | simple "OK" |
        | WAIT 1 300    | integer 0   |
      And node <replica> is resumed
      Then "WAIT 1 10000" sent to node <primary> gives integer 1
      And a read-only client of node <replica> reads "two" from key "<key>"

      Examples:
        | primary | replica | key   |
        | A       | A1      | hello |
        | B       | B1      | world |

  Rule: The primary decides when a key is gone; until it says so, a replica hides it

    @id:interop/expiry/1 @must @needs:pause @needs:config
    Scenario Outline: The time of a key on <primary> is over while the primary hangs
      Given a cluster of 3 primaries with 1 replica each where "cluster-replica-no-failover" is "yes"
      And "cluster-allow-reads-when-down" is set to "yes" on every node
      And every replica is in sync
      And a client sends "READONLY" to node <replica>
      When a client sends to node <primary>:
        | command               | reply       |
        | SET <key> x PX 1500   | simple "OK" |
        | SET {<key>}stays x    | simple "OK" |
        | WAIT 1 1000           | integer 1   |
      And node <primary> is paused
      Then within 2 node timeouts "GET <key>" sent to node <replica> gives null
      And the key count of node <replica> is 2
      And a client sends to node <replica>:
        | command       | reply      |
        | EXISTS <key>  | integer 0  |
        | TTL <key>     | integer -2 |
      When node <primary> is resumed
      Then within 3 node timeouts the key count of node <replica> is 1
      And "GET {<key>}stays" sent to node <replica> gives bulk "x"

      Examples:
        | primary | replica | key   |
        | A       | A1      | hello |
        | B       | B1      | world |
