/** Defines what all clients of a run share. */
import type { Interpreter } from '../core/response/interpret.ts';
import type { Random } from '../random.ts';
import type { Account, Target } from '../target/load.ts';
import type { Authenticator } from './authenticator.ts';
import type { Instances } from './instances.ts';
import type { MailReader } from './mail-reader.ts';
import type { Recorder } from './recorder.ts';
import type { Registration } from './registration.ts';
import type { Seats, Spacing } from './seats.ts';
import type { SessionClient } from './session-client.ts';
import type { Text } from './texts.ts';

/** Limits to which a workload may grow a session, so that the app refuses no request for its size. */
export interface Growth {
  /** Length of the longest text to send, in characters. 0: no text is padded. */
  longest: number;
  /** Maximum total length of all texts of a session, in characters. */
  total: number;
  /** True if the app, a balancer or a server refused more text. False if the measurement ended without a refusal. */
  refused: boolean;
  /** The kinds of awkward texts, such as non-ASCII texts, that at least one instance has returned unchanged. */
  texts?: readonly Text[];
}

export interface Context {
  target: Target;
  recorder: Recorder;
  interpreter: Interpreter;
  instances: Instances;
  /** Returns a client with an empty jar. */
  connect(): SessionClient;
  /** Prefix of the run's canaries. */
  canary: string;
  random: Random;
  /** Prefix of the names of clients and sessions; each workload has its own. */
  prefix: string;
  /** Returns the account of the n-th client of this workload. If there are too few accounts, clients share accounts. */
  account(n: number): Account;
  /** Present if the app limits the sessions of a user: a client must take seats before it logs in. */
  seats?: Seats | undefined;
  /** Present if the app requires a minimum interval between two logins of a user. */
  spacing?: Spacing | undefined;
  /** Present if logins send mails. */
  mails?: MailReader | undefined;
  /** Keeps the passkeys of the accounts. */
  authenticator: Authenticator;
  /** Present if Baton registers the accounts. */
  registration?: Registration | undefined;
  /** Limits to which the audit grows a session. Absent if nothing was measured; then no text is padded. */
  growth?: Growth | undefined;
  /** Aborts when the run must stop: requests in flight are aborted. */
  signal: AbortSignal;
}
