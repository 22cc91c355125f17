@area:bus
Feature: Votes
  A replica that wants to replace its failed primary asks the other primaries for their votes. Here the suite plays the
  replicas itself, as puppets on the bus, so that it can ask what no honest replica would.
  Source: Redis Cluster specification, "Replica election and promotion".

  Rule: A primary votes once in an epoch

    @id:bus/votes/1 @must @needs:puppet
    Scenario: Two replicas ask in the same epoch
      Given a cluster of 3 primaries
      And a puppet X joins as a replica of node B
      And a puppet Y joins as a replica of node C
      When puppet X asks node A for its vote in the next epoch although its primary is up
      Then within 1 node timeout node A has given puppet X 1 vote
      When puppet Y asks node A for its vote in the same epoch although its primary is up
      Then for 1 node timeout node A has given puppet Y 0 votes
      When puppet Y asks node A for its vote in the next epoch although its primary is up
      Then within 1 node timeout node A has given puppet Y 1 vote

    @id:bus/votes/2 @must @needs:puppet
    Scenario: One replica asks twice in the same epoch
      Given a cluster of 3 primaries
      And a puppet X joins as a replica of node B
      When puppet X asks node A for its vote in the next epoch although its primary is up
      Then within 1 node timeout node A has given puppet X 1 vote
      When puppet X asks node A for its vote in the same epoch although its primary is up
      Then for 1 node timeout node A has given puppet X 1 vote

  Rule: A primary does not vote for an epoch that is over, nor against a primary that is up

    @id:bus/votes/3 @must @needs:puppet
    Scenario: An old epoch
      Given a cluster of 3 primaries
      And a puppet X joins as a replica of node B
      When puppet X asks node A for its vote in an old epoch although its primary is up
      Then for 1 node timeout node A has given puppet X 0 votes

    @id:bus/votes/4 @must @needs:puppet
    Scenario: The primary is up
      Given a cluster of 3 primaries
      And a puppet X joins as a replica of node B
      When puppet X asks node A for its vote in the next epoch
      Then for 1 node timeout node A has given puppet X 0 votes

  Rule: A primary does not vote twice about the same primary within two node timeouts

    @id:bus/votes/5 @must @needs:puppet
    Scenario: Two replicas of one primary, one epoch after the other
      Given a cluster of 3 primaries
      And a puppet X joins as a replica of node B
      And a puppet Y joins as a replica of node B
      When puppet X asks node A for its vote in the next epoch although its primary is up
      Then within 1 node timeout node A has given puppet X 1 vote
      When puppet Y asks node A for its vote in the next epoch although its primary is up
      Then for 1 node timeout node A has given puppet Y 0 votes

  Rule: Only primaries with slots vote

    @id:bus/votes/6 @must @needs:puppet
    Scenario: A replica is asked
      Given a cluster of 3 primaries with 1 replica each
      And a puppet X joins as a replica of node B
      When puppet X asks node A1 for its vote in the next epoch although its primary is up
      Then for 1 node timeout node A1 has given puppet X 0 votes

    @id:bus/votes/7 @must @needs:puppet
    Scenario: A primary without slots is asked
      Given a cluster of 3 primaries and 1 node without slots
      And a puppet X joins as a replica of node B
      When puppet X asks node D for its vote in the next epoch although its primary is up
      Then for 1 node timeout node D has given puppet X 0 votes

  Rule: Only replicas of known primaries are voted for

    @id:bus/votes/8 @must @needs:puppet
    Scenario: A primary asks
      Given a cluster of 3 primaries
      And a puppet X joins
      When puppet X asks node A for its vote in the next epoch although its primary is up
      Then for 1 node timeout node A has given puppet X 0 votes

  Rule: A replica whose claim is older than what the voter knows of the slots gets no vote

    @id:bus/votes/9 @must @needs:puppet
    Scenario: The slots have gone to another since
      Given a cluster of 3 primaries
      And a puppet X joins as a replica of node B
      When puppet X claims slots 10923-16383 with config epoch 2
      And puppet X asks node A for its vote in the next epoch although its primary is up
      Then for 1 node timeout node A has given puppet X 0 votes

  Rule: A vote is on disk before it is given

    @id:bus/votes/10 @must @needs:puppet @needs:kill @needs:restart
    Scenario: The voter is killed and comes back
      Given a cluster of 3 primaries
      And a puppet X joins as a replica of node B
      And a puppet Y joins as a replica of node C
      When puppet X asks node A for its vote in the next epoch although its primary is up
      Then within 1 node timeout node A has given puppet X 1 vote
      When node A is killed
      And node A is restarted
      Then within 5 node timeouts node A lists nodes B, C, X, Y as connected
      When puppet Y asks node A for its vote in the same epoch although its primary is up
      Then for 1 node timeout node A has given puppet Y 0 votes
