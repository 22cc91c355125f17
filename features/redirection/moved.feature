@area:redirection
Feature: MOVED
  A node answers for the slots it owns. For any other it names the owner, and the client is expected to remember.
  Source: Redis Cluster specification, "MOVED Redirection".

  Rule: A node that does not own the slot of a key answers MOVED with the slot and the owner's address

    @id:redirection/moved/1 @must @cmd:get
    Scenario: A read at the wrong node
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command   | reply                          |
        | GET hello | null                           |
        | GET world | error "MOVED 9059 <B.addr>"    |
        | GET foo   | error "MOVED 12182 <C.addr>"   |

    @id:redirection/moved/2 @must @cmd:set
    Scenario: A write at the wrong node is redirected and writes nothing
      Given a cluster of 3 primaries
      When a client sends "SET foo bar" to node A
      Then the reply is error "MOVED 12182 <C.addr>"
      And the key counts of all nodes are 0

    @id:redirection/moved/3 @must
    Scenario: Following the redirection succeeds
      Given a cluster of 3 primaries
      When a client sends "SET foo bar" to node B
      And the client follows the redirection
      Then the reply is simple "OK"
      And the client was redirected once, to node C
      And a client sends "GET foo" to node C
      And the reply is bulk "bar"

    @id:redirection/moved/4 @must
    Scenario Outline: Slot <slot> is at home on <owner> alone
      Given a cluster of 3 primaries
      Then a key of slot <slot> is served by node <owner>, and every other node says MOVED to <owner>

      Examples:
        | slot  | owner |
        | 0     | A     |
        | 5460  | A     |
        | 5461  | B     |
        | 10922 | B     |
        | 10923 | C     |
        | 16383 | C     |

    @id:redirection/moved/5 @must
    Scenario: Redirections keep their place in a pipeline
      Given a cluster of 3 primaries
      When a client sends to node A in one pipeline:
        | command     | reply                        |
        | SET hello 1 | simple "OK"                  |
        | SET world 1 | error "MOVED 9059 <B.addr>"  |
        | INCR hello  | integer 2                    |
        | GET foo     | error "MOVED 12182 <C.addr>" |
        | PING        | simple "PONG"                |

    @id:redirection/moved/6 @must @harmless
    Scenario: A wrong command is refused before it is redirected
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command       | reply                                                      |
        | GET           | error "ERR wrong number of arguments for 'get' command"    |
        | GET foo bar   | error "ERR wrong number of arguments for 'get' command"    |

    @id:redirection/moved/7 @must
    Scenario: Commands without a key are answered by every node
      Given a cluster of 3 primaries
      Then every node answers each of these itself:
        | command          | reply         |
        | PING             | simple "PONG" |
        | DBSIZE           | integer 0     |
        | SELECT 0         | simple "OK"   |
        | SELECT 1         | error "ERR SELECT is not allowed in cluster mode" |

  Rule: A client that remembers MOVED answers is not redirected twice for the same slot

    @id:redirection/learning/1 @must
    Scenario: A client that learns from MOVED alone stops asking the wrong node
      Given a cluster of 3 primaries
      When a client that knows only node A writes 300 keys and remembers every MOVED
      Then it was redirected at least once
      And when it writes the same keys again it is not redirected at all

    @id:redirection/learning/2 @must @cmd:cluster-slots
    Scenario: A client that starts with CLUSTER SLOTS is never redirected
      Given a cluster of 3 primaries
      When a client that asked node B for CLUSTER SLOTS writes 300 keys
      Then it was not redirected at all
