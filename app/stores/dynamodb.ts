/**
 * An express-session store in DynamoDB. Each session is one item with a map of all attributes. DynamoDB may remove an
 * item days after its expiry, so each operation checks the expiry itself.
 */
import type { DynamoDB, UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import { type AttributesChange, type AttributesOptions, AttributesStore } from './attributes.ts';

/** Options of the store. Sessions always expire, so there is no `disableTTL`. */
export interface DynamoDbOptions extends Omit<AttributesOptions, 'disableTTL'> {
  client: DynamoDB;
  /** Name of the table, with the partition key `id` (a string) and the time-to-live attribute `expires`. */
  table: string;
  /** Maximum time of each operation, including retries, milliseconds. */
  timeoutMs: number;
}

const seconds = (milliseconds: number) => ({ N: String(Math.ceil(milliseconds / 1000)) });
const ALIVE = '#expires > :now';
const NAMES = { '#expires': 'expires' };

export class DynamoDbStore extends AttributesStore {
  readonly #client: DynamoDB;
  readonly #table: string;
  readonly #timeoutMs: number;

  constructor(options: DynamoDbOptions) {
    super(options);
    this.#client = options.client;
    this.#table = options.table;
    this.#timeoutMs = options.timeoutMs;
  }

  protected async read(sid: string): Promise<[string, string][]> {
    const request = { ...this.#item(sid), ConsistentRead: true };
    const { Item: item } = await this.#client.getItem(request, this.#limit());
    if (Number(item?.['expires']?.N ?? 0) * 1000 <= Date.now()) return [];
    return Object.entries(item?.['attributes']?.M ?? {}).map(([name, { S: json = '' }]) => [name, json]);
  }

  protected async write(
    sid: string,
    { create, ttlMs = 0, changed, removed }: AttributesChange,
  ): Promise<boolean> {
    const expires = seconds(Date.now() + ttlMs);
    if (create) {
      const attributes = { M: Object.fromEntries(changed.map(([name, S]) => [name, { S }])) };
      const item = { id: { S: sid }, expires, attributes };
      await this.#client.putItem({ TableName: this.#table, Item: item }, this.#limit());
      return true;
    }
    const set = ['#expires = :expires', ...changed.map((_, i) => `#all.#c${i} = :c${i}`)];
    const remove = removed.map((_, i) => `#all.#r${i}`);
    return this.#update(sid, {
      UpdateExpression: `SET ${set.join(', ')}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
      ExpressionAttributeNames: {
        ...(changed.length + removed.length > 0 && { '#all': 'attributes' }),
        ...Object.fromEntries(changed.map(([name], i) => [`#c${i}`, name])),
        ...Object.fromEntries(removed.map((name, i) => [`#r${i}`, name])),
      },
      ExpressionAttributeValues: {
        ':expires': expires,
        ...Object.fromEntries(changed.map(([, S], i) => [`:c${i}`, { S }])),
      },
    });
  }

  protected async prolong(sid: string, ttlMs: number): Promise<void> {
    await this.#update(sid, {
      UpdateExpression: 'SET #expires = :expires',
      ExpressionAttributeValues: { ':expires': seconds(Date.now() + ttlMs) },
    });
  }

  protected async destroySession(sid: string): Promise<void> {
    await this.#client.deleteItem(this.#item(sid), this.#limit());
  }

  /** Returns false, and changes nothing, if the session does not exist or has expired. */
  async #update(sid: string, change: Partial<UpdateItemCommandInput>): Promise<boolean> {
    const request = {
      ...this.#item(sid),
      ...change,
      ConditionExpression: ALIVE,
      ExpressionAttributeNames: { ...NAMES, ...change.ExpressionAttributeNames },
      ExpressionAttributeValues: {
        ...change.ExpressionAttributeValues,
        ':now': { N: String(Date.now() / 1000) },
      },
    };
    try {
      await this.#client.updateItem(request, this.#limit());
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
      throw error;
    }
  }

  #item(sid: string) {
    return { TableName: this.#table, Key: { id: { S: sid } } };
  }

  #limit() {
    return { abortSignal: AbortSignal.timeout(this.#timeoutMs) };
  }
}
