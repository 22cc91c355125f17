@area:clients
Feature: Monitoring
  What a server is watched with: prometheus-redis-exporter reads INFO, CONFIG GET, CLUSTER INFO, SLOWLOG, LATENCY and CLIENT LIST and makes metrics of them.
  Source: INFO, CLUSTER INFO.

  Rule: The exporter understands all it is told, and finds what a node is judged by

    @id:clients/exporter/1 @should @needs:exporter @cmd:info @cmd:cluster-info
    Scenario: A primary is scraped
      Given a cluster of 3 primaries with 1 replica each
      And 30 keys in slot 866 with values from 10 to 20 bytes
      And every replica is in sync
      When prometheus-redis-exporter scrapes node A
      Then the exporter complains of nothing
      And the exporter found:
        | metric                               | value    |
        | redis_up                             | 1        |
        | redis_exporter_last_scrape_error     | 0        |
        | redis_uptime_in_seconds              | a number |
        | redis_start_time_seconds             | above 0  |
        | redis_process_id                     | above 0  |
        | redis_cluster_enabled                | 1        |
        | redis_cluster_state                  | 1        |
        | redis_cluster_size                   | 3        |
        | redis_cluster_known_nodes            | 6        |
        | redis_cluster_slots_assigned         | 16384    |
        | redis_cluster_slots_ok               | 16384    |
        | redis_cluster_messages_sent_total    | above 0  |
        | redis_connected_clients              | above 0  |
        | redis_blocked_clients                | 0        |
        | redis_connected_slaves               | 1        |
        | redis_connected_slave_lag_seconds    | a number |
        | redis_master_repl_offset             | above 0  |
        | redis_db_keys                        | 30       |
        | redis_db_keys_expiring               | 0        |
        | redis_commands_processed_total       | above 0  |
        | redis_commands_total                 | above 0  |
        | redis_commands_duration_seconds_total| a number |
        | redis_net_input_bytes_total          | above 0  |
        | redis_net_output_bytes_total         | above 0  |
        | redis_keyspace_hits_total            | a number |
        | redis_keyspace_misses_total          | a number |
        | redis_expired_keys_total             | a number |
        | redis_evicted_keys_total             | 0        |
        | redis_rejected_connections_total     | a number |
        | redis_memory_used_bytes              | above 0  |
        | redis_memory_used_rss_bytes          | above 0  |
        | redis_memory_used_dataset_bytes      | above 0  |
        | redis_memory_max_bytes               | 0        |
        | redis_cpu_sys_seconds_total          | a number |
        | redis_cpu_user_seconds_total         | a number |
        | redis_rdb_changes_since_last_save    | a number |
        | redis_aof_enabled                    | 0        |
        | redis_slowlog_length                 | a number |

    @id:clients/exporter/2 @should @needs:exporter @cmd:info
    Scenario: A replica is scraped
      Given a cluster of 3 primaries with 1 replica each
      And every replica is in sync
      When prometheus-redis-exporter scrapes node B1
      Then the exporter complains of nothing
      And the exporter found:
        | metric                               | value    |
        | redis_up                             | 1        |
        | redis_slave_info                     | 1        |
        | redis_master_link_up                 | 1        |
        | redis_master_sync_in_progress        | 0        |
        | redis_master_last_io_seconds_ago     | a number |
        | redis_slave_repl_offset              | a number |
        | redis_slave_priority                 | 100      |
        | redis_connected_slaves               | 0        |
