@area:bus
Feature: Claims
  Every ping and pong says which slots its sender serves, and its config epoch: the version of that claim. Who has the greater epoch is
  right. Here a puppet, a node that the suite plays on the bus, claims what it likes.
  Source: Redis Cluster specification, "Hash slots configuration propagation" and "UPDATE messages, a closer look".

  Rule: A claim with a greater config epoch than the owner's is believed by everybody, the owner included

    @id:bus/claims/1 @must @needs:puppet
    Scenario: A newer claim
      Given a cluster of 3 primaries
      And a puppet X joins
      When puppet X claims slot 0 with config epoch 99
      Then within 1 node timeout every node names X as the owner of slot 0
      And every node names A as the owner of slot 1
      And every node gives puppet X config epoch 99

    @id:bus/claims/2 @must @needs:puppet
    Scenario: A primary that loses its last slot becomes a replica of the winner
      Given a cluster of 3 primaries
      And a puppet X joins
      When puppet X claims slots 0-5460 with config epoch 99
      Then within 2 node timeouts every node lists A as a replica of X
      And every node lists nodes A, B, C, X as connected

  Rule: A claim that is not newer changes nothing, and whoever makes it is sent an UPDATE about the owner

    @id:bus/claims/3 @must @needs:puppet
    Scenario: An old claim
      Given a cluster of 3 primaries
      And a puppet X joins
      When puppet X claims slot 10923 with config epoch 0
      Then within 1 node timeout every node has sent puppet X an update about node C
      And every node names C as the owner of slot 10923

    @id:bus/claims/4 @must @needs:puppet
    Scenario: A node that lost a slot goes on claiming it
      Given a cluster of 3 primaries
      And a puppet X joins
      And a puppet Y joins
      And puppet X claims slot 0 with config epoch 98
      And within 1 node timeout every node names X as the owner of slot 0
      When puppet Y claims slot 0 with config epoch 99
      Then within 1 node timeout every node names Y as the owner of slot 0
      And for 2 node timeouts every node names Y as the owner of slot 0

  Rule: A slot stays with its owner until another claims it, even if the owner claims it no longer

    @id:bus/claims/5 @must @needs:puppet
    Scenario: The owner falls quiet about its slot
      Given a cluster of 3 primaries
      And a puppet X joins
      And puppet X claims slot 0 with config epoch 99
      And within 1 node timeout every node names X as the owner of slot 0
      When puppet X claims no slots any more
      Then for 1 node timeout nodes B, C name X as the owner of slot 0

    @id:bus/claims/6 @must @needs:puppet
    Scenario: What the owner claims no longer is there for an older claim
      Given a cluster of 3 primaries
      And a puppet X joins
      And a puppet Y joins
      And puppet X claims slot 0 with config epoch 99
      And within 1 node timeout every node names X as the owner of slot 0
      When puppet X claims no slots any more
      And puppet Y claims slot 0 with config epoch 50
      Then within 2 node timeouts every node names Y as the owner of slot 0

  Rule: A replica's header names its primary's slots and claims none

    @id:bus/claims/7 @must @needs:puppet
    Scenario: A replica with a great epoch
      Given a cluster of 3 primaries
      And a puppet X joins as a replica of node B
      When puppet X claims slot 0 with config epoch 99
      Then for 1 node timeout every node names A as the owner of slot 0

  Rule: An UPDATE from a known node is believed if its config epoch is greater than the one known of the owner

    @id:bus/claims/8 @must @needs:puppet
    Scenario: An UPDATE that is newer
      Given a cluster of 3 primaries
      And a puppet X joins
      When puppet X sends node A an update: node B owns slots 0-10922 with config epoch 99
      Then within 1 node timeout node A names B as the owner of slot 1

    @id:bus/claims/9 @must @needs:puppet
    Scenario: An UPDATE that is older
      Given a cluster of 3 primaries
      And a puppet X joins
      When puppet X sends every node an update: node B owns slots 0-10922 with config epoch 2
      Then for 1 node timeout every node names A as the owner of slot 0

    @id:bus/claims/10 @must @needs:puppet
    Scenario: An UPDATE from a stranger
      Given a cluster of 3 primaries
      And a puppet X that nobody has met
      When puppet X sends every node an update: node B owns slots 0-10922 with config epoch 99
      Then for 1 node timeout every node names A as the owner of slot 0
      And every node gives node B config epoch 2

  Rule: A claim from a stranger is not heard, and neither is its epoch

    @id:bus/claims/11 @must @needs:puppet
    Scenario: A stranger claims a slot
      Given a cluster of 3 primaries
      And a puppet X that nobody has met
      When puppet X claims slot 0 with config epoch 99
      Then for 1 node timeout every node names A as the owner of slot 0
      And CLUSTER INFO on every node says:
        | field                 | value |
        | cluster_current_epoch | 3     |

  Rule: Every node takes over the greatest current epoch it hears of from a known node

    @id:bus/claims/12 @must @needs:puppet
    Scenario: An epoch that nobody else has reached
      Given a cluster of 3 primaries
      And a puppet X joins
      When puppet X claims slot 0 with config epoch 99
      Then within 1 node timeout CLUSTER INFO on every node says:
        | field                 | value |
        | cluster_current_epoch | 99    |

  Rule: Of two primaries with the same config epoch the one with the lesser id takes a new one

    @id:bus/claims/13 @must @needs:puppet
    Scenario: The node has the lesser id
      Given a cluster of 3 primaries
      And a puppet X with the greatest id joins
      When puppet X claims slot 10923 with the config epoch of node C
      Then within 2 node timeouts every node gives node C a config epoch of its own
      And every node gives node C config epoch 4
      And every node gives puppet X config epoch 3

    @id:bus/claims/14 @must @needs:puppet
    Scenario: The node has the greater id
      Given a cluster of 3 primaries
      And a puppet X with the least id joins
      When puppet X claims slot 10923 with the config epoch of node C
      Then for 1 node timeout every node gives node C config epoch 3
      And every node gives puppet X config epoch 3
      And every node names C as the owner of slot 10923

  Rule: A node that loses a slot to a newer claim deletes its keys

    @id:bus/dirty/1 @must @needs:puppet
    Scenario: A slot with keys is claimed by another
      Given a cluster of 3 primaries with 1 replica each
      And keys "hello", "{hello}1", "{hello}2", "alpha" hold "x"
      And every replica is in sync
      And a puppet X joins
      When puppet X claims slot 866 with config epoch 99
      Then within 2 node timeouts every node names X as the owner of slot 866
      And within 2 node timeouts the key count of node A is 1
      And "GET alpha" sent to node A gives bulk "x"

    @id:bus/dirty/2 @must @since:7.2 @needs:puppet
    Scenario: The replicas delete them too
      Given a cluster of 3 primaries with 1 replica each
      And keys "hello", "{hello}1", "{hello}2", "alpha" hold "x"
      And every replica is in sync
      And a puppet X joins
      When puppet X claims slot 866 with config epoch 99
      Then within 2 node timeouts the key count of node A1 is 1
