import { Pool } from 'pg';

/** Maximum number of connections: low, because a request uses a connection for one or two queries. */
const CONNECTIONS = 10;

/**
 * Key of a PostgreSQL lock, with which instances create tables one after the other. No other program may use the key.
 */
const TABLES_LOCK = 7_215_036;

// The first table has the columns and the name that connect-pg-simple expects.
const TABLES = `
CREATE TABLE IF NOT EXISTS session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL);
CREATE INDEX IF NOT EXISTS session_expire ON session (expire);
CREATE TABLE IF NOT EXISTS basket_item (
  owner text NOT NULL, inscription text NOT NULL, added_at bigint NOT NULL, card text NOT NULL,
  PRIMARY KEY (owner, inscription)
)`;

/**
 * Returns a pool that connects at the first query. `timeoutMs` limits each query.
 * Errors of idle connections go to `onError`.
 */
export function connectDatabase(url: string, timeoutMs: number, onError: (error: Error) => void): Pool {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: timeoutMs,
    // The client's `query_timeout` helps if the server has vanished. `statement_timeout` ends the query on the server.
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    keepAlive: true,
  });
  pool.on('error', onError);
  return pool;
}

/** Creates the missing tables. Throws PostgreSQL's error. */
export async function createTables(pool: Pool): Promise<void> {
  // Takes a lock, because "IF NOT EXISTS" fails if two instances run the statement at the same time.
  // PostgreSQL runs the text as one transaction, and then releases the lock.
  await pool.query(`SELECT pg_advisory_xact_lock(${TABLES_LOCK}); ${TABLES}`);
}
