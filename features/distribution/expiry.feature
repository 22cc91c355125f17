@area:distribution
Feature: Keys that expire
  The primary decides when a key is gone; a replica never shows a key that has expired.
  Source: Redis documentation, "How Redis replication deals with expires on keys"; EXPIRE, TTL.

  Rule: A key is gone when its time is over, on its primary and on the replicas

    @id:distribution/expiry/1 @must @cmd:set
    Scenario: A key with 100 milliseconds to live
      Given a cluster of 3 primaries with 1 replica each
      When a client sends to node A:
        | command                    | reply         |
        | SET hello short PX 100     | simple "OK"   |
        | SET {hello}long x PX 60000 | simple "OK"   |
      Then within 1 node timeout "GET hello" sent to node A gives null
      And within 2 node timeouts the key count of node A is 1
      And within 2 node timeouts the key count of node A1 is 1
      And within 2 node timeouts a read-only client of node A1 reads "x" from key "{hello}long"

    @id:distribution/expiry/2 @must @cmd:expire @cmd:ttl @cmd:persist
    Scenario: Times to live are set, read and taken away
      Given a cluster of 3 primaries
      And key "hello" holds "world"
      When a client sends to node A:
        | command              | reply                        |
        | TTL hello            | integer -1                   |
        | TTL {hello}none      | integer -2                   |
        | EXPIRE hello 1000    | integer 1                    |
        | TTL hello            | integer from 999 to 1000     |
        | PTTL hello           | integer from 990000 to 1000000 |
        | EXPIRE {hello}none 1 | integer 0                    |
        | PERSIST hello        | integer 1                    |
        | PERSIST hello        | integer 0                    |
        | TTL hello            | integer -1                   |
        | EXPIRE hello -1      | integer 1                    |
        | EXISTS hello         | integer 0                    |
      And a client sends "TTL foo" to node A
      Then the reply is error "MOVED 12182 <C.addr>"

    @id:distribution/expiry/3 @must @cmd:set
    Scenario: A time to live survives a failover
      Given a cluster of 3 primaries with 1 replica each
      And key "foo" holds "x" and expires in 1000 seconds
      And every replica is in sync
      When a client sends "CLUSTER FAILOVER" to node C1
      Then within 5 node timeouts every node names C1 as the owner of slot 12182
      And within 2 node timeouts "TTL foo" sent to node C1 gives integer from 900 to 1000

  Rule: A replica does not show a key whose time is over, whether its primary has deleted it or not

    @id:distribution/expiry/4 @must @needs:proxy @cmd:readonly
    Scenario: A replica that does not hear of it
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When a client sends "SET hello short PX 1500" to node A
      And within 1 node timeout the key count of node A1 is 1
      And node A is cut off from node A1
      Then for 2 node timeouts the key count of node A1 is 1
      And a client sends to node A1:
        | command   | reply       |
        | READONLY  | simple "OK" |
        | GET hello | null        |
