@area:interop
Feature: Messages between nodes that may be of different kinds
  Source: Redis Cluster specification, "Publish/Subscribe"; SPUBLISH, SSUBSCRIBE.

  Rule: A message that is published on any node reaches the subscribers of all nodes

    @id:interop/pubsub/1 @must @cmd:publish @cmd:subscribe @cmd:psubscribe
    Scenario Outline: Published on <node>
      Given a cluster of 3 primaries with 1 replica each
      When a client subscribes to channel "news" on node A
      And a client subscribes to pattern "n*" on node B
      And a client subscribes to channel "news" on node C
      And a client subscribes to pattern "n*s" on node A1
      And a client subscribes to channel "news" on node B1
      And a client subscribes to channel "news" on node C1
      And a client sends "PUBLISH news <text>" to node <node>
      Then within 2 node timeouts all subscribers receive "<text>" on channel "news"

      Examples:
        | node | text   |
        | A    | first  |
        | B    | second |
        | A1   | third  |
        | B1   | fourth |

  Rule: A shard message stays in the shard, from primary to replica and back

    @id:interop/pubsub/2 @must @since:7.0 @cmd:spublish @cmd:ssubscribe
    Scenario Outline: Published on <node>
      Given a cluster of 3 primaries with 1 replica each
      When a client subscribes to shard channel "<channel>" on node <primary>
      And a client subscribes to shard channel "<channel>" on node <replica>
      And a client sends "SPUBLISH <channel> text" to node <node>
      Then the reply is integer 1
      And within 2 node timeouts both subscribers receive "text" on channel "<channel>"

      Examples:
        | node | primary | replica | channel |
        | A    | A       | A1      | hello   |
        | A1   | A       | A1      | hello   |
        | B    | B       | B1      | world   |
        | B1   | B       | B1      | world   |

  Rule: Subscribers of a shard channel are told when its slot goes to another shard

    @id:interop/pubsub/3 @must @since:7.0 @cmd:ssubscribe @cmd:cluster-setslot
    Scenario Outline: Slot <slot> goes from <from> to <to>
      Given a cluster of 3 primaries with 1 replica each
      And a client subscribes to shard channel "<channel>" on node <from>
      And a client subscribes to shard channel "<channel>" on node <from>1
      When slots <slot>-<slot> are moved from node <from> to node <to>
      Then within 3 node timeouts both subscribers are unsubscribed from shard channel "<channel>"
      And "SPUBLISH <channel> late" sent to node <from> gives error "MOVED <slot> <<to>.addr>"
      And "SPUBLISH <channel> late" sent to node <to> gives integer 0
      And "SSUBSCRIBE <channel>" sent to node <to> gives array [bulk "ssubscribe", bulk "<channel>", integer 1]

      Examples:
        | from | to | channel | slot |
        | A    | B  | hello   | 866  |
        | B    | A  | world   | 9059 |
