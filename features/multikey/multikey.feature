@area:multikey
Feature: Commands with several keys
  A command may name several keys when they are in one slot; hash tags put them there.
  Source: Redis Cluster specification, "Implemented subset" and "Hash tags".

  Background:
    Given a cluster of 3 primaries

  Rule: Keys that share a hash tag can be used together

    @id:multikey/tags/1 @must @cmd:mset @cmd:mget @cmd:del
    Scenario: MSET, MGET, EXISTS and DEL with one tag
      When a client sends to node A:
        | command                        | reply                              |
        | MSET {hello}a 1 {hello}b 2     | simple "OK"                        |
        | MGET {hello}a {hello}b {hello}c | array [bulk "1", bulk "2", null]  |
        | EXISTS {hello}a {hello}b {hello}c | integer 2                       |
        | RENAME {hello}a {hello}d       | simple "OK"                        |
        | DEL {hello}b {hello}c {hello}d | integer 2                          |
        | UNLINK {hello}b                | integer 0                          |

    @id:multikey/tags/2 @must @cmd:mget
    Scenario: All keys elsewhere are redirected together
      When a client sends "MGET {foo}a {foo}b" to node A
      Then the reply is error "MOVED 12182 <C.addr>"

  Rule: Keys in different slots are refused, even when one node owns them all

    @id:multikey/crossslot/1 @must
    Scenario Outline: <command> with keys in two slots
      When a client sends "<command>" to node A
      Then the reply is error "CROSSSLOT Keys in request don't hash to the same slot"
      And the key counts of all nodes are 0

      Examples:
        | command              |
        | MGET hello alpha     |
        | MSET hello 1 alpha 2 |
        | MSETNX hello 1 alpha 2 |
        | DEL hello alpha      |
        | UNLINK hello alpha   |
        | EXISTS hello alpha   |
        | TOUCH hello alpha    |
        | RENAME hello alpha   |
        | COPY hello alpha     |
        | MGET foo world       |

    @id:multikey/crossslot/2 @must @cmd:mget
    Scenario: The same key twice is one slot
      When a client sends "MGET hello hello" to node A
      Then the reply is array [null, null]

  Rule: A transaction is carried out where its keys are, and only when all are in one slot

    @id:multikey/multi/1 @must @cmd:multi @cmd:exec
    Scenario: A transaction with one tag
      When a client sends to node A:
        | command          | reply                          |
        | MULTI            | simple "OK"                    |
        | SET {hello}a 1   | simple "QUEUED"                |
        | INCR {hello}a    | simple "QUEUED"                |
        | EXEC             | array [simple "OK", integer 2] |

    @id:multikey/multi/2 @must @cmd:multi @cmd:exec
    Scenario: A redirection while queueing discards the transaction
      When a client sends to node A:
        | command          | reply                        |
        | MULTI            | simple "OK"                  |
        | SET {hello}a 1   | simple "QUEUED"              |
        | SET foo 1        | error "MOVED 12182 <C.addr>" |
        | EXEC             | error "EXECABORT Transaction discarded because of previous errors." |
        | GET {hello}a     | null                         |

    @id:multikey/multi/3 @must @cmd:multi @cmd:exec
    Scenario: Two slots of one node in one transaction
      When a client sends to node A:
        | command          | reply           |
        | MULTI            | simple "OK"     |
        | SET hello 1      | simple "QUEUED" |
        | SET alpha 1      | simple "QUEUED" |
        | EXEC             | error "CROSSSLOT Keys in request don't hash to the same slot" |
        | GET hello        | null            |

    @id:multikey/multi/4 @must @cmd:watch @cmd:multi @cmd:exec
    Scenario: A watched key that changes stops the transaction
      When a client sends to node A:
        | command     | reply           |
        | WATCH hello | simple "OK"     |
        | MULTI       | simple "OK"     |
        | SET hello mine | simple "QUEUED" |
      And another client sends "SET hello other" to node A
      And the first client sends to node A:
        | command     | reply           |
        | EXEC        | null array      |
        | GET hello   | bulk "other"    |

    @id:multikey/multi/5 @must @cmd:multi @cmd:discard
    Scenario: DISCARD forgets what was queued
      When a client sends to node A:
        | command     | reply           |
        | MULTI       | simple "OK"     |
        | SET hello 1 | simple "QUEUED" |
        | DISCARD     | simple "OK"     |
        | GET hello   | null            |
        | EXEC        | error "ERR EXEC without MULTI" |
        | DISCARD     | error "ERR DISCARD without MULTI" |

    @id:multikey/multi/6 @must @cmd:watch @cmd:multi @cmd:migrate
    Scenario: A watched key that is moved to another node stops the transaction
      Given keys "{hello}1", "{hello}2" hold "x"
      And slot 866 is migrating from node A to node B
      When a client sends to node A:
        | command           | reply           |
        | WATCH {hello}1    | simple "OK"     |
        | MULTI             | simple "OK"     |
        | SET {hello}2 mine | simple "QUEUED" |
      And another client sends "MIGRATE <B.ip> <B.port> {hello}1 0 5000" to node A
      And the first client sends to node A:
        | command      | reply      |
        | EXEC         | null array |
        | GET {hello}2 | bulk "x"   |

    @id:multikey/client/1 @must @cmd:multi @cmd:mset
    Scenario: A cluster client's pipelines and transactions
      Then go-redis's cluster client runs a pipeline over all nodes, a transaction with one tag and an MSET with one tag

  Rule: A script is carried out where the keys are that it names, and only when all are in one slot

    @id:multikey/scripts/1 @must @cmd:eval
    Scenario: The keys a script names decide
      When a client sends to node A:
        | command                                        | reply                        |
        | EVAL "return redis.call('set',KEYS[1],ARGV[1])" 1 hello x | simple "OK"       |
        | EVAL "return redis.call('get',KEYS[1])" 1 hello | bulk "x"                    |
        | EVAL "return redis.call('get',KEYS[1])" 1 foo  | error "MOVED 12182 <C.addr>" |
        | EVAL "return 1" 2 hello alpha                  | error "CROSSSLOT Keys in request don't hash to the same slot" |
        | EVAL "return 1" 0                              | integer 1                    |

    @id:multikey/scripts/2 @must @cmd:eval @cmd:readonly
    Scenario: A replica runs scripts that only read
      Given a cluster of 3 primaries with 1 replica each
      And key "hello" holds "world"
      And every replica is in sync
      When a client sends to node A1:
        | command                                            | reply                       |
        | EVAL "return redis.call('get',KEYS[1])" 1 hello    | error "MOVED 866 <A.addr>"  |
        | READONLY                                           | simple "OK"                 |
        | EVAL "return redis.call('get',KEYS[1])" 1 hello    | bulk "world"                |
        | EVAL "return redis.call('get',KEYS[1])" 1 world    | error "MOVED 9059 <B.addr>" |

    @id:multikey/scripts/3 @must @since:7.0 @cmd:eval_ro @cmd:readonly
    Scenario: A script that says it only reads is trusted, and watched
      Given a cluster of 3 primaries with 1 replica each
      And key "hello" holds "world"
      And every replica is in sync
      When a client sends to node A1:
        | command                                              | reply                           |
        | EVAL_RO "return redis.call('get',KEYS[1])" 1 hello   | error "MOVED 866 <A.addr>"      |
        | READONLY                                             | simple "OK"                     |
        | EVAL_RO "return redis.call('get',KEYS[1])" 1 hello   | bulk "world"                    |
        | EVAL_RO "return redis.call('del',KEYS[1])" 1 hello   | an error that begins with "ERR" |
        | EVAL_RO "return redis.call('get',KEYS[1])" 1 hello   | bulk "world"                    |

    @id:multikey/scripts/4 @must @cmd:eval
    Scenario: A key that a script has not named must not be elsewhere
      When a client sends to node A:
        | command                                       | reply                           |
        | EVAL "return redis.call('get','foo')" 0       | an error that begins with "ERR" |
        | EVAL "return redis.call('set','hello','x')" 1 hello | simple "OK"               |
        | GET hello                                     | bulk "x"                        |

    @id:multikey/scripts/5 @must @since:7.0 @cmd:eval
    Scenario: A script that declares itself uses keys of one slot alone, unless it asks for more
      When a client sends to node A:
        | command                                                                                           | reply     |
        | EVAL "#!lua\nredis.call('get','alpha') return redis.call('get','hello')" 0                        | an error that begins with "ERR" |
        | EVAL "#!lua flags=allow-cross-slot-keys\nredis.call('get','alpha') return redis.call('get','hello')" 0 | null |
        | EVAL "#!lua flags=no-cluster\nreturn 1" 0                                                         | an error that begins with "ERR" |

  Rule: A transaction on a replica reads, and blocks on nothing

    @id:multikey/replica/1 @must @cmd:readonly @cmd:blpop
    Scenario: Blocking commands on a replica
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When a client sends to node A:
        | command         | reply     |
        | RPUSH hello one | integer 1 |
        | WAIT 1 5000     | integer 1 |
      And a client sends to node A1:
        | command           | reply                      |
        | BLPOP hello 0     | error "MOVED 866 <A.addr>" |
        | READONLY          | simple "OK"                |
        | BLPOP hello 0     | error "MOVED 866 <A.addr>" |
        | LRANGE hello 0 -1 | array [bulk "one"]         |
