/**
 * One basket for each user, in PostgreSQL: all sessions of a user share it, and each change is a transaction, so
 * that what one request adds no other can undo, whatever becomes of the session.
 */
import type { Pool, PoolClient } from 'pg';
import { type BasketItem, full, inscription, MAX_ITEMS, waiting } from '../basket.ts';
import { confirmed } from '../failures.ts';

const ITEMS = `
SELECT inscription, added_at, card FROM basket_item WHERE owner = $1
ORDER BY added_at, inscription COLLATE "C"`;

const ADD = `
INSERT INTO basket_item (owner, inscription, added_at, card) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING`;

const REMOVE = 'DELETE FROM basket_item WHERE owner = $1 AND inscription = ANY ($2)';

/** All methods take the user's email address, and throw StoreUnavailable if PostgreSQL does not confirm. */
export class BasketTable {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  items(owner: string): Promise<BasketItem[]> {
    return confirmed(items(this.#pool, owner));
  }

  /** Throws Refusal 422 or 409. */
  add(owner: string, text: unknown): Promise<BasketItem[]> {
    const wanted = inscription(text);
    return this.#change(owner, async client => {
      const { addedAt, card } = waiting();
      await client.query(ADD, [owner, wanted, addedAt, card]);
      const after = await items(client, owner);
      if (after.length > MAX_ITEMS) throw full();
      return after;
    });
  }

  /** Throws Refusal 422. */
  remove(owner: string, texts: readonly unknown[]): Promise<BasketItem[]> {
    const unwanted = texts.map(inscription);
    return this.#change(owner, async client => {
      await client.query(REMOVE, [owner, unwanted]);
      return items(client, owner);
    });
  }

  #change<T>(owner: string, apply: (client: PoolClient) => Promise<T>): Promise<T> {
    return confirmed(
      transaction(this.#pool, async client => {
        // One change of a basket at a time, or two could each see room for one more.
        await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [owner]);
        return apply(client);
      }),
    );
  }
}

async function items(client: Pool | PoolClient, owner: string): Promise<BasketItem[]> {
  const { rows } = await client.query(ITEMS, [owner]);
  return rows.map(row => ({ text: row.inscription, addedAt: Number(row.added_at), card: row.card }));
}

/** Commits what `work` did, unless it throws. */
async function transaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let committed = false;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    committed = true;
    return result;
  } finally {
    // A connection on which something failed may be in the middle of anything: closing it rolls back.
    client.release(!committed);
  }
}
