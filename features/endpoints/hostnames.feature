@area:endpoints
Feature: Host names
  A node may announce a name beside its address, and tell clients to use names in place of addresses.
  Source: cluster-announce-hostname, cluster-preferred-endpoint-type in redis.conf; CLUSTER SLOTS, "metadata".

  Rule: A host name that a node announces is known to every node

    @id:endpoints/hostname/1 @must @since:7.0 @needs:config @cmd:cluster-nodes @cmd:cluster-slots @cmd:cluster-shards
    Scenario: A name is announced
      Given a cluster of 3 primaries with 1 replica each
      When "cluster-announce-hostname" is set to "a.example" on node A
      And "cluster-announce-hostname" is set to "a1.example" on node A1
      Then within 3 node timeouts CLUSTER NODES on every node gives node A the hostname bulk "a.example"
      And within 3 node timeouts CLUSTER NODES on every node gives node A1 the hostname bulk "a1.example"
      And CLUSTER SLOTS on every node gives node A the hostname bulk "a.example"
      And CLUSTER SLOTS on every node gives node A the endpoint bulk "<A.ip>"
      And CLUSTER SHARDS on every node gives node A1 the hostname bulk "a1.example"
      And CLUSTER NODES on every node gives node B no hostname

    @id:endpoints/hostname/2 @must @since:7.0 @needs:config @cmd:cluster-nodes
    Scenario: A name changes, and is taken back
      Given a cluster of 3 primaries
      And "cluster-announce-hostname" is set to "a.example" on node A
      And within 3 node timeouts CLUSTER NODES on every node gives node A the hostname bulk "a.example"
      When "cluster-announce-hostname" is set to "other.example" on node A
      Then within 3 node timeouts CLUSTER NODES on every node gives node A the hostname bulk "other.example"
      When "cluster-announce-hostname" is set to "" on node A
      Then within 3 node timeouts CLUSTER NODES on every node gives node A no hostname

    @id:endpoints/hostname/3 @must @since:7.0 @needs:config @cmd:config-set
    Scenario: What is no host name is refused
      Given a cluster of 3 primaries
      When a client sends to node A:
        | command                                             | reply                           |
        | CONFIG SET cluster-announce-hostname "a b.example"  | an error that begins with "ERR" |
        | CONFIG SET cluster-announce-hostname a_b.example    | an error that begins with "ERR" |
        | CONFIG SET cluster-announce-hostname a,b            | an error that begins with "ERR" |
      Then CLUSTER NODES on node A gives node A no hostname

    @id:endpoints/hostname/4 @must @since:7.0 @needs:config @needs:restart
    Scenario: A node that restarts knows the names of the others at once
      Given a cluster of 3 primaries
      And "cluster-announce-hostname" is set to "a.example" on node A
      And within 3 node timeouts CLUSTER NODES on every node gives node A the hostname bulk "a.example"
      When node B is restarted
      Then CLUSTER NODES on node B gives node A the hostname bulk "a.example"

  Rule: Clients are sent to host names when a node prefers them, and to "?" where none is known

    @id:endpoints/preferred/1 @must @since:7.0 @needs:config @cmd:cluster-slots
    Scenario: A node prefers host names
      Given a cluster of 3 primaries
      And "cluster-announce-hostname" is set to "a.example" on node A
      And within 3 node timeouts CLUSTER NODES on every node gives node A the hostname bulk "a.example"
      When "cluster-preferred-endpoint-type" is set to "hostname" on node B
      Then "GET hello" sent to node B gives error "MOVED 866 a.example:<A.port>"
      And "GET foo" sent to node B gives error "MOVED 12182 ?:<C.port>"
      And CLUSTER SLOTS on node B gives node A the endpoint bulk "a.example"
      And CLUSTER SLOTS on node B gives node A the ip bulk "<A.ip>"
      And CLUSTER SLOTS on node B gives node C the endpoint bulk "?"
      And "GET hello" sent to node C gives error "MOVED 866 <A.addr>"

    @id:endpoints/preferred/2 @must @since:7.0 @needs:config @cmd:asking
    Scenario: ASK names the same endpoint as MOVED
      Given a cluster of 3 primaries
      And "cluster-announce-hostname" is set to "b.example" on node B
      And within 3 node timeouts CLUSTER NODES on every node gives node B the hostname bulk "b.example"
      And slot 866 is migrating from node A to node B
      When "cluster-preferred-endpoint-type" is set to "hostname" on node A
      Then "GET hello" sent to node A gives error "ASK 866 b.example:<B.port>"

  Rule: A node that does not know its clients' endpoint says so, and they use the address they have

    @id:endpoints/unknown/1 @must @since:7.0 @needs:config @cmd:cluster-slots @cmd:cluster-shards
    Scenario: The endpoint is unknown
      Given a cluster of 3 primaries
      When "cluster-preferred-endpoint-type" is set to "unknown-endpoint" on node B
      Then "GET hello" sent to node B gives error "MOVED 866 :<A.port>"
      And CLUSTER SLOTS on node B gives node A the endpoint null
      And CLUSTER SLOTS on node B gives node A the ip bulk "<A.ip>"
      And CLUSTER SLOTS on node C gives node A the endpoint bulk "<A.ip>"

  Rule: A node may have a name for people, which is kept and told to all nodes

    @id:endpoints/nodename/1 @must @since:7.2 @needs:config @needs:nodes-conf
    Scenario: A name for people
      Given a cluster of 3 primaries
      When "cluster-announce-human-nodename" is set to "rack-3" on node A
      Then within 3 node timeouts nodes.conf of every node gives node A the nodename bulk "rack-3"
      And CLUSTER NODES on every node gives node A no hostname
