@area:distribution
Feature: Where keys lie
  A key lies on the node that owns its slot and nowhere else.
  Source: Redis Cluster specification, "Key distribution model".

  Rule: Each key is stored by the owner of its slot alone

    @id:distribution/keys/1 @must @cmd:set @cmd:dbsize
    Scenario: Ten thousand keys written by a cluster client
      Given a cluster of 3 primaries
      When a cluster client writes 10000 keys
      Then each of the keys lies on the node that owns its slot, and nowhere else
      And a cluster client reads every one of the keys back
      And the key counts of the nodes add up to 10000

    @id:distribution/keys/2 @must
    Scenario: The keys spread as evenly as chance would have it
      Given a cluster of 3 primaries
      When a cluster client writes 10000 keys
      Then each node's share of the keys is what its share of the slots predicts, within 4 standard deviations

    @id:distribution/keys/3 @must @cmd:cluster-countkeysinslot @cmd:cluster-getkeysinslot
    Scenario: Every key is found again through its slot
      Given a cluster of 3 primaries
      When a cluster client writes 2000 keys
      Then COUNTKEYSINSLOT over all slots of each node adds up to its key count
      And GETKEYSINSLOT over all slots lists each of the keys once

    @id:distribution/keys/4 @must @cmd:cluster-getkeysinslot
    Scenario: GETKEYSINSLOT gives at most as many keys as it was asked for
      Given a cluster of 3 primaries
      And keys "{hello}1", "{hello}2", "{hello}3" hold "x"
      When a client sends to node A:
        | command                            | reply                                     |
        | CLUSTER COUNTKEYSINSLOT 866        | integer 3                                 |
        | CLUSTER GETKEYSINSLOT 866 2        | array of 2                                |
        | CLUSTER GETKEYSINSLOT 866 10       | array of 3                                |
        | CLUSTER GETKEYSINSLOT 867 10       | array of 0                                |
        | CLUSTER COUNTKEYSINSLOT 16384      | error "ERR Invalid slot"                  |
        | CLUSTER COUNTKEYSINSLOT x          | error "ERR value is not an integer or out of range" |
        | CLUSTER GETKEYSINSLOT 16384 1      | error "ERR Invalid slot or number of keys" |
        | CLUSTER GETKEYSINSLOT 1 -1         | error "ERR Invalid slot or number of keys" |

  Rule: Keys with the same hash tag are in the same slot

    @id:distribution/tags/1 @must
    Scenario: A hundred keys with one tag lie in one slot on one node
      Given a cluster of 3 primaries
      When a cluster client writes 100 keys tagged "user:7"
      Then COUNTKEYSINSLOT of the slot of "{user:7}" on its owner is 100
      And each of the keys lies on the node that owns its slot, and nowhere else

  Rule: A replica holds the keys of its primary and no others

    @id:distribution/replicas/1 @must
    Scenario: Replicas hold what their primaries hold
      Given a cluster of 3 primaries with 1 replica each
      When a cluster client writes 3000 keys
      Then within 5 node timeouts each replica holds as many keys as its primary
      And a read-only client of each replica reads every key of its primary
