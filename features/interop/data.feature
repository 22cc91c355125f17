@area:interop
Feature: Large amounts of data between nodes that may be of different kinds
  Whatever happens to the link, in the end a replica has what its primary has.
  Source: Redis documentation, "Redis replication"; PSYNC.

  Rule: A replica holds the same keys, values and times to live as its primary, however often the link was cut

    @id:interop/data/1 @must @since:7.0 @slow @cmd:client-kill
    Scenario Outline: A hundred thousand writes of every kind go to <primary>
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When 100000 random writes of every kind go to node <primary> while the link to node <replica> is cut 4 times
      Then within 15 node timeouts each replica holds the same data as its primary

      Examples:
        | primary | replica |
        | A       | A1      |
        | B       | B1      |

  Rule: After a short break the primary sends what the replica missed, and no more

    @id:interop/partial/1 @must @cmd:psync @cmd:client-kill
    Scenario Outline: The link from <primary> to <replica> is cut twice, once by each side
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 1000 keys
      And every replica is in sync
      And "CONFIG RESETSTAT" sent to node <primary> gives simple "OK"
      When a client sends "CLIENT KILL TYPE replica" to node <primary>
      Then the reply is integer 1
      And within 5 node timeouts INFO stats on node <primary> says:
        | field            | value |
        | sync_full        | 0     |
        | sync_partial_ok  | 1     |
        | sync_partial_err | 0     |
      When within 5 node timeouts "CLIENT KILL TYPE master" sent to node <replica> gives integer 1
      Then within 5 node timeouts INFO stats on node <primary> says:
        | field            | value |
        | sync_full        | 0     |
        | sync_partial_ok  | 2     |
        | sync_partial_err | 0     |
      And within 5 node timeouts a read-only client of each replica reads every key of its primary

      Examples:
        | primary | replica |
        | A       | A1      |
        | B       | B1      |

    @id:interop/partial/2 @must @cmd:psync @cmd:cluster-failover
    Scenario Outline: <new> takes over, and nobody needs everything anew
      Given a cluster of 3 primaries with 2 replicas each
      And a cluster client writes 1000 keys
      And every replica is in sync
      And "CONFIG RESETSTAT" sent to node <new> gives simple "OK"
      When a client sends "CLUSTER FAILOVER" to node <new>
      Then within 8 node timeouts every node lists <primary> as a replica of <new>
      And within 8 node timeouts every node lists <other> as a replica of <new>
      And within 8 node timeouts INFO stats on node <new> says:
        | field           | value |
        | sync_full       | 0     |
        | sync_partial_ok | 2     |
      And "SET <key> after" sent to node <new> gives simple "OK"
      And "WAIT 2 5000" sent to node <new> gives integer 2
      And a read-only client of node <primary> reads "after" from key "<key>"
      And a read-only client of node <other> reads "after" from key "<key>"

      Examples:
        | primary | new | other | key   |
        | A       | A1  | A2    | hello |
        | B       | B1  | B2    | world |

  Rule: A snapshot may come with its length in front, or with a mark at its end

    @id:interop/full/3 @must @needs:config @cmd:psync @cmd:cluster-replicate
    Scenario Outline: <node> becomes a replica of <primary> while repl-diskless-sync is <diskless>
      Given a cluster of 3 primaries and 2 nodes without slots where "repl-diskless-sync" is "<diskless>"
      And 60 keys in slot <slot> with values from 0 to 100000 bytes
      And 2 clients write to and read from those slots without pause
      When a client sends "CLUSTER REPLICATE <<primary>.id>" to node <node>
      Then the reply is simple "OK"
      And within 15 node timeouts INFO replication on node <node> says:
        | field              | value |
        | master_link_status | up    |
      When the clients stop
      Then within 10 node timeouts the key count of node <node> is 60
      And within 10 node timeouts each replica holds the same data as its primary

      Examples:
        | diskless | primary | node | slot |
        | yes      | A       | D    | 866  |
        | yes      | B       | E    | 9059 |
        | no       | A       | D    | 866  |
        | no       | B       | E    | 9059 |

  Rule: Both ends of the link say the same of it

    @id:interop/info/1 @must @cmd:info
    Scenario Outline: INFO replication on <primary> and <replica>
      Given a cluster of 3 primaries with 1 replica each
      And key "<key>" holds "x"
      And every replica is in sync
      Then within 3 node timeouts INFO replication on node <primary> says:
        | field               | value                                                           |
        | role                | master                                                          |
        | connected_slaves    | 1                                                               |
        | slave0              | ip=<<replica>.ip>,port=<<replica>.port>,state=online,offset=... |
        | master_replid2      | 0000000000000000000000000000000000000000                        |
        | second_repl_offset  | -1                                                              |
        | repl_backlog_active | 1                                                               |
      And INFO replication on node <replica> says:
        | field                   | value            |
        | role                    | slave            |
        | master_host             | <<primary>.ip>   |
        | master_port             | <<primary>.port> |
        | master_link_status      | up               |
        | master_sync_in_progress | 0                |
        | slave_read_only         | 1                |
        | slave_priority          | 100              |
        | replica_announced       | 1                |
        | connected_slaves        | 0                |
        | repl_backlog_active     | 1                |
      And INFO replication on nodes <primary>, <replica> agrees on master_replid
      And within 3 node timeouts INFO replication on nodes <primary>, <replica> agrees on master_repl_offset
      And "ROLE" sent to node <replica> gives array of 5
      And "ROLE" sent to node <primary> gives array of 3

      Examples:
        | primary | replica | key   |
        | A       | A1      | hello |
        | B       | B1      | world |
