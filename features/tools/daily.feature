@area:tools
Feature: redis-cli looks at clusters, fills them and sets them
  Source: redis-cli --cluster help: info, call, set-timeout, backup, import; redis-cli -c.

  Rule: info counts keys, slots and replicas

    @id:tools/info/1 @must @needs:redis-cli
    Scenario: A cluster with keys
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 300 keys
      When redis-cli runs "--cluster info <B1.addr>"
      Then redis-cli succeeds
      And redis-cli says "| 5462 slots | 1 "
      And redis-cli says "[OK] 300 keys in 3 "

  Rule: call sends a command to every node, or to those of one kind

    @id:tools/call/1 @must @needs:redis-cli
    Scenario: All nodes answer, then the primaries, then the replicas
      Given a cluster of 3 primaries with 1 replica each
      And key "hello" holds "x"
      And every replica is in sync
      When redis-cli runs "--cluster call <A.addr> DBSIZE"
      Then redis-cli succeeds
      And redis-cli says "<A.addr>: 1"
      And redis-cli says "<A1.addr>: 1"
      And redis-cli says "<C1.addr>: 0"
      When redis-cli runs "--cluster call <A.addr> FLUSHALL --cluster-only-masters"
      Then redis-cli succeeds
      And redis-cli says "<A.addr>: OK"
      And redis-cli does not say "<A1.addr>:"
      And the key counts of nodes A, B, C are 0
      When redis-cli runs "--cluster call <A.addr> PING --cluster-only-replicas"
      Then redis-cli says "<B1.addr>: PONG"
      And redis-cli does not say "<B.addr>:"

  Rule: set-timeout sets cluster-node-timeout on every node

    @id:tools/set-timeout/1 @must @needs:redis-cli @needs:config @cmd:config-set
    Scenario: All nodes get another timeout
      Given a cluster of 3 primaries where "cluster-node-timeout" is "2500"
      When redis-cli runs "--cluster set-timeout <A.addr> 3100"
      Then redis-cli succeeds
      And redis-cli says "New node timeout set."
      And every node answers each of these itself:
        | command                         | reply                                             |
        | CONFIG GET cluster-node-timeout | array [bulk "cluster-node-timeout", bulk "3100"]  |

    @id:tools/set-timeout/2 @must @needs:redis-cli @needs:config-file @cmd:config-rewrite
    Scenario: Nodes that were started with a configuration file write it there
      Given a cluster of 3 primaries where "cluster-node-timeout" is "2500"
      When redis-cli runs "--cluster set-timeout <A.addr> 3100"
      Then redis-cli succeeds
      And redis-cli says "New node timeout set. 3 OK, 0 ERR."

  Rule: backup takes a snapshot of every primary

    @id:tools/backup/1 @must @needs:redis-cli @cmd:psync
    Scenario: Three primaries with keys
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 300 keys
      When redis-cli runs "--cluster backup <A.addr> <scratch.dir>"
      Then redis-cli succeeds
      And the backup holds the slots of every primary and each of the keys

  Rule: import fills a cluster with what a server without cluster mode has

    @id:tools/import/1 @must @needs:redis-cli @needs:outsider @cmd:migrate @cmd:scan
    Scenario: Keys are copied, then moved
      Given a cluster of 3 primaries
      And a server S that is no cluster node holds 300 keys
      When redis-cli runs "--cluster import <A.addr> --cluster-from <S.addr> --cluster-copy"
      Then redis-cli succeeds
      And each of the keys lies on the node that owns its slot, and nowhere else
      And a cluster client reads every one of the keys back
      And server S still holds all of its keys
      When redis-cli runs "--cluster import <A.addr> --cluster-from <S.addr> --cluster-replace"
      Then redis-cli succeeds
      And a cluster client reads every one of the keys back
      And server S is empty

  Rule: redis-cli -c follows redirections

    @id:tools/redirect/1 @must @needs:redis-cli
    Scenario: A write and a read begin at a node that does not own the slot
      Given a cluster of 3 primaries
      When redis-cli runs "-c -h <A.ip> -p <A.port> SET foo followed"
      Then redis-cli succeeds
      And redis-cli says "OK"
      When redis-cli runs "-c -h <B.ip> -p <B.port> GET foo"
      Then redis-cli says "followed"
      When redis-cli runs "-h <B.ip> -p <B.port> GET foo"
      Then redis-cli says "MOVED 12182 <C.addr>"

    @id:tools/redirect/2 @must @needs:redis-cli @cmd:asking
    Scenario: A key that has moved ahead of its slot is found by ASK
      Given a cluster of 3 primaries
      And key "{hello}moves" holds "moved"
      And slot 866 is migrating from node A to node B
      And node A migrates key "{hello}moves" to node B
      When redis-cli runs "-c -h <C.ip> -p <C.port> GET {hello}moves"
      Then redis-cli succeeds
      And redis-cli says "moved"
