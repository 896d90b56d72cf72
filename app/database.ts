import { Pool } from 'pg';

/** A request uses a connection only for one or two queries, so few connections are enough. */
const CONNECTIONS = 10;

/** Key of a PostgreSQL advisory lock. Only the instance that holds the lock creates tables. */
const TABLES_LOCK = 7_215_036;

// connect-pg-simple requires this name and these columns for the table of sessions.
const TABLES = `
CREATE TABLE IF NOT EXISTS session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL);
CREATE INDEX IF NOT EXISTS session_expire ON session (expire);
CREATE TABLE IF NOT EXISTS basket_item (
  owner text NOT NULL, inscription text NOT NULL, added_at bigint NOT NULL, card text NOT NULL,
  PRIMARY KEY (owner, inscription)
)`;

/**
 * Returns a pool that connects at the first query. Errors of idle connections go to `onError`.
 * @param timeoutMs maximum time of each query
 */
export function connectDatabase(url: string, timeoutMs: number, onError: (error: Error) => void): Pool {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: timeoutMs,
    // `query_timeout` ends a query on the client, even if the server has vanished; `statement_timeout` ends it on the
    // server.
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    keepAlive: true,
  });
  pool.on('error', onError);
  return pool;
}

export async function createTables(pool: Pool): Promise<void> {
  // Takes a lock, because "IF NOT EXISTS" fails if two instances run it at the same time. The query is one transaction,
  // and PostgreSQL releases the lock at its end.
  await pool.query(`SELECT pg_advisory_xact_lock(${TABLES_LOCK}); ${TABLES}`);
}
