@area:bus
Feature: Frames
  Source: Redis Cluster specification, "The cluster bus" and "Heartbeat packet content"; clusterMsg in Redis' cluster.h.

  Rule: A PING is answered by a PONG on the same link, whoever sent it

    @id:bus/frames/1 @must
    Scenario: A stranger pings
      Given a cluster of 3 primaries
      When a stranger sends node B a PING on the bus
      Then the PONG names node B, its slots, its ports and its epochs
      And every node lists nodes A, B, C as connected

  Rule: What is no frame ends the link, and what is of another version is passed over

    @id:bus/frames/2 @must
    Scenario: Another protocol
      Given a cluster of 3 primaries
      When a stranger sends node B bytes that are no frame
      Then the link is closed
      And every node lists nodes A, B, C as connected

    @id:bus/frames/3 @must
    Scenario: A frame of a later version
      Given a cluster of 3 primaries
      When a stranger sends node B a PING of an unknown version on the bus
      Then the link is still open and a PING on it is answered
