/**
 * Logs in to ElastiCache with IAM. The password is a token: a signed request for the action `connect`, valid for 15
 * minutes. The app logs open connections in again, because ElastiCache closes a connection 12 hours after its last
 * login.
 */
import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import type { Config } from './config.ts';

const TOKEN_SECONDS = 900;
/**
 * Time after which a new token replaces the current token, milliseconds. After a failure, the app tries again sooner.
 */
const RENEW_MS = 600_000;
const RETRY_MS = 5_000;

/** Resolves with a new token. */
export type TokenSource = () => Promise<string>;

/** Holds the current IAM token. Emits `renewed` when there is a new token. */
export class RedisLogin extends EventEmitter<{ renewed: [] }> {
  readonly #sign: TokenSource;
  readonly #onError: (error: Error) => void;
  #token = '';
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param onError called when no new token can be made; the current token stays valid for some minutes */
  constructor(sign: TokenSource, onError: (error: Error) => void) {
    super();
    this.#sign = sign;
    this.#onError = onError;
    this.setMaxListeners(0); // no limit, because each connection of a cluster adds a listener
  }

  /**
   * Makes the first token, and then a new token every ten minutes. Throws if the first token cannot be made, but still
   * tries again later.
   */
  async renew(): Promise<void> {
    clearTimeout(this.#timer);
    let wait = RETRY_MS;
    try {
      this.#token = await this.#sign();
      wait = RENEW_MS;
    } finally {
      if (!this.#closed) this.#timer = setTimeout(() => this.renew().catch(this.#onError), wait);
      this.#timer?.unref();
    }
    this.emit('renewed');
  }

  /**
   * Makes this connection log in with the current token. When there is a new token, logs an open connection in again.
   */
  use(redis: Redis): void {
    // Defines a getter, because ioredis reads this option at each connection, and each copy of the connection must use
    // the current token.
    const password = { get: () => this.#token, enumerable: true, configurable: true };
    Object.defineProperty(redis.options, 'password', password);
    const again = () => {
      if (redis.status === 'ready')
        redis.auth(redis.options.username ?? '', this.#token).catch(this.#onError);
    };
    this.on('renewed', again);
    redis.once('end', () => this.off('renewed', again));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }
}

/**
 * Returns the login to the ElastiCache cache that REDIS_IAM_CACHE names. Returns undefined if the URL has a password,
 * or Redis needs none. Waits for the first token. If the first token cannot be made, reports the reason to `onError`,
 * and retries later.
 */
export async function createLogin(
  config: Settings,
  onError: (error: Error) => void,
): Promise<RedisLogin | undefined> {
  if (config.redisIamCache === '') return undefined;
  const login = new RedisLogin(await iamSigner(config), onError);
  await login.renew().catch(onError);
  return login;
}

type Settings = Pick<Config, 'redisUrl' | 'redisIamCache' | 'redisIamRegion'>;

/**
 * Returns a source of IAM tokens for the user in the URL of Redis. The AWS SDK finds the access key in its environment
 * variables, in its files, or in the role of the container or machine.
 */
export async function iamSigner({ redisUrl, redisIamCache, redisIamRegion }: Settings): Promise<TokenSource> {
  // Imports the AWS SDK only here, so that apps without IAM logins do not load it.
  const [{ SignatureV4 }, { Hash }, { defaultProvider }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/core/serde'),
    import('@aws-sdk/credential-provider-node'),
  ]);
  const signature = new SignatureV4({
    credentials: defaultProvider(),
    region: redisIamRegion,
    service: 'elasticache',
    sha256: Hash.bind(null, 'sha256'),
  });
  const [cache = '', serverless] = redisIamCache.split(':').reverse();
  const query = {
    Action: 'connect',
    User: decodeURIComponent(new URL(redisUrl).username),
    ...(serverless !== undefined && { ResourceType: 'ServerlessCache' }),
  };
  return async () => {
    const request = {
      method: 'GET',
      protocol: 'https:',
      hostname: cache,
      path: '/',
      query,
      headers: { host: cache },
    };
    const signed = await signature.presign(request, { expiresIn: TOKEN_SECONDS });
    return `${cache}/?${new URLSearchParams(signed.query as Record<string, string>)}`;
  };
}
