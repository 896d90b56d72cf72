/**
 * Stores one basket for each user in PostgreSQL. Each item is a row, and each change is one statement, so concurrent
 * changes are all kept.
 */
import type { Pool } from 'pg';
import { type BasketItem, full, inscription, MAX_ITEMS, newItem } from '../basket.ts';
import { confirmed } from '../failures.ts';

const ITEMS = `
SELECT inscription, added_at, card FROM basket_item WHERE owner = $1
ORDER BY added_at, inscription COLLATE "C"`;

const ADD = `
INSERT INTO basket_item (owner, inscription, added_at, card)
SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM basket_item WHERE owner = $1) < $5
ON CONFLICT DO NOTHING`;

const REMOVE = 'DELETE FROM basket_item WHERE owner = $1 AND inscription = ANY ($2)';

/**
 * Baskets by email address of their users. All methods throw StoreUnavailable if PostgreSQL does not confirm a query.
 */
export class BasketTable {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async items(owner: string): Promise<BasketItem[]> {
    const { rows } = await confirmed(this.#pool.query(ITEMS, [owner]));
    return rows.map(row => ({ text: row.inscription, addedAt: Number(row.added_at), card: row.card }));
  }

  /**
   * Adds an item. Throws Refusal 422 if the text is invalid, or 409 if the basket is full. Concurrent requests can
   * exceed the limit.
   */
  async add(owner: string, text: unknown): Promise<BasketItem[]> {
    const wanted = inscription(text);
    const { addedAt, card } = newItem();
    const { rowCount } = await confirmed(this.#pool.query(ADD, [owner, wanted, addedAt, card, MAX_ITEMS]));
    const after = await this.items(owner);
    // PostgreSQL adds no row if the item is already in the basket, or if the basket is full.
    if (rowCount === 0 && !after.some(item => item.text === wanted)) throw full();
    return after;
  }

  /** Removes items. Throws Refusal 422 if a text is not a valid inscription. */
  async remove(owner: string, texts: readonly unknown[]): Promise<BasketItem[]> {
    await confirmed(this.#pool.query(REMOVE, [owner, texts.map(inscription)]));
    return this.items(owner);
  }
}
