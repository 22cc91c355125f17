@area:clients
Feature: Client libraries
  What applications talk to a cluster with, as their authors wrote it. Each is told of one node, as applications are configured, and is in no way helped.
  Source: Redis Cluster specification, "Clients connections and redirection handling", "MOVED Redirection" and "ASK redirection".

  Rule: A client that is told of one node finds all the others

    @id:clients/find/1 @must @cmd:cluster-slots @cmd:cluster-shards @cmd:command
    Scenario Outline: <library> writes and reads keys of all slots
      Given a cluster of 3 primaries with 1 replica each
      And an application with <library> that is told of node B alone
      When the application writes 300 keys
      Then each of the keys lies on the node that owns its slot, and nowhere else
      And the application reads every one of the keys back
      And the application writes and reads 20 keys tagged "foo" in one pipeline, and in one MSET and one MGET

      Examples:
        | library    |
        | go-redis   |
        | redis-py   |
        | redis-rb   |
        | phpredis   |
        | node-redis |

    @id:clients/find/2 @must @cmd:cluster-slots @cmd:readonly
    Scenario Outline: <library> reads from replicas
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 200 keys
      And every replica is in sync
      And within 5 node timeouts CLUSTER SLOTS on every node names replica A1 after A, B1 after B, C1 after C
      When an application with <library> that is told of node C alone and reads from replicas
      Then the application reads every one of the keys back
      And every replica has answered reads of the application

      Examples:
        | library    |
        | go-redis   |
        | redis-py   |
        | redis-rb   |
        | node-redis |

  Rule: Clients of any kind hear what is published anywhere

    @id:clients/publish/1 @must @cmd:publish @cmd:subscribe
    Scenario Outline: One application with <library> hears another
      Given a cluster of 3 primaries with 1 replica each
      And an application with <library> that is told of node A alone
      Then the application receives what another one publishes

      Examples:
        | library    |
        | go-redis   |
        | redis-py   |
        | redis-rb   |
        | phpredis   |
        | node-redis |

  Rule: A client notices nothing of slots that move

    @id:clients/move/1 @must @cmd:asking @cmd:cluster-setslot
    Scenario Outline: <library> finds the keys of a slot that is on its way on both sides
      Given a cluster of 3 primaries
      And an application with <library> that is told of node A alone
      And the application writes 20 keys of slots 866-866
      And slot 866 is migrating from node A to node B
      When node A migrates half of the keys of slot 866 to node B
      Then the application reads every one of the keys back
      And the application writes every one of the keys anew
      When node A migrates all keys of slot 866 to node B, 10 at a time
      Then the application reads every one of the keys back
      When slot 866 is assigned to node B on every node
      Then the application reads every one of the keys back
      And the application writes every one of the keys anew

      Examples:
        | library    |
        | go-redis   |
        | redis-py   |
        | redis-rb   |
        | phpredis   |
        | node-redis |

    @id:clients/move/2 @must @cmd:migrate @cmd:cluster-setslot
    Scenario Outline: Slots move while <library> writes and reads
      Given a cluster of 3 primaries
      And an application with <library> that is told of node C alone
      And the application writes 200 keys of slots 0-50
      And the application writes to and reads from those slots without pause
      When slots 0-50 are moved from node A to node B
      And the clients stop
      Then every write that was acknowledged is there, once
      And no client read an older value than one it had seen acknowledged

      Examples:
        | library    |
        | go-redis   |
        | redis-py   |
        | redis-rb   |
        | phpredis   |
        | node-redis |

  Rule: A client finds the replica that took over

    @id:clients/failover/1 @must @cmd:cluster-failover
    Scenario Outline: Primaries hand over while <library> writes and reads
      Given a cluster of 3 primaries with 1 replica each
      And an application with <library> that is told of node A alone
      And the application writes 100 keys of slots 0-1000
      And every replica is in sync
      And the application writes to and reads from those slots without pause
      When a client sends "CLUSTER FAILOVER" to node A1
      Then the reply is simple "OK"
      And within 8 node timeouts every node names A1 as the owner of slot 866
      When the clients stop
      Then a cluster client reads every one of the keys back
      And no client read an older value than one it had seen acknowledged

      Examples:
        | library    |
        | go-redis   |
        | redis-py   |
        | redis-rb   |
        | node-redis |

    @id:clients/failover/2 @must @needs:kill @needs:restart
    Scenario Outline: <library> goes on writing when a primary is killed
      Given a cluster of 3 primaries with 1 replica each
      And an application with <library> that is told of node B alone
      And the application writes 60 keys
      And every replica is in sync
      When node A is killed
      Then within 10 node timeouts the application writes every one of the keys anew
      And every running node names A1 as the owner of slot 866
      And the application reads every one of the keys back
      When node A is restarted
      Then within 10 node timeouts every node lists A as a replica of A1
      And the application writes every one of the keys anew

      Examples:
        | library    |
        | go-redis   |
        | redis-py   |
        | redis-rb   |
        | node-redis |

    # The library, 5.3.7, now and then ends the program with a segmentation fault when a primary is replaced, whatever the server. So it has no
    # rows in the two outlines above, which a crash would fail, and a scenario in which what supervises a service does its work.
    @id:clients/failover/3 @must @needs:kill @needs:restart
    Scenario: phpredis goes on writing when a primary is killed, started again when it crashes
      Given a cluster of 3 primaries with 1 replica each
      And an application with phpredis under a supervisor that is told of node B alone
      And the application writes 60 keys
      And every replica is in sync
      When node A is killed
      Then within 10 node timeouts the application writes every one of the keys anew
      And every running node names A1 as the owner of slot 866
      And within 2 node timeouts the application reads every one of the keys back
      When node A is restarted
      Then within 10 node timeouts every node lists A as a replica of A1
      And within 2 node timeouts the application writes every one of the keys anew
