@area:bus
Feature: Accusations
  A node that does not answer is suspected (PFAIL, "fail?"). It has failed (FAIL) when the majority of the primaries suspect it.
  Here puppets, nodes that the suite plays on the bus, accuse.
  Source: Redis Cluster specification, "Failure detection".

  Rule: A node that others accuse has not failed for one that reaches it

    @id:bus/failing/1 @must @needs:puppet
    Scenario: One accuser
      Given a cluster of 3 primaries
      And a puppet X joins
      And puppet X claims slot 0 with config epoch 10
      When puppet X says that node B may be failing
      Then for 2 node timeouts nodes A, C list node B as connected

    @id:bus/failing/2 @must @needs:puppet
    Scenario: A majority of accusers
      Given a cluster of 1 primary and 1 node without slots
      And a puppet X joins
      And a puppet Y joins
      And puppet X claims slot 0 with config epoch 10
      And puppet Y claims slot 1 with config epoch 11
      When puppet X says that node A has failed
      And puppet Y says that node A has failed
      Then for 2 node timeouts node B lists node A as connected

  Rule: Suspicion becomes failure when the majority of the primaries with slots agree

    @id:bus/failing/3 @must @needs:puppet @needs:kill
    Scenario: The second of three makes the majority
      Given a cluster of 2 primaries
      And a puppet X joins
      And puppet X claims slot 0 with config epoch 10
      When node B is killed
      Then within 3 node timeouts node A marks node B as "fail?"
      And for 2 node timeouts node A marks node B as "fail?"
      When puppet X says that node B may be failing
      Then within 1 node timeout node A marks node B as "fail"
      And within 1 node timeout node A has sent puppet X a fail frame about node B

    @id:bus/failing/4 @must @needs:puppet @needs:kill
    Scenario: A replica's word does not count
      Given a cluster of 2 primaries
      And a puppet X joins as a replica of node A
      When node B is killed
      And puppet X says that node B may be failing
      Then within 3 node timeouts node A marks node B as "fail?"
      And for 2 node timeouts node A marks node B as "fail?"

    @id:bus/failing/5 @must @needs:puppet @needs:kill
    Scenario: An accusation that was withdrawn does not count
      Given a cluster of 2 primaries
      And a puppet X joins
      And a puppet Y joins
      And puppet X claims slot 0 with config epoch 10
      And puppet Y claims slot 1 with config epoch 11
      When node B is killed
      And puppet X says that node B may be failing
      Then within 3 node timeouts node A marks node B as "fail?"
      When puppet X says that node B is well
      And for 1 node timeout node A marks node B as "fail?"
      And puppet Y says that node B may be failing
      Then for 2 node timeouts node A marks node B as "fail?"

    @id:bus/failing/6 @must @needs:puppet @needs:kill
    Scenario: An accusation that is older than two node timeouts does not count
      Given a cluster of 2 primaries
      And a puppet X joins
      And a puppet Y joins
      And puppet X claims slot 0 with config epoch 10
      And puppet Y claims slot 1 with config epoch 11
      And puppet X says that node B may be failing
      And for 1 node timeout node A lists node B as connected
      And puppet X says nothing more of node B
      When for 3 node timeouts node A lists node B as connected
      And node B is killed
      And puppet Y says that node B may be failing
      Then within 3 node timeouts node A marks node B as "fail?"
      And for 2 node timeouts node A marks node B as "fail?"

  Rule: Whoever suspects a node says so in its pings and pongs

    @id:bus/failing/7 @must @needs:puppet @needs:kill
    Scenario: The suspect is in the gossip
      Given a cluster of 2 primaries
      And a puppet X joins
      And puppet X claims slot 0 with config epoch 10
      When node B is killed
      Then within 3 node timeouts node A marks node B as "fail?"
      And within 1 node timeout node A has told puppet X that node B may be failing

  Rule: A FAIL frame from a known node is believed without a count; from a stranger it is not

    @id:bus/failing/8 @must @needs:puppet
    Scenario: FAIL about a node that is well
      Given a cluster of 3 primaries
      And a puppet X joins
      When puppet X sends nodes A, C a fail frame about node B
      Then within 1 node timeout nodes A, C mark node B as "fail"
      And within 6 node timeouts nodes A, C list node B as connected

    @id:bus/failing/9 @must @needs:puppet
    Scenario: FAIL from a stranger
      Given a cluster of 3 primaries
      And a puppet X that nobody has met
      When puppet X sends nodes A, C a fail frame about node B
      Then for 1 node timeout nodes A, C list node B as connected

    @id:bus/failing/10 @must @needs:puppet
    Scenario: FAIL about the node it is sent to
      Given a cluster of 3 primaries
      And a puppet X joins
      When puppet X sends node B a fail frame about node B
      Then for 1 node timeout every node lists nodes A, B, C as connected

  Rule: A node is suspected when it has been silent for a node timeout, and not before

    @id:bus/failing/11 @must @needs:puppet
    Scenario: A node falls silent
      Given a cluster of 3 primaries
      And a puppet X joins
      When puppet X answers nothing any more
      Then for 1 node timeout every node does not suspect puppet X
      And within 3 node timeouts every node marks node X as "fail"
      When puppet X answers again
      Then within 2 node timeouts every node lists node X as connected

  Rule: Every node is pinged before it would be suspected

    # A node pings whom it has not heard of for half a node timeout. What others tell of a PONG counts as hearing, so with others about its own pings may
    # lie further apart, by as much as chance has it; alone with the puppet they may not.
    @id:bus/failing/12 @must @needs:puppet
    Scenario: The time between two pings
      Given a cluster of 1 primary
      When a puppet X joins
      Then for 3 node timeouts no running node leaves puppet X without a ping for a whole node timeout
