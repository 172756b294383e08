/** What PostgreSQL may use. */
export interface Machine {
  /** Bytes of memory, the container's limit. */
  memory: number;
  cores: number;
  /** Bytes of the data volume. */
  storage: number;
}

const MiB = 2 ** 20;
const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
const megabytes = (bytes: number) => `${Math.max(1, Math.floor(bytes / MiB))}MB`;

/**
 * Server parameters for a machine, by the rules of PostgreSQL's manual (chapters "Resource Consumption" and "WAL
 * Configuration"): a quarter of the memory for shared buffers, and what all connections may sort with stays within
 * another quarter. Volumes are SSDs.
 *
 * WAL that replication slots hold back is bounded by the volume: a consumer that stays away loses its slot, which
 * can be created again; a full volume would stop the server. So are the temporary files of a connection, for a query
 * that sorts more than there is room for: only superusers can raise that.
 */
export function tune({ memory, cores, storage }: Machine): Record<string, string> {
  const connections = clamp(Math.floor(memory / MiB / 20), 40, 400);
  const sharedBuffers = memory / 4;
  const maxWal = clamp(storage / 10, 128 * MiB, 8192 * MiB);
  const workers = Math.max(1, Math.floor(cores));
  return {
    max_connections: String(connections),
    shared_buffers: megabytes(sharedBuffers),
    effective_cache_size: megabytes((memory * 7) / 10),
    work_mem: megabytes(clamp(memory / 4 / connections, MiB, 256 * MiB)),
    maintenance_work_mem: megabytes(clamp(memory / 16, 16 * MiB, 2048 * MiB)),
    wal_buffers: megabytes(clamp(sharedBuffers / 32, MiB, 16 * MiB)),
    min_wal_size: megabytes(maxWal / 4),
    max_wal_size: megabytes(maxWal),
    wal_keep_size: megabytes(clamp(storage / 20, 32 * MiB, 512 * MiB)),
    max_slot_wal_keep_size: megabytes(storage / 5),
    temp_file_limit: megabytes(Math.max(storage / 20, 256 * MiB)),
    // Estuary and other change-data consumers need logical decoding.
    wal_level: "logical",
    checkpoint_timeout: "15min",
    checkpoint_completion_target: "0.9",
    random_page_cost: "1.1",
    effective_io_concurrency: "200",
    max_worker_processes: String(workers + 16),
    max_parallel_workers: String(workers),
    max_parallel_workers_per_gather: String(Math.floor(workers / 2)),
    password_encryption: "scram-sha-256",
    idle_in_transaction_session_timeout: "10min",
    log_min_duration_statement: "500ms",
    // Bound values are what people said and who they are; the statement alone tells which one is slow.
    log_parameter_max_length: "0",
    log_lock_waits: "on",
  };
}
