@area:migration
Feature: Moving slots while clients work
  Source: Redis Cluster specification, "Live reconfiguration".

  Rule: Clients that follow redirections lose no acknowledged write while slots move

    @id:migration/live/1 @must @cmd:migrate @cmd:cluster-setslot
    Scenario: Slots 0-400 move under readers and writers
      Given a cluster of 3 primaries
      And a cluster client writes 1500 keys of slots 0-400
      And 4 clients write to and read from those slots without pause
      When slots 0-400 are moved from node A to node B
      And the clients stop
      Then every write that was acknowledged is there, once
      And no client read an older value than one it had seen acknowledged
      And the clients saw ASK or MOVED
      And every node assigns slots 401-5460 to A, 0-400 and 5461-10922 to B, 10923-16383 to C
      And the keys of slots 0-400 lie on node B and nowhere else
      And no node has an open slot

    @id:migration/live/2 @must @cmd:migrate
    Scenario: Slots move there and back
      Given a cluster of 3 primaries
      And a cluster client writes 500 keys of slots 0-100
      When slots 0-100 are moved from node A to node B
      And slots 0-100 are moved from node B to node A
      Then every write that was acknowledged is there, once
      And every node assigns slots 0-5460 to A, 5461-10922 to B, 10923-16383 to C

  Rule: A key is lost on neither side when a node is killed in the middle of a move

    @id:migration/kill/1 @must @needs:kill @needs:restart @cmd:migrate
    Scenario: The target is killed
      Given a cluster of 3 primaries
      And 200 keys in slot 866 with values from 0 to 2000 bytes
      And slot 866 is migrating from node A to node B
      When node B is killed
      Then a MIGRATE of every key of slot 866 from node A to node B fails with an error that begins with "IOERR"
      And each of the keys lies on node A with its value
