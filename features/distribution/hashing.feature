@area:distribution
Feature: Key slots
  The slot of a key is CRC16 of the key, or of its hash tag, modulo 16384.
  Source: Redis Cluster specification, "Key distribution model" and "Hash tags".

  Rule: The slot is CRC16/XMODEM of the whole key modulo 16384

    @id:distribution/slot/1 @must @harmless @cmd:cluster-keyslot
    Scenario: Known keys have their known slots
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command                   | reply         |
        | CLUSTER KEYSLOT 123456789 | integer 12739 |
        | CLUSTER KEYSLOT foo       | integer 12182 |
        | CLUSTER KEYSLOT hello     | integer 866   |
        | CLUSTER KEYSLOT a         | integer 15495 |
        | CLUSTER KEYSLOT ""        | integer 0     |

    @id:distribution/slot/2 @must @harmless @cmd:cluster-keyslot
    Scenario: A thousand random keys have the slots that an independent CRC16 gives
      Given a cluster of 3 primaries
      Then CLUSTER KEYSLOT on node B agrees with an independent CRC16 for 1000 random binary keys of up to 100 bytes
      And CLUSTER KEYSLOT on node B agrees with an independent CRC16 for 1000 random keys with braces in them

  Rule: Only the bytes between the first { and the first } after it are hashed, when there are any

    @id:distribution/slot/3 @must @harmless @cmd:cluster-keyslot
    Scenario: The edge cases of hash tags
      Given a cluster of 3 primaries
      When a client sends to node C:
        | command                        | reply         |
        | CLUSTER KEYSLOT {user1000}.following | integer 3443 |
        | CLUSTER KEYSLOT {user1000}.followers | integer 3443 |
        | CLUSTER KEYSLOT foo{bar}       | integer 5061  |
        | CLUSTER KEYSLOT foo{bar}{zap}  | integer 5061  |
        | CLUSTER KEYSLOT {}foo          | integer 9500  |
        | CLUSTER KEYSLOT foo{}{bar}     | integer 8363  |
        | CLUSTER KEYSLOT foo{{bar}}     | integer 4015  |
        | CLUSTER KEYSLOT {              | integer 4092  |
        | CLUSTER KEYSLOT }{a}           | integer 15495 |

    @id:distribution/slot/4 @must @harmless @cmd:cluster-keyslot
    Scenario: KEYSLOT takes exactly one key
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command             | reply                                                             |
        | CLUSTER KEYSLOT     | error "ERR wrong number of arguments for 'cluster\|keyslot' command" |
        | CLUSTER KEYSLOT a b | error "ERR wrong number of arguments for 'cluster\|keyslot' command" |
