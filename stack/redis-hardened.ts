/**
 * Configures Redis as ElastiCache does with encryption and access control. Clients need TLS, a user and a password.
 * Commands such as CONFIG are not allowed.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './programs.ts';

const USER = 'baton';
const OPERATOR = 'operator';

/** Commands that ElastiCache refuses. KEYS, SLOWLOG and MONITOR are added, because some operators disable them too. */
const REFUSED = [
  ...['acl', 'bgrewriteaof', 'bgsave', 'config', 'debug', 'failover', 'migrate', 'module', 'psync'],
  ...['replicaof', 'save', 'shutdown', 'slaveof', 'sync', 'keys', 'monitor', 'slowlog'],
];

/** The users and the certificate of hardened Redis servers. All servers of a cluster share them. */
export class Access {
  /** Path of the certificate, for NODE_EXTRA_CA_CERTS. */
  readonly certificate: string;
  readonly #host: string;
  readonly #key: string;
  readonly #acl: string;
  readonly #replication: string;
  readonly #password = randomBytes(24).toString('hex');
  readonly #operatorPassword = randomBytes(24).toString('hex');

  /**
   * @param folder must exist when `prepare` is called
   * @param host host name or address for which the certificate is valid
   */
  constructor(folder: string, host: string) {
    const file = (name: string) => join(folder, name);
    this.certificate = file('certificate.pem');
    this.#host = host;
    this.#key = file('key.pem');
    this.#acl = file('users.acl');
    this.#replication = file('replication.conf');
  }

  args(port: number): string[] {
    return [
      ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', '--tls-replication', 'yes'],
      ...['--aclfile', this.#acl, '--include', this.#replication],
      ...['--tls-cert-file', this.certificate, '--tls-key-file', this.#key],
      ...['--tls-ca-cert-file', this.certificate],
    ];
  }

  /** Writes the certificate and the file of users, if they do not exist. */
  prepare(): void {
    if (existsSync(this.#acl)) return;
    makeCertificate(this.#key, this.certificate, this.#host);
    const refused = REFUSED.map(command => `-${command}`).join(' ');
    // At a restart, Redis runs the scripts in its append-only file as the user `default`. If this user lacked a right,
    // all sessions would be lost. `off`: no client can log in as this user.
    const users = [
      'user default off ~* &* +@all',
      `user ${OPERATOR} on >${this.#operatorPassword} ~* &* +@all`,
      `user ${USER} on >${this.#password} ~* &* +@all ${refused}`,
    ];
    const login = [`masteruser ${OPERATOR}`, `masterauth ${this.#operatorPassword}`];
    const write = (file: string, lines: string[]) =>
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    write(this.#replication, login);
    write(this.#acl, users);
  }

  url(port: number): string {
    return `rediss://${USER}:${this.#password}@${this.#host}:${port}`;
  }

  operator(): { username: string; password: string; tls: { ca: Buffer } } {
    const ca = readFileSync(this.certificate);
    return { username: OPERATOR, password: this.#operatorPassword, tls: { ca } };
  }
}

function makeCertificate(key: string, certificate: string, host: string): void {
  const name = /^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`;
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=${name}`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const args = ['req', '-x509', '-days', '30', ...curve, ...subject, '-keyout', key, '-out', certificate];
  execFileSync(findProgram('openssl'), args, { stdio: 'pipe' });
}
