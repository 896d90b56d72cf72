/** Connects an instance to PostgreSQL, and creates the tables of the app there. */
import { Pool } from 'pg';

/** Maximum number of connections. It can be low, because a request uses a connection for only one or two queries. */
const CONNECTIONS = 10;

/**
 * Key of an advisory lock in PostgreSQL. Instances that start at the same time take the lock to create the tables one
 * after the other. No other program must use this key.
 */
const TABLES_LOCK = 7_215_036;

// SQL that creates the tables. The first table has the columns and the name that connect-pg-simple expects by default.
const TABLES = `
CREATE TABLE IF NOT EXISTS session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL);
CREATE INDEX IF NOT EXISTS session_expire ON session (expire);
CREATE TABLE IF NOT EXISTS basket_item (
  owner text NOT NULL, inscription text NOT NULL, added_at bigint NOT NULL, card text NOT NULL,
  PRIMARY KEY (owner, inscription)
)`;

/**
 * Returns a connection pool that connects at the first query. `timeoutMs` limits each query. Errors of idle connections
 * go to `onError`.
 */
export function connectDatabase(url: string, timeoutMs: number, onError: (error: Error) => void): Pool {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: timeoutMs,
    // Sets two timeouts. The client applies `query_timeout`, in case the server has vanished. The server applies
    // `statement_timeout`, so that a query does not go on waiting for a lock after the client has given up.
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    keepAlive: true,
  });
  pool.on('error', onError);
  return pool;
}

/** Creates the missing tables. Throws PostgreSQL's error if that fails. */
export async function createTables(pool: Pool): Promise<void> {
  // Takes a lock first, because "IF NOT EXISTS" fails if two instances run it at the same time. PostgreSQL runs all
  // statements of this text as one transaction, and releases the lock at the end of the transaction.
  await pool.query(`SELECT pg_advisory_xact_lock(${TABLES_LOCK}); ${TABLES}`);
}
