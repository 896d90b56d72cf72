/**
 * Logs in to ElastiCache with IAM: the password is a signed request, valid for 15 minutes. ElastiCache closes a
 * connection 12 hours after its login, so each connection must log in again.
 */
import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import type { Config } from './config.ts';

const TOKEN_SECONDS = 900;
const RENEW_MS = 600_000;
const RETRY_MS = 5_000;

export type TokenSource = () => Promise<string>;

/** Holds the current IAM token. Emits `renewed` when there is a new token. */
export class RedisLogin extends EventEmitter<{ renewed: [] }> {
  readonly #sign: TokenSource;
  readonly #onError: (error: Error) => void;
  #token = '';
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param onError called when a new token cannot be made; the old token stays valid for some minutes */
  constructor(sign: TokenSource, onError: (error: Error) => void) {
    super();
    this.#sign = sign;
    this.#onError = onError;
    this.setMaxListeners(0); // no limit, because each connection of a cluster adds a listener
  }

  /** Makes a token now and every ten minutes. Throws if the first token fails, but retries later. */
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

  /** Makes a connection log in with the current token, and again with each new token. */
  use(redis: Redis): void {
    // A getter gives each new connection the current token, because ioredis reads this option when it connects.
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
 * Returns the IAM login for REDIS_IAM_CACHE; undefined if it is not needed. Waits for the first token. Reports a
 * failure to `onError`, and retries later.
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
 * Returns a source of IAM tokens for the user in Redis' URL. The AWS SDK finds the access key in the environment, its
 * files, or the machine's role.
 */
export async function iamSigner({ redisUrl, redisIamCache, redisIamRegion }: Settings): Promise<TokenSource> {
  // Loads the AWS SDK only here, so that instances without IAM logins do not load it.
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
