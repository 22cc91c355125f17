@area:bus
Feature: Joining on the bus
  A node is taken in when it sends MEET, or when a node that is known speaks of it. Whoever else knocks is answered, and stays a stranger.
  Here a puppet, a node that the suite plays on the bus, does both.
  Source: Redis Cluster specification, "Nodes handshake".

  Rule: A node that sends MEET is taken in, and the others learn of it by gossip

    @id:bus/joining/1 @must @needs:puppet
    Scenario: One MEET is enough
      Given a cluster of 3 primaries
      And a puppet X that nobody has met
      When puppet X meets node A
      Then within 5 node timeouts every node lists node X as connected
      And every node lists X as a primary
      And within 2 node timeouts nodes B, C have sent puppet X a ping

  Rule: A PING from a stranger is answered, and the stranger stays one

    @id:bus/joining/2 @must @needs:puppet
    Scenario: A stranger pings again and again
      Given a cluster of 3 primaries
      And a puppet X that nobody has met
      When puppet X sends every node a ping
      And puppet X sends every node a ping
      Then within 1 node timeout every node has sent puppet X a pong
      And for 1 node timeout every node does not list node X
      And every node has sent puppet X no ping

  Rule: Gossip about an unknown node is believed if a known node says it, and only then

    @id:bus/joining/3 @must @needs:puppet
    Scenario: A known node speaks of one that nobody has met
      Given a cluster of 3 primaries
      And a puppet X joins
      And a puppet Y that nobody has met
      When puppet X says that puppet Y is well
      Then within 3 node timeouts every node lists node Y as connected

    @id:bus/joining/4 @must @needs:puppet
    Scenario: A stranger speaks of another
      Given a cluster of 3 primaries
      And a puppet X that nobody has met
      And a puppet Y that nobody has met
      When puppet X says that puppet Y is well
      Then for 1 node timeout every node does not list node Y
      And every node does not list node X

  Rule: A node that was forgotten is not taken in again by gossip for a minute

    @id:bus/joining/5 @must @needs:puppet
    Scenario: Gossip about a node that was forgotten
      Given a cluster of 3 primaries
      And a puppet X joins
      And a puppet Y joins
      When every node forgets puppet Y
      And puppet X says that puppet Y is well
      Then for 2 node timeouts every node does not list node Y
      And every node lists node X as connected
