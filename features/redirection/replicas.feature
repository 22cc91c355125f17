@area:redirection
Feature: Reading from replicas
  A replica sends clients to its primary, unless they said that stale reads will do.
  Source: Redis Cluster specification, "Scaling reads using replica nodes"; READONLY, READWRITE.

  Rule: A replica redirects to its primary unless the connection is read-only

    @id:redirection/readonly/1 @must @cmd:readonly @cmd:readwrite
    Scenario: READONLY and READWRITE
      Given a cluster of 3 primaries with 1 replica each
      And key "hello" holds "world"
      And every replica is in sync
      When a client sends to node A1:
        | command     | reply                       |
        | GET hello   | error "MOVED 866 <A.addr>"  |
        | READONLY    | simple "OK"                 |
        | GET hello   | bulk "world"                |
        | SET hello x | error "MOVED 866 <A.addr>"  |
        | GET world   | error "MOVED 9059 <B.addr>" |
        | READWRITE   | simple "OK"                 |
        | GET hello   | error "MOVED 866 <A.addr>"  |

    @id:redirection/readonly/2 @must @cmd:readonly @cmd:multi
    Scenario: A read-only connection reads in a transaction but cannot write in one
      Given a cluster of 3 primaries with 1 replica each
      And key "hello" holds "world"
      And every replica is in sync
      When a client sends to node A1:
        | command     | reply                       |
        | READONLY    | simple "OK"                 |
        | MULTI       | simple "OK"                 |
        | GET hello   | simple "QUEUED"             |
        | EXEC        | array [bulk "world"]        |
        | MULTI       | simple "OK"                 |
        | SET hello x | error "MOVED 866 <A.addr>"  |
        | EXEC        | error "EXECABORT Transaction discarded because of previous errors." |

    @id:redirection/readonly/3 @must @cmd:readonly
    Scenario: On a primary READONLY changes nothing
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command     | reply                       |
        | READONLY    | simple "OK"                 |
        | SET hello 1 | simple "OK"                 |
        | GET hello   | bulk "1"                    |
        | GET world   | error "MOVED 9059 <B.addr>" |
