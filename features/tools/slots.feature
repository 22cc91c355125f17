@area:tools
Feature: redis-cli moves slots
  Source: redis-cli --cluster help: reshard, rebalance.

  Rule: reshard moves slots with all that is in them, while clients work

    @id:tools/reshard/1 @must @needs:redis-cli @cmd:migrate @cmd:cluster-setslot
    Scenario: Two hundred slots go from A to B under readers and writers
      Given a cluster of 3 primaries with 1 replica each
      And a cluster client writes 2000 keys of slots 0-199
      And 3 clients write to and read from those slots without pause
      When redis-cli runs "--cluster reshard <C.addr> --cluster-from <A.id> --cluster-to <B.id> --cluster-slots 200 --cluster-yes"
      Then redis-cli succeeds
      And within 3 node timeouts every node assigns slots 200-5460 to A, 0-199 and 5461-10922 to B, 10923-16383 to C
      When the clients stop
      Then every write that was acknowledged is there, once
      And no client read an older value than one it had seen acknowledged
      And the clients saw ASK or MOVED
      And the keys of slots 0-199 lie on node B and nowhere else
      And no node has an open slot
      And within 5 node timeouts each replica holds the same data as its primary
      And redis-cli --cluster check of every running node finds nothing wrong

    @id:tools/reshard/2 @must @since:7.0 @needs:redis-cli @cmd:migrate
    Scenario: Slots with keys of every kind come from all primaries
      Given a cluster of 3 primaries
      And a cluster client writes 500 keys of every kind of slots 0-99, some of which expire
      When redis-cli runs "--cluster reshard <A.addr> --cluster-from all --cluster-to <C.id> --cluster-slots 60 --cluster-pipeline 7 --cluster-yes"
      Then redis-cli succeeds
      And within 3 node timeouts every node names C as the owner of slot 0
      And every node names C as the owner of slot 5461
      And each of the keys has the value and the expiry it had, and lies on the owner of its slot alone
      And no node has an open slot

  Rule: rebalance gives each primary its share

    @id:tools/rebalance/1 @must @needs:redis-cli
    Scenario: Weights say how much a primary gets
      Given a cluster of 3 primaries
      And a cluster client writes 1000 keys
      When redis-cli runs "--cluster rebalance <A.addr> --cluster-weight <A.id>=1.1"
      Then redis-cli succeeds
      And within 3 node timeouts CLUSTER SLOTS on every node names each slot once, with the owner that CLUSTER NODES names
      And every node counts 5814 slots of A, 5285 of B, 5285 of C
      And each of the keys lies on the node that owns its slot, and nowhere else
      And a cluster client reads every one of the keys back
      And redis-cli --cluster check of every running node finds nothing wrong

    @id:tools/rebalance/2 @must @needs:redis-cli
    Scenario: A primary without slots gets some when it is told
      Given a cluster of 3 primaries and 1 node without slots
      And a cluster client writes 1000 keys
      When redis-cli runs "--cluster rebalance <A.addr> --cluster-use-empty-masters --cluster-weight <D.id>=0.1 --cluster-pipeline 100"
      Then redis-cli succeeds
      And within 3 node timeouts CLUSTER SLOTS on every node names each slot once, with the owner that CLUSTER NODES names
      And every node counts 5285 slots of A, 5285 of B, 5285 of C, 529 of D
      And each of the keys lies on the node that owns its slot, and nowhere else
      And a cluster client reads every one of the keys back

    @id:tools/rebalance/3 @must @needs:redis-cli
    Scenario: A cluster in balance is left as it is
      Given a cluster of 3 primaries and 1 node without slots
      When redis-cli runs "--cluster rebalance <A.addr>"
      Then redis-cli succeeds
      And redis-cli says "No rebalancing needed!"
      And every node assigns slots 0-5460 to A, 5461-10922 to B, 10923-16383 to C
