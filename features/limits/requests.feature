@area:limits
Feature: Requests that are none
  A node says what is wrong with bytes that are no request and closes the connection; nobody else notices.
  Source: Redis serialization protocol specification; processMultibulkBuffer and processInlineBuffer in networking.c.

  Rule: Bytes that are no request are answered by an error, and the connection is closed

    @id:limits/request/1 @must
    Scenario Outline: <what>
      Given a cluster of 3 primaries
      When a client sends the bytes "<bytes>" to node A
      Then the answer is error "<error>"
      And the connection is closed
      And a value written under "hello" on node A can be read there
      And every node lists nodes A, B, C as connected

      Examples:
        | what                                   | bytes                            | error                                                |
        | An array of more words than there can be | *99999999999\\r\\n             | ERR Protocol error: invalid multibulk length         |
        | A word that is not announced           | *1\\r\\nPING\\r\\n               | ERR Protocol error: expected '$', got 'P'            |
        | A word of less than no length          | *1\\r\\n$-5\\r\\n                | ERR Protocol error: invalid bulk length              |
        | A word that is longer than allowed     | *1\\r\\n$9999999999\\r\\n        | ERR Protocol error: invalid bulk length              |
        | Quotes that do not end                 | SET \\"hello 1\\r\\n             | ERR Protocol error: unbalanced quotes in request     |

    @id:limits/request/2 @must
    Scenario: A line without an end
      Given a cluster of 3 primaries
      When a client sends 70000 bytes "x" to node A
      Then the answer is error "ERR Protocol error: too big inline request"
      And the connection is closed
      And a value written under "hello" on node A can be read there

    @id:limits/request/3 @must
    Scenario Outline: A browser that was led here is cut off: <line>
      Given a cluster of 3 primaries
      When a client sends the bytes "<line>\r\n" to node A
      Then the connection is closed
      And a value written under "hello" on node A can be read there

      Examples:
        | line            |
        | POST / HTTP/1.1 |
        | Host: a.example |

  Rule: What is a request is taken, however unusual its form

    @id:limits/request/4 @must
    Scenario Outline: <what>
      Given a cluster of 3 primaries
      When a client sends the bytes "<bytes>" to node A
      Then the answer is <reply>

      Examples:
        | what                           | bytes                                      | reply                        |
        | A line of words                | PING\\r\\n                                 | simple "PONG"                |
        | A line that ends by LF alone   | PING\\n                                    | simple "PONG"                |
        | A line for another node        | GET foo\\r\\n                              | error "MOVED 12182 <C.addr>" |
        | Empty requests and then one    | \\r\\n*0\\r\\n*1\\r\\n$4\\r\\nPING\\r\\n   | simple "PONG"                |

  Rule: Half a request is nothing yet

    @id:limits/request/5 @must
    Scenario: The rest never comes
      Given a cluster of 3 primaries
      When a client sends the bytes "*3\r\n$3\r\nSET\r\n$5\r\nhello\r\n$9\r\nhalf" to node A
      Then for 1 node timeout there is no answer yet
      And the key count of node A is 0
