/** Stores cards, their owners and the market in Redis. Each change of an owner or a balance is one Lua script. */
import type { Result } from 'ioredis';
import { confirmed } from '../failures.ts';
import { executed, type RedisClient } from '../redis.ts';
import { BUY, CHECKOUT, LIST, SHOW, UNLIST } from './card-scripts.ts';
import { cardKey, MARKET_KEY, ownedKey, userKey } from './keys.ts';

export interface Card {
  readonly id: string;
  readonly text: string;
  readonly owner: string;
  /** Price in credits; null if the card is not for sale. */
  readonly price: number | null;
  readonly picture?: string;
}

export interface Order {
  readonly card: string;
  readonly text: string;
}

export type Purchase = 'bought' | 'not-for-sale' | 'price-changed' | 'own-card' | 'too-poor';

/** Maximum number of cards in a list. */
const SHOWN = 200;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    checkoutCards(keys: number, ...args: (string | number)[]): Result<number, Context>;
    listCard(
      card: string,
      market: string,
      owner: string,
      price: number,
      id: string,
      now: number,
    ): Result<number, Context>;
    unlistCard(card: string, market: string, owner: string, id: string): Result<number, Context>;
    pictureCard(card: string, owner: string, picture: string): Result<number, Context>;
    buyCard(...keysAndArgs: (string | number)[]): Result<'bought' | 'changed' | 'too-poor', Context>;
  }
}

/** Cards of all users. All methods throw StoreUnavailable if Redis does not confirm a command. */
export class Cards {
  readonly #redis: RedisClient;
  readonly #pictures: string | undefined;

  constructor(redis: RedisClient, pictures?: string) {
    this.#redis = redis;
    this.#pictures = pictures;
    redis.defineCommand('checkoutCards', { lua: CHECKOUT });
    redis.defineCommand('listCard', { numberOfKeys: 2, lua: LIST });
    redis.defineCommand('unlistCard', { numberOfKeys: 2, lua: UNLIST });
    redis.defineCommand('pictureCard', { numberOfKeys: 1, lua: SHOW });
    redis.defineCommand('buyCard', { numberOfKeys: 6, lua: BUY });
  }

  async ownedBy(email: string): Promise<Card[]> {
    return this.#read(await confirmed(this.#redis.zrevrange(ownedKey(email), 0, SHOWN - 1)));
  }

  /** Returns the cards for sale, the most recently offered card first. */
  async forSale(limit = SHOWN): Promise<Card[]> {
    return this.#read(await confirmed(this.#redis.zrevrange(MARKET_KEY, 0, limit - 1)));
  }

  /**
   * Charges `price` credits for each order and creates its card. A repeated call changes nothing. Returns false, and
   * changes nothing, if the balance is too low.
   */
  async checkout(email: string, orders: readonly Order[], price: number): Promise<boolean> {
    const keys = [userKey(email), ownedKey(email), ...orders.map(order => cardKey(order.card))];
    const args = [email, price, Date.now(), ...orders.flatMap(order => [order.card, order.text])];
    return (await confirmed(this.#redis.checkoutCards(keys.length, ...keys, ...args))) === 1;
  }

  /** Puts a card up for sale. Returns false if the card does not belong to this user. */
  async list(id: string, owner: string, price: number): Promise<boolean> {
    return (
      (await confirmed(this.#redis.listCard(cardKey(id), MARKET_KEY, owner, price, id, Date.now()))) === 1
    );
  }

  /** Takes a card off the market. Returns false if the card does not belong to this user. */
  async unlist(id: string, owner: string): Promise<boolean> {
    return (await confirmed(this.#redis.unlistCard(cardKey(id), MARKET_KEY, owner, id))) === 1;
  }

  /** Returns a card; undefined if it does not belong to this user. */
  async owned(id: string, owner: string): Promise<Card | undefined> {
    const [card] = await this.#read([id]);
    return card?.owner === owner ? card : undefined;
  }

  /**
   * Sets a card's picture.
   * @param picture key of the picture in the bucket
   * @returns false if the card does not belong to this user
   */
  async show(id: string, owner: string, picture: string): Promise<boolean> {
    return (await confirmed(this.#redis.pictureCard(cardKey(id), owner, picture))) === 1;
  }

  /** Sells a card. Changes nothing if the price is no longer `seen`, the price that the buyer saw. */
  async buy(id: string, buyer: string, seen?: number): Promise<Purchase> {
    const [card] = await this.#read([id]);
    if (!card || card.price === null) return 'not-for-sale';
    if (card.owner === buyer) return 'own-card';
    if (seen !== undefined && seen !== card.price) return 'price-changed';
    const seller = card.owner;
    const keys = [
      cardKey(id),
      MARKET_KEY,
      userKey(buyer),
      userKey(seller),
      ownedKey(buyer),
      ownedKey(seller),
    ];
    const bought = await confirmed(this.#redis.buyCard(...keys, buyer, seller, card.price, id, Date.now()));
    // `changed`: a concurrent request bought the card or changed its price.
    return bought === 'changed' ? 'not-for-sale' : bought;
  }

  async #read(ids: string[]): Promise<Card[]> {
    const pipeline = this.#redis.pipeline();
    for (const id of ids) pipeline.hmget(cardKey(id), 'text', 'owner', 'price', 'picture');
    const records = await executed(pipeline);
    return records.flatMap((record, i) => {
      const id = ids[i];
      const [text, owner, price, picture] = record as (string | null)[];
      if (!id || !text || !owner) return [];
      const shown = this.#pictures && picture ? { picture: `${this.#pictures}/${picture}` } : {};
      return [{ id, text, owner, price: price ? Number(price) : null, ...shown }];
    });
  }
}
