/** An instance's connections to PostgreSQL, and the tables that it keeps there. */
import { Pool } from 'pg';

/** At most; a request holds one for a query or two. */
const CONNECTIONS = 10;

/** Any number that other programs of this database do not use: instances that start at once take turns. */
const TABLES_LOCK = 7_215_036;

// The first is as connect-pg-simple wants it, under its default name.
const TABLES = `
CREATE TABLE IF NOT EXISTS session (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL);
CREATE INDEX IF NOT EXISTS session_expire ON session (expire);
CREATE TABLE IF NOT EXISTS basket_item (
  owner text NOT NULL, inscription text NOT NULL, added_at bigint NOT NULL, card text NOT NULL,
  PRIMARY KEY (owner, inscription)
)`;

/** Connects when asked something. `timeoutMs` bounds each query; errors of idle connections go to `onError`. */
export function connectDatabase(url: string, timeoutMs: number, onError: (error: Error) => void): Pool {
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: timeoutMs,
    // Here, because a server that vanished cannot; there, because a query given up here may still wait for a lock.
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    keepAlive: true,
  });
  pool.on('error', onError);
  return pool;
}

/** Makes the tables that do not exist. Throws what PostgreSQL says against it. */
export async function createTables(pool: Pool): Promise<void> {
  // "IF NOT EXISTS" alone fails when two do it at once. One text is one transaction, and the lock ends with it.
  await pool.query(`SELECT pg_advisory_xact_lock(${TABLES_LOCK}); ${TABLES}`);
}
