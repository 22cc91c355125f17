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

  Rule: A frame whose length is not the one its type and counts ask for is passed over, and the link stays

    @id:bus/frames/4 @must
    Scenario Outline: A <frame>
      Given a cluster of 3 primaries
      When a stranger sends node B a <frame>
      Then the link is still open and a PING on it is answered
      And every node lists nodes A, B, C as connected

      Examples:
        | frame                                                           |
        | ping that tells of three nodes and ends before                  |
        | fail frame that names half a node                               |
        | update frame that ends in its slots                             |
        | publish frame that says its channel is longer than all of it    |
        | vote request that carries what it should not                    |
        | frame that is of an unknown type                                |

  Rule: A length that no frame can have ends the link

    @id:bus/frames/5 @must
    Scenario Outline: A <frame>
      Given a cluster of 3 primaries
      When a stranger sends node B a <frame>
      Then the link is closed
      And every node lists nodes A, B, C as connected

      Examples:
        | frame                                        |
        | ping that says it is shorter than its header |
        | ping that says it has no length              |

  Rule: Strangers can neither fill a node's list of nodes nor keep it from others

    @id:bus/frames/6 @must
    Scenario: A stranger introduces nodes that do not exist
      Given a cluster of 3 primaries
      When a stranger asks node B to meet 200 nodes that are not there
      Then within 5 node timeouts every node lists only nodes A, B, C
      And every node lists nodes A, B, C as connected
      And every node reports cluster_state "ok"

    @id:bus/frames/7 @must
    Scenario: Links on which nothing is said
      Given a cluster of 3 primaries
      When a stranger opens 300 links to node B and says nothing
      And a stranger sends node B a PING on the bus
      Then the PONG names node B, its slots, its ports and its epochs
      And for 2 node timeouts every node lists nodes A, B, C as connected
