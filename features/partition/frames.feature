@area:partition
Feature: Lost and late frames
  Frames of one type are lost, or late, and everything else arrives: what each type of frame is for, and what the cluster does without it.
  Here a proxy of the suite is in the path of every link between nodes.
  Source: Redis Cluster specification, "The cluster bus" and "Failure detection"; DEBUG DROP-CLUSTER-PACKET-FILTER in Redis's own tests.

  Rule: Any frame from a node is a sign of life

    @id:partition/frames/1 @must @needs:proxy
    Scenario: The pongs of a node are lost, its pings arrive
      Given a cluster of 3 primaries
      When pong frames from node A to node B are lost
      Then for 3 node timeouts node B does not suspect node A

    @id:partition/frames/2 @must @needs:proxy
    Scenario: Neither pings nor pongs of a node arrive
      Given a cluster of 3 primaries
      When ping and pong frames from node A to node B are lost
      Then within 4 node timeouts node B marks node A as "fail?"
      And for 2 node timeouts node C does not suspect node A

  Rule: Frames that are late by less than a node timeout do no harm

    @id:partition/frames/3 @must @needs:proxy
    Scenario: Everything is half a node timeout late
      Given a cluster of 3 primaries
      When all frames from node A to every node take half a node timeout longer
      Then for 4 node timeouts every node does not suspect node A

    @id:partition/frames/4 @must @needs:proxy
    Scenario: Everything is three node timeouts late
      Given a cluster of 3 primaries
      When all frames from node A to every node take 3 node timeouts longer
      Then within 3 node timeouts nodes B, C mark node A as "fail"

  Rule: FAIL frames spread a failure at once; without them each node that the gossip reaches finds it by itself

    @id:partition/frames/5 @must @needs:proxy @needs:kill
    Scenario: All FAIL frames are lost
      Given a cluster of 5 primaries
      When fail frames from every node to every node are lost
      And node E is killed
      Then within 6 node timeouts every running node marks node E as "fail"

    @id:partition/frames/6 @must @needs:proxy @needs:kill
    Scenario: A FAIL frame reaches who did not suspect
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When node C is killed
      Then within 5 node timeouts every running node marks node C as "fail"

  Rule: Without votes nobody is elected, and a replica asks again

    @id:partition/frames/7 @must @needs:proxy @needs:kill
    Scenario: Votes are lost
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When auth-ack frames from every node to node A1 are lost
      And node A is killed
      Then within 6 node timeouts node B has sent node A1 an auth-ack
      And for 2 node timeouts node A1 lists A1 as a replica of A
      When the network is whole again
      Then within 8 node timeouts every running node lists A1 as a primary

    @id:partition/frames/8 @must @needs:proxy @needs:kill
    Scenario: Requests for votes are lost
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When auth-req frames from node A1 to every node are lost
      And node A is killed
      Then within 6 node timeouts node A1 has sent node B an auth-req
      And for 2 node timeouts node A1 lists A1 as a replica of A
      And nodes B, C have sent node A1 no auth-ack
      When the network is whole again
      Then within 8 node timeouts every running node lists A1 as a primary

  Rule: A request for votes goes to every primary, and each answers

    @id:partition/frames/9 @must @needs:proxy @needs:kill
    Scenario: What an election says on the bus
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When node A is killed
      Then within 8 node timeouts every running node lists A1 as a primary
      And node A1 has sent node B an auth-req
      And node A1 has sent node C an auth-req
      And nodes B, C have sent node A1 an auth-ack
      And nodes B1, C1 have sent node A1 no auth-ack

  Rule: A manual failover begins with MFSTART; a forced one does without

    @id:partition/frames/10 @must @needs:proxy
    Scenario: MFSTART is lost
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When mfstart frames from node A1 to node A are lost
      And a client sends "CLUSTER FAILOVER" to node A1
      Then within 1 node timeout node A1 has sent node A a mfstart
      And for 3 node timeouts node A1 lists A1 as a replica of A

    @id:partition/frames/11 @must @needs:proxy
    Scenario: MFSTART is lost, and the failover forced
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When mfstart frames from node A1 to node A are lost
      And a client sends "CLUSTER FAILOVER FORCE" to node A1
      Then within 3 node timeouts every node lists A1 as a primary
      And every node lists nodes A, A1, B, C as connected

  Rule: The winner of an election is believed for its epoch; the loser learns of it from any frame of the others

    @id:partition/frames/12 @must @needs:proxy @needs:kill @needs:restart
    Scenario: All UPDATE frames are lost
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      And node A is killed
      And within 8 node timeouts every running node lists A1 as a primary
      When update frames from every node to every node are lost
      And node A is restarted
      Then within 8 node timeouts every node lists A as a replica of A1

  Rule: Frames that were overtaken by newer ones on the other link change nothing

    @id:partition/frames/13 @must @needs:proxy
    Scenario: Pongs from before a failover come after it
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When pong frames from node A to every node take half a node timeout longer
      And a client sends "CLUSTER FAILOVER" to node A1
      Then within 3 node timeouts every node names A1 as the owner of slot 0
      And for 3 node timeouts nodes A1, B, C name A1 as the owner of slot 0

  Rule: A message is published on every node it reaches; what is lost is not sent again

    @id:partition/frames/14 @must @needs:proxy
    Scenario: A published message is lost to one node
      Given a cluster of 3 primaries
      When publish frames from node A to node B are lost
      And a client sends "PUBLISH news hello" to node A
      Then within 1 node timeout node A has sent node C a publish
      And within 1 node timeout node A has sent node B a publish
      And for 2 node timeouts every node does not suspect node A

  Rule: MEET is needed once; whoever misses it learns nothing

    @id:partition/frames/15 @must @needs:proxy
    Scenario: MEET is lost
      Given 2 nodes that do not know each other
      When meet frames from node A to node B are lost
      And node A meets node B
      Then for 2 node timeouts node B knows only itself
      And within 3 node timeouts node A knows only itself
