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

/** The address with user and password, and what differs from a plain server. */
interface Hardening {
  url: string;
  /** Includes the file with the certificate that clients must trust. */
  addresses: Record<string, string>;
  args: readonly string[];
  /** Writes the files that `args` names. Keeps files that exist. */
  prepare(): void;
  connect(): Socket;
}

/** @param folder of the server */
export function hardening(folder: string, port: number): Hardening {
  const [certificate, key, acl] = ['certificate.pem', 'key.pem', 'users.acl'].map(name =>
    join(folder, name),
  ) as [string, string, string];
  const password = randomBytes(24).toString('hex');
  const url = `rediss://${USER}:${password}@127.0.0.1:${port}`;
  return {
    ...{ url, addresses: { REDIS_URL: url, NODE_EXTRA_CA_CERTS: certificate } },
    args: [
      ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', '--aclfile', acl],
      ...['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate],
    ],
    prepare() {
      if (existsSync(acl)) return;
      makeCertificate(key, certificate);
      const refused = REFUSED.map(command => `-${command}`).join(' ');
      // No client can log in as `default`, but this user keeps all rights for the server itself. At a restart, Redis
      // runs the transactions and scripts of the append-only file as this user. Without rights, it lost all sessions.
      const users = `user default off ~* &* +@all\nuser ${USER} on >${password} ~* &* +@all ${refused}\n`;
      writeFileSync(acl, users, { mode: 0o600 });
    },
    connect: () => connect({ host: '127.0.0.1', port, ca: readFileSync(certificate), timeout: 1_000 }),
  };
}

function makeCertificate(key: string, certificate: string): void {
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const args = ['req', '-x509', '-days', '30', ...curve, ...subject, '-keyout', key, '-out', certificate];
  execFileSync(findProgram('openssl'), args, { stdio: 'pipe' });
}
