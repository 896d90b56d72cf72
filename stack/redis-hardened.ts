/**
 * Configures Redis like managed services do (ElastiCache with transport encryption and access control): clients need
 * TLS, a user and a password, and cannot use the commands that the service reserves for itself.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { findProgram } from './programs.ts';

const USER = 'baton';

/** The commands that ElastiCache refuses, and KEYS, SLOWLOG and MONITOR, which careful operators disable. */
const REFUSED = [
  ...['acl', 'bgrewriteaof', 'bgsave', 'config', 'debug', 'failover', 'migrate', 'module', 'psync'],
  ...['replicaof', 'save', 'shutdown', 'slaveof', 'sync', 'keys', 'monitor', 'slowlog'],
];

export class Hardening {
  /** `rediss://USER:PASSWORD@127.0.0.1:PORT` */
  readonly url: string;
  /** File with the certificate that clients must trust: NODE_EXTRA_CA_CERTS for Node. */
  readonly caFile: string;
  /** Arguments of redis-server. */
  readonly args: readonly string[];
  readonly #port: number;
  readonly #keyFile: string;
  readonly #aclFile: string;
  readonly #openssl: string;
  readonly #password = randomBytes(24).toString('hex');

  /**
   * @param dir the server's folder @throws MissingProgramError if openssl, which creates the certificate, is missing
   */
  constructor(dir: string, port: number) {
    this.#openssl = findProgram('openssl');
    this.#port = port;
    this.caFile = join(dir, 'certificate.pem');
    this.#keyFile = join(dir, 'key.pem');
    this.#aclFile = join(dir, 'users.acl');
    this.url = `rediss://${USER}:${this.#password}@127.0.0.1:${port}`;
    this.args = [
      ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', this.caFile, '--tls-key-file', this.#keyFile, '--tls-ca-cert-file', this.caFile],
      ...['--aclfile', this.#aclFile],
    ];
  }

  /** Writes the files that the arguments name. Keeps files that exist. */
  prepare(): void {
    if (existsSync(this.#aclFile)) return;
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const files = ['-keyout', this.#keyFile, '-out', this.caFile];
    execFileSync(this.#openssl, ['req', '-x509', '-days', '30', ...key, ...subject, ...files], {
      stdio: 'pipe',
    });
    const refused = REFUSED.map(command => `-${command}`).join(' ');
    // No client can log in as `default`, but this user keeps all rights for the server itself. At a restart, Redis
    // runs the transactions and scripts of the append-only file as this user. Without rights, it lost all sessions.
    writeFileSync(
      this.#aclFile,
      `user default off ~* &* +@all\nuser ${USER} on >${this.#password} ~* &* +@all ${refused}\n`,
      { mode: 0o600 },
    );
  }

  connect(): Socket {
    return connect({ host: '127.0.0.1', port: this.#port, ca: readFileSync(this.caFile), timeout: 1_000 });
  }
}
