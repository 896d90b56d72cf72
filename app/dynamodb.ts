import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import type { Config } from './config.ts';

/** Returns a client that connects at the first request. */
export async function connectDynamoDb(config: Config): Promise<DynamoDB> {
  // Loads the AWS SDK only here, so that instances with other session stores do not load it.
  const { DynamoDB } = await import('@aws-sdk/client-dynamodb');
  const { dynamodbEndpoint: endpoint, dynamodbCredentials: credentials, storeTimeoutMs } = config;
  return new DynamoDB({
    region: config.dynamodbRegion,
    ...(endpoint !== '' && { endpoint }),
    ...(credentials && { credentials }),
    requestHandler: { connectionTimeout: storeTimeoutMs, requestTimeout: storeTimeoutMs },
  });
}

/** Checks that the table of sessions exists. Throws if it does not, or if DynamoDB does not reply. */
export async function readTable(dynamodb: DynamoDB, config: Config): Promise<void> {
  const key = { TableName: config.dynamodbTable, Key: { id: { S: 'readiness' } } };
  try {
    await dynamodb.getItem(key, { abortSignal: AbortSignal.timeout(config.storeTimeoutMs) });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
    const { dynamodbTable: table, dynamodbRegion: region } = config;
    throw new Error(
      `DYNAMODB_TABLE: expected a table that exists in ${region}, got ${table}. Create it (docs/stores.md).`,
    );
  }
}
