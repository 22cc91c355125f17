@area:bus
Feature: Elections
  A replica asks for votes when its primary has failed, and takes the primary's place when the majority of the primaries have voted for it.
  Here the suite plays the other primaries, as puppets on the bus, and so decides who votes.
  Source: Redis Cluster specification, "Replica election and promotion".

  Background:
    Given a cluster of 1 primary with 1 replica each
    And every replica is in sync
    And a puppet X joins
    And a puppet Y joins
    And puppet X claims slot 0 with config epoch 10
    And puppet Y claims slot 1 with config epoch 11
    And within 1 node timeout every node names Y as the owner of slot 1

  Rule: A replica asks for votes when its primary has failed, and stays one until the majority has voted for it

    @id:bus/elections/1 @must @needs:puppet @needs:kill
    Scenario: Nobody votes, and then everybody
      When node A is killed
      And puppet X says that node A may be failing
      And puppet Y says that node A may be failing
      Then within 5 node timeouts node A1 has sent puppet X an auth-req
      And within 1 node timeout node A1 has sent puppet Y an auth-req
      And for 2 node timeouts nodes A1 are replicas
      When puppet X votes for everybody
      And puppet Y votes for everybody
      Then within 8 node timeouts node A1 lists A1 as a primary
      And node A1 names A1 as the owner of slot 2
      And within 1 node timeout node A1 has sent puppet X a pong

    @id:bus/elections/2 @must @needs:puppet @needs:kill
    Scenario: One vote of three is not enough
      When puppet X votes for everybody
      And node A is killed
      And puppet X says that node A may be failing
      And puppet Y says that node A may be failing
      Then within 5 node timeouts node A1 has sent puppet Y an auth-req
      And for 3 node timeouts nodes A1 are replicas

  Rule: A replica does not ask before its primary has failed

    @id:bus/elections/3 @must @needs:puppet @needs:kill
    Scenario: The primary is suspected by its replica and one other
      When node A is killed
      And puppet X says that node A may be failing
      Then within 3 node timeouts node A1 marks node A as "fail?"
      And for 2 node timeouts node A1 has sent puppet X no auth-req

  Rule: The winner's config epoch is the epoch of its election, greater than all before

    @id:bus/elections/4 @must @needs:puppet @needs:kill
    Scenario: The epoch of an election
      When puppet X votes for everybody
      And puppet Y votes for everybody
      And node A is killed
      And puppet X says that node A may be failing
      And puppet Y says that node A may be failing
      Then within 8 node timeouts node A1 gives node A1 config epoch 12

  Rule: Votes count when they are those of primaries with slots

    @id:bus/elections/5 @must @needs:puppet @needs:kill
    Scenario: A node that has no vote gives one
      Given a puppet Z joins
      When puppet X votes for everybody
      And puppet Z votes for everybody
      And node A is killed
      And puppet X says that node A may be failing
      And puppet Y says that node A may be failing
      Then within 5 node timeouts node A1 has sent puppet Z an auth-req
      And for 3 node timeouts nodes A1 are replicas
