/** Defines what all clients of a run share, such as the target and the recorder. */
import type { Interpreter } from '../core/response/interpret.ts';
import type { Random } from '../random.ts';
import type { Account, Target } from '../target/load.ts';
import type { Authenticator } from './authenticator.ts';
import type { Departed } from './departed.ts';
import type { Instances } from './instances.ts';
import type { MailReader } from './mail-reader.ts';
import type { Recorder } from './recorder.ts';
import type { Registration } from './registration.ts';
import type { Seats, Spacing } from './seats.ts';
import type { SessionClient } from './session-client.ts';
import type { Text } from './texts.ts';

/** The amount of text that the app can keep in one session. Baton measures it before the load. */
export interface Growth {
  /** Maximum length of one text, characters; 0 if texts must be as short as possible. */
  longest: number;
  /** Maximum total length of all texts in a session, characters. */
  total: number;
  /** True if the app refused to add more text to a session; false if it accepted all texts that were tried. */
  refused: boolean;
  /** Texts that are hard to encode, such as emoji, that at least one instance has shown unchanged. */
  texts?: readonly Text[];
}

export interface Context {
  target: Target;
  recorder: Recorder;
  interpreter: Interpreter;
  instances: Instances;
  /** Returns a client with an empty jar. */
  connect(): SessionClient;
  /** Prefix of all canaries (unique values to write) of the run. */
  canary: string;
  random: Random;
  /** Prefix of the names of all clients and sessions of one workload. */
  prefix: string;
  /** Returns the account of the n-th client of this workload. Clients share accounts if there are too few. */
  account(n: number): Account;
  /** Present if the app limits the sessions of a user: a client must take seats (seats.ts) before it logs in. */
  seats?: Seats | undefined;
  /** Present if the app requires a minimum interval between two logins of a user. */
  spacing?: Spacing | undefined;
  /** Present if a login sends a mail with a code or link. */
  mails?: MailReader | undefined;
  /** Keeps the passkeys of the accounts. */
  authenticator: Authenticator;
  /** Present if Baton registers the accounts. */
  registration?: Registration | undefined;
  /** The amount of text that the app can keep in one session; absent if Baton did not measure it. */
  growth?: Growth | undefined;
  /** Present during the load if logouts are judged: keeps sessions that have logged out. */
  departed?: Departed | undefined;
  /** Aborted when the run must stop; then all requests end. */
  signal: AbortSignal;
}
