/** Runs one instance: reads the configuration, connects to the servers, listens, and shuts down at a signal. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from 'express-session';
import { Cluster } from 'ioredis';
import type { Logger } from 'pino';
import { createApp, type Deps } from './app.ts';
import { type Backing, connectBacking } from './backing.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { createFixtures } from './data/fixtures.ts';
import { Users } from './data/users.ts';
import { reasonOf } from './failures.ts';
import { Lifecycle } from './lifecycle.ts';
import { createLogger } from './log.ts';
import { createMailer } from './mail.ts';
import { connectPictures } from './pictures.ts';
import type { RedisClient } from './redis.ts';
import { createLabels } from './secrets.ts';
import { leaveInOrder } from './shutdown.ts';
import { followExpiry } from './stores/expiry-events.ts';
import { createStore, REDIS_PREFIXES } from './stores/index.ts';

const EXIT_USAGE = 64;

/** Replacements for parts of the web shop, with which zoo/ changes the app. */
export interface Parts extends Pick<Deps, 'csrf' | 'onSession'> {
  /** Returns a session store to use in place of the one that SESSION_STORE names. */
  readonly store?: (config: Config, redis: RedisClient) => Store;
}

/** Runs an instance, configured by environment variables. Resolves when the instance listens. */
export async function serve(parts: Parts = {}): Promise<void> {
  const config = configOrExit();
  const log = createLogger(config);
  const lifecycle = new Lifecycle();
  const { instance } = config;
  const backing = await connectBacking(config, (server, error) => {
    log.warn({ event: server, instance, error: error.message });
  });
  const users = new Users(backing.redis, config.scrypt);
  const store = parts.store?.(config, backing.redis) ?? createStore(config, backing);
  const stopExpiryLog = logExpiry(config, backing, log);
  const pay = () => sleep(config.paymentMs);
  const mailer = await createMailer(config);
  const pictures = await connectPictures(config);
  log.info({
    event: 'registration',
    instance,
    accounts: mailer ? 'active after activation by mail' : 'active at once, because SMTP_URL is not set',
  });
  const server = createServer(
    createApp({ ...parts, config, backing, store, users, log, lifecycle, pay, mailer, pictures }),
  );
  // The keep-alive timeout must exceed the time for which the balancer keeps idle connections. Otherwise, the balancer
  // could send a request on a connection that the server is closing.
  server.keepAliveTimeout = config.keepAliveMs;
  // Node measures `headersTimeout` from the end of the previous request, so it must exceed the keep-alive timeout.
  server.headersTimeout = config.keepAliveMs + 10_000;
  leaveInOrder({
    server,
    lifecycle,
    config,
    log,
    close: () => {
      stopExpiryLog();
      backing.close();
    },
  });
  const prepared = prepare({ backing, users, config, lifecycle, log });
  // If a store does not respond, the instance still listens: requests get 503, and /readyz keeps the balancer away.
  await Promise.race([prepared, sleep(config.storeTimeoutMs, undefined, { ref: false })]);
  await listen(server, config, log);
}

function logExpiry(config: Config, { redis }: Backing, log: Logger): () => void {
  const prefix = REDIS_PREFIXES[config.sessionStore];
  if (!config.expiryEvents || prefix === undefined || redis instanceof Cluster) return () => {};
  const { instance } = config;
  const labels = createLabels(config.secrets);
  return followExpiry({
    client: redis,
    prefix,
    onExpired: sid => log.info({ event: 'session-expired', instance, session: labels.session(sid) }),
    onKnown: reported => {
      if (reported) return log.info({ event: 'session-expiry-reported', instance });
      log.warn({
        event: 'session-expiry-unreported',
        instance,
        error: 'expected Redis to report expired keys, but it does not; set notify-keyspace-events to Ex',
      });
    },
  });
}

function configOrExit(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return exit(error.message);
  }
}

function exit(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(EXIT_USAGE);
}

interface Preparing {
  backing: Backing;
  users: Users;
  config: Config;
  lifecycle: Lifecycle;
  log: Logger;
}

/** First pause between attempts to create tables and users, milliseconds. Doubles up to RETRY_MS_MOST. */
const RETRY_MS = 50;
const RETRY_MS_MOST = 1000;
/** Minimum interval between log lines about the same failure, milliseconds. */
const REPEAT_LOG_MS = 30_000;

async function prepare({ backing, users, config, lifecycle, log }: Preparing): Promise<void> {
  let logged = { reason: '', at: 0 };
  for (let wait = RETRY_MS; !lifecycle.draining; wait = Math.min(2 * wait, RETRY_MS_MOST)) {
    try {
      await backing.prepare();
      await createFixtures(users, config.fixtureUsers, config.scrypt);
      lifecycle.prepared = true;
      return;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== logged.reason || performance.now() - logged.at > REPEAT_LOG_MS) {
        logged = { reason, at: performance.now() };
        log.error({ event: 'not-prepared', instance: config.instance, error: reason });
      }
      await sleep(wait, undefined, { ref: false });
    }
  }
}

function listen(server: Server, config: Config, log: Logger): Promise<void> {
  return new Promise(resolve => {
    server.once('error', error => {
      const where = `${config.host}:${config.port}`;
      exit(
        `expected to listen at HOST:PORT ${where}, got: ${error.message}\nSet PORT to one that is free (0: any).`,
      );
    });
    server.listen(config.port, config.host, () => {
      const { port } = server.address() as AddressInfo;
      const host = config.host.includes(':') ? `[${config.host}]` : config.host;
      log.info({
        event: 'listening',
        instance: config.instance,
        port,
        url: `http://${host}:${port}`,
      });
      resolve();
    });
  });
}
