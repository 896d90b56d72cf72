import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

export const dial = (port: number): Socket => createConnection({ host: '127.0.0.1', port });

/** Sends a command to a server. Returns true if the reply matches `expected`. Throws after 1 s without a reply. */
export async function replies(socket: Socket, command: string, expected: RegExp): Promise<boolean> {
  socket.on('error', () => {}); // `once` throws the first error.
  socket.write(`${command}\r\n`); // Node sends the command as soon as the connection is open.
  try {
    const [reply] = await once(socket, 'data', { signal: AbortSignal.timeout(1_000) });
    return expected.test(String(reply));
  } finally {
    socket.destroy();
  }
}

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
