@area:migration
Feature: An open slot
  While a slot moves, the source serves the keys it still has and says ASK for the others; the target serves whoever
  says ASKING first.
  Source: Redis Cluster specification, "Live reconfiguration", "ASK Redirection" and "Multi-keys operations".

  Background:
    Given a cluster of 3 primaries
    And keys "{hello}1", "{hello}2" hold "here"
    And slot 866 is migrating from node A to node B

  Rule: The source serves the keys it has and answers ASK for those it has not

    @id:migration/ask/1 @must
    Scenario: Present and missing keys at the source
      When a client sends to node A:
        | command          | reply                      |
        | GET {hello}1     | bulk "here"                |
        | SET {hello}2 now | simple "OK"                |
        | GET {hello}none  | error "ASK 866 <B.addr>"   |
        | SET {hello}new 1 | error "ASK 866 <B.addr>"   |
        | DEL {hello}none  | error "ASK 866 <B.addr>"   |
      Then the key count of node B is 0

    @id:migration/ask/2 @must
    Scenario: A key that has expired counts as missing
      When a client sends to node A:
        | command                | reply                    |
        | PEXPIRE {hello}1 1     | integer 1                |
      Then within 2 node timeouts "GET {hello}1" sent to node A gives error "ASK 866 <B.addr>"

    @id:migration/ask/3 @must
    Scenario: A node that is neither source nor target says MOVED to the source
      When a client sends to node C:
        | command         | reply                      |
        | GET {hello}1    | error "MOVED 866 <A.addr>" |
        | GET {hello}none | error "MOVED 866 <A.addr>" |

  Rule: The target serves an importing slot only to a client that said ASKING, for one command

    @id:migration/asking/1 @must @cmd:asking
    Scenario: ASKING holds for the next command
      When a client sends to node B:
        | command           | reply                      |
        | GET {hello}none   | error "MOVED 866 <A.addr>" |
        | ASKING            | simple "OK"                |
        | SET {hello}new 1  | simple "OK"                |
        | GET {hello}new    | error "MOVED 866 <A.addr>" |
        | ASKING            | simple "OK"                |
        | GET {hello}new    | bulk "1"                   |

    @id:migration/asking/2 @must @cmd:asking
    Scenario: Any command uses ASKING up, whether it has a key or not
      When a client sends to node B:
        | command          | reply                      |
        | ASKING           | simple "OK"                |
        | PING             | simple "PONG"              |
        | GET {hello}none  | error "MOVED 866 <A.addr>" |

    @id:migration/asking/3 @must @cmd:asking @cmd:multi
    Scenario: ASKING before MULTI holds until EXEC
      When a client sends to node B:
        | command          | reply                        |
        | ASKING           | simple "OK"                  |
        | MULTI            | simple "OK"                  |
        | SET {hello}new 1 | simple "QUEUED"              |
        | GET {hello}new   | simple "QUEUED"              |
        | EXEC             | array [simple "OK", bulk "1"] |
        | GET {hello}new   | error "MOVED 866 <A.addr>"   |

    @id:migration/asking/4 @must @cmd:asking
    Scenario: ASKING opens only slots that are being imported
      When a client sends to node B:
        | command | reply                        |
        | ASKING  | simple "OK"                  |
        | GET foo | error "MOVED 12182 <C.addr>" |

    @id:migration/ask/4 @must
    Scenario: A client that follows ASK writes at the target and reads it back
      When a client sends "SET {hello}new 1" to node A
      And the client follows the redirection
      Then the reply is simple "OK"
      And the key count of node B is 1
      When a client sends "GET {hello}new" to node A
      And the client follows the redirection
      Then the reply is bulk "1"

  Rule: A command whose keys are split between source and target has to be tried again

    @id:migration/tryagain/1 @must @cmd:mget
    Scenario: At the source some keys are present and some are missing
      When a client sends to node A:
        | command                   | reply                                                           |
        | MGET {hello}1 {hello}2    | array [bulk "here", bulk "here"]                                |
        | MGET {hello}1 {hello}none | error "TRYAGAIN Multiple keys request during rehashing of slot" |
        | MGET {hello}x {hello}y    | error "ASK 866 <B.addr>"                                        |

    @id:migration/tryagain/2 @must @cmd:asking @cmd:mset
    Scenario: At the target some keys are missing
      When a client sends to node B:
        | command                   | reply                                                           |
        | ASKING                    | simple "OK"                                                     |
        | MSET {hello}a 1 {hello}b 2 | error "TRYAGAIN Multiple keys request during rehashing of slot" |
        | ASKING                    | simple "OK"                                                     |
        | SET {hello}a 1            | simple "OK"                                                     |
        | ASKING                    | simple "OK"                                                     |
        | MGET {hello}a             | array [bulk "1"]                                                |
        | ASKING                    | simple "OK"                                                     |
        | MGET {hello}a {hello}b    | error "TRYAGAIN Multiple keys request during rehashing of slot" |

  Rule: Open slots are shown by the node that has them, and closed by SETSLOT STABLE

    @id:migration/open/1 @must @cmd:cluster-nodes
    Scenario: CLUSTER NODES shows where a slot is going to and coming from
      Then CLUSTER NODES on node A shows slot 866 migrating to B
      And CLUSTER NODES on node B shows slot 866 importing from A
      And CLUSTER NODES on node C shows no open slot

    @id:migration/open/2 @must @cmd:cluster-setslot
    Scenario: STABLE ends the move on both sides and nothing has changed
      When a client sends "CLUSTER SETSLOT 866 STABLE" to node A
      And a client sends "CLUSTER SETSLOT 866 STABLE" to node B
      And a client sends to node A:
        | command         | reply       |
        | GET {hello}1    | bulk "here" |
        | GET {hello}none | null        |
      Then CLUSTER NODES on node A shows no open slot
      And CLUSTER NODES on node B shows no open slot
