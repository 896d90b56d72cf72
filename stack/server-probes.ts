import type { RedisOptions } from 'ioredis';
import { withRedis } from './redis-connection.ts';

/** Returns true if Redis is ready. Throws the error of a Redis that still loads its data. */
export const pongs = (url: string, options?: RedisOptions): Promise<boolean> =>
  withRedis(url, async redis => (await redis.ping()) === 'PONG', options);

export async function answersQuery(url: string): Promise<boolean> {
  // Loads `pg` here, because Baton's npm package does not install it.
  const { Client } = await import('pg');
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 1_000, query_timeout: 1_000 });
  client.on('error', () => {}); // If the server ends meanwhile, the query reports the error.
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Creates the DynamoDB table of sessions if it does not exist. Returns true if the table is ready. */
export async function hasTable(endpoint: string): Promise<boolean> {
  const { DynamoDB } = await import('@aws-sdk/client-dynamodb');
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const dynamodb = new DynamoDB({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 });
  try {
    await dynamodb.createTable({
      TableName: 'baton-sessions',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceInUseException') return true;
    throw error;
  } finally {
    dynamodb.destroy();
  }
}
