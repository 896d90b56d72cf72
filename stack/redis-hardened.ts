/**
 * Configures Redis like managed services do (ElastiCache with encryption and access control). Clients need TLS, a user
 * and a password. They cannot run the commands that the service reserves for itself, such as CONFIG.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { findProgram } from './programs.ts';

const USER = 'baton';
/** Name of the Redis user for the stack itself and for replicas. This user has all rights. */
const OPERATOR = 'operator';

/**
 * Commands that Redis refuses to clients: those that ElastiCache refuses, and KEYS, SLOWLOG and MONITOR, which some
 * operators disable.
 */
const REFUSED = [
  ...['acl', 'bgrewriteaof', 'bgsave', 'config', 'debug', 'failover', 'migrate', 'module', 'psync'],
  ...['replicaof', 'save', 'shutdown', 'slaveof', 'sync', 'keys', 'monitor', 'slowlog'],
];

/** The users and the certificate of a Redis server. The servers of a cluster share one such object. */
export class Access {
  /** Path of the certificate. Node clients need this path in NODE_EXTRA_CA_CERTS. */
  readonly certificate: string;
  readonly #host: string;
  readonly #key: string;
  readonly #acl: string;
  readonly #replication: string;
  readonly #password = randomBytes(24).toString('hex');
  readonly #operatorPassword = randomBytes(24).toString('hex');

  /**
   * @param folder folder for the files; must exist when `prepare` is called
   * @param host the only name or address for which the certificate is valid
   */
  constructor(folder: string, host: string) {
    const file = (name: string) => join(folder, name);
    this.certificate = file('certificate.pem');
    this.#host = host;
    this.#key = file('key.pem');
    this.#acl = file('users.acl');
    this.#replication = file('replication.conf');
  }

  /** The arguments of redis-server. */
  args(port: number): string[] {
    return [
      ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', '--tls-replication', 'yes'],
      ...['--aclfile', this.#acl, '--include', this.#replication],
      ...['--tls-cert-file', this.certificate, '--tls-key-file', this.#key],
      ...['--tls-ca-cert-file', this.certificate],
    ];
  }

  /** Writes the certificate and the file of users. Does nothing if these files exist already. */
  prepare(): void {
    if (existsSync(this.#acl)) return;
    makeCertificate(this.#key, this.certificate, this.#host);
    const refused = REFUSED.map(command => `-${command}`).join(' ');
    // Gives the user `default` all rights, because at a restart Redis runs the scripts in the append-only file as this
    // user. Without the rights, all sessions would be lost. No client can log in as `default`, because this user is
    // off.
    const users = [
      'user default off ~* &* +@all',
      `user ${OPERATOR} on >${this.#operatorPassword} ~* &* +@all`,
      `user ${USER} on >${this.#password} ~* &* +@all ${refused}`,
    ];
    const login = [`masteruser ${OPERATOR}`, `masterauth ${this.#operatorPassword}`];
    for (const [file, lines] of [
      [this.#replication, login],
      [this.#acl, users],
    ] as const)
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  }

  /** The address of Redis for clients, with user and password. */
  url(port: number): string {
    return `rediss://${USER}:${this.#password}@${this.#host}:${port}`;
  }

  /** The ioredis options for connections of the stack itself. */
  operator(): { username: string; password: string; tls: { ca: Buffer } } {
    const ca = readFileSync(this.certificate);
    return { username: OPERATOR, password: this.#operatorPassword, tls: { ca } };
  }

  connect(port: number): Socket {
    const ca = readFileSync(this.certificate);
    return connect({ host: this.#host, port, ca, timeout: 1_000 });
  }
}

function makeCertificate(key: string, certificate: string, host: string): void {
  const name = /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`;
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=${name}`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const args = ['req', '-x509', '-days', '30', ...curve, ...subject, '-keyout', key, '-out', certificate];
  execFileSync(findProgram('openssl'), args, { stdio: 'pipe' });
}
