@area:migration
Feature: MIGRATE
  MIGRATE hands keys from one node to another: at any moment a key is at the source or at the target.
  Source: MIGRATE; Redis Cluster specification, "Live reconfiguration".

  Background:
    Given a cluster of 3 primaries

  Rule: A migrated key is at the target with its value and its time to live, and no longer at the source

    @id:migration/migrate/1 @must @cmd:migrate
    Scenario: One key
      Given key "hello" holds "world"
      And slot 866 is migrating from node A to node B
      When a client sends to node A:
        | command                                | reply                    |
        | MIGRATE <B.ip> <B.port> hello 0 5000   | simple "OK"              |
        | GET hello                              | error "ASK 866 <B.addr>" |
      And a client sends to node B:
        | command   | reply        |
        | ASKING    | simple "OK"  |
        | GET hello | bulk "world" |
      Then the key count of node A is 0

    @id:migration/migrate/2 @must @cmd:migrate
    Scenario: The time to live moves along
      Given key "hello" holds "world" and expires in 1000 seconds
      And key "{hello}forever" holds "x"
      And slot 866 is migrating from node A to node B
      When node A migrates keys "hello", "{hello}forever" to node B
      And a client sends to node B:
        | command             | reply                          |
        | ASKING              | simple "OK"                    |
        | PTTL hello          | integer from 900000 to 1000000 |
        | ASKING              | simple "OK"                    |
        | TTL {hello}forever  | integer -1                     |

    @id:migration/migrate/3 @must @cmd:migrate
    Scenario: Many keys at once, of every size
      Given 500 keys in slot 866 with values from 0 to 20000 bytes
      And slot 866 is migrating from node A to node B
      When node A migrates all keys of slot 866 to node B, 100 at a time
      Then each of the keys lies on node B with its value, and not on node A

    @id:migration/migrate/4 @must @cmd:migrate
    Scenario: A key that is not there
      Given slot 866 is migrating from node A to node B
      When a client sends "MIGRATE <B.ip> <B.port> hello 0 5000" to node A
      Then the reply is simple "NOKEY"

    @id:migration/migrate/5 @must @cmd:migrate
    Scenario: COPY leaves the key where it was
      Given key "hello" holds "world"
      And slot 866 is migrating from node A to node B
      When a client sends to node A:
        | command                                     | reply        |
        | MIGRATE <B.ip> <B.port> hello 0 5000 COPY   | simple "OK"  |
        | GET hello                                   | bulk "world" |
      Then the key count of node B is 1

  Rule: When the target does not take a key, the source keeps it

    @id:migration/migrate/6 @must @cmd:migrate
    Scenario: The target cannot be reached
      Given key "hello" holds "world"
      And slot 866 is migrating from node A to node B
      When a client sends "MIGRATE 127.0.0.1 <unused.port> hello 0 1000" to node A
      Then the reply is an error that begins with "IOERR"
      And a client sends "GET hello" to node A
      And the reply is bulk "world"

    @id:migration/migrate/7 @must @cmd:migrate
    Scenario: The target has a key of that name already
      Given key "hello" holds "world"
      And slot 866 is migrating from node A to node B
      When a client sends to node B:
        | command         | reply       |
        | ASKING          | simple "OK" |
        | SET hello other | simple "OK" |
      And a client sends to node A:
        | command                                       | reply                    |
        | MIGRATE <B.ip> <B.port> hello 0 5000          | error "ERR Target instance replied with error: BUSYKEY Target key name already exists." |
        | GET hello                                     | bulk "world"             |
        | MIGRATE <B.ip> <B.port> hello 0 5000 REPLACE  | simple "OK"              |
        | GET hello                                     | error "ASK 866 <B.addr>" |
      And a client sends to node B:
        | command   | reply        |
        | ASKING    | simple "OK"  |
        | GET hello | bulk "world" |

    @id:migration/migrate/8 @must @cmd:migrate
    Scenario: What is no MIGRATE is refused and moves nothing
      Given key "hello" holds "world"
      And slot 866 is migrating from node A to node B
      When a client sends to node A:
        | command                                           | reply                    |
        | MIGRATE <B.ip> <B.port> hello 0 soon              | error "ERR value is not an integer or out of range" |
        | MIGRATE <B.ip> <B.port> hello 0 5000 SOMEHOW      | error "ERR syntax error" |
        | MIGRATE <B.ip> <B.port> hello 0 5000 KEYS hello   | error "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string" |
        | GET hello                                         | bulk "world"             |

  Rule: DUMP and RESTORE carry a value from node to node

    @id:migration/dump/1 @must @cmd:dump @cmd:restore
    Scenario: Values survive DUMP and RESTORE
      Given key "hello" holds "world"
      And slot 866 is migrating from node A to node B
      Then strings of every encoding that were dumped on node A and restored on node B are the same

    @id:migration/dump/2 @must @cmd:restore
    Scenario: A damaged payload is refused
      When a client sends to node A:
        | command                       | reply                                                |
        | RESTORE {hello}r 0 damaged    | error "ERR DUMP payload version or checksum are wrong" |
        | GET {hello}r                  | null                                                   |
