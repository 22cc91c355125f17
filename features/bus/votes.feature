@area:bus
Feature: Votes
  A replica that wants to replace its failed primary asks the other primaries for their votes. Here the suite plays the
  replicas itself, as peers on the bus, so that it can ask what no honest replica would.
  Source: Redis Cluster specification, "Replica election and promotion".

  Rule: A primary votes once in an epoch

    @id:bus/votes/1 @must @needs:peer
    Scenario: Two replicas ask in the same epoch
      Given a cluster of 3 primaries
      And a bus peer X joins node A as a replica of node B
      And a bus peer Y joins node A as a replica of node C
      When peer X asks node A for its vote in the next epoch although its primary is up
      Then within 1 node timeout node A has given peer X 1 vote
      When peer Y asks node A for its vote in the same epoch although its primary is up
      Then for 1 node timeout node A has given peer Y 0 votes
      When peer Y asks node A for its vote in the next epoch although its primary is up
      Then within 1 node timeout node A has given peer Y 1 vote

    @id:bus/votes/2 @must @needs:peer
    Scenario: One replica asks twice in the same epoch
      Given a cluster of 3 primaries
      And a bus peer X joins node A as a replica of node B
      When peer X asks node A for its vote in the next epoch although its primary is up
      Then within 1 node timeout node A has given peer X 1 vote
      When peer X asks node A for its vote in the same epoch although its primary is up
      Then for 1 node timeout node A has given peer X 1 vote

  Rule: A primary does not vote for an epoch that is over, nor against a primary that is up

    @id:bus/votes/3 @must @needs:peer
    Scenario: An old epoch
      Given a cluster of 3 primaries
      And a bus peer X joins node A as a replica of node B
      When peer X asks node A for its vote in an old epoch although its primary is up
      Then for 1 node timeout node A has given peer X 0 votes

    @id:bus/votes/4 @must @needs:peer
    Scenario: The primary is up
      Given a cluster of 3 primaries
      And a bus peer X joins node A as a replica of node B
      When peer X asks node A for its vote in the next epoch
      Then for 1 node timeout node A has given peer X 0 votes

  Rule: A primary does not vote twice about the same primary within two node timeouts

    @id:bus/votes/5 @must @needs:peer
    Scenario: Two replicas of one primary, one epoch after the other
      Given a cluster of 3 primaries
      And a bus peer X joins node A as a replica of node B
      And a bus peer Y joins node A as a replica of node B
      When peer X asks node A for its vote in the next epoch although its primary is up
      Then within 1 node timeout node A has given peer X 1 vote
      When peer Y asks node A for its vote in the next epoch although its primary is up
      Then for 1 node timeout node A has given peer Y 0 votes
