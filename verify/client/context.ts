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

/** The amount of text that the app can keep in one session, as measured before the load. */
export interface Growth {
  /**
   * Maximum length of one text, characters; 0 if the app shows no text unchanged, so that texts must be as short as
   * possible.
   */
  longest: number;
  /** Maximum total length of all texts in a session, characters. */
  total: number;
  /** True if the app refused to add more text to a session; false if it accepted all texts that were tried. */
  refused: boolean;
  /** Texts that are hard to encode, such as emoji, if at least one instance has shown them unchanged. */
  texts?: readonly Text[];
}

export interface Context {
  target: Target;
  recorder: Recorder;
  interpreter: Interpreter;
  instances: Instances;
  /** Returns a new client without cookies. */
  connect(): SessionClient;
  /** Prefix of all canaries of the run. A canary is a unique value that Baton writes, and later recognises in pages. */
  canary: string;
  random: Random;
  /** Prefix that all clients and sessions of one workload have in their names. */
  prefix: string;
  /**
   * Returns the account of the n-th client of this workload. Several clients share an account if there are too few
   * accounts.
   */
  account(n: number): Account;
  /**
   * Present if the app limits the sessions of a user. Before a login, a client must wait for a seat (seats.ts): the
   * permission to have one session of a user.
   */
  seats?: Seats | undefined;
  /** Makes clients wait between two logins of a user. Present if the app requires a minimum interval between them. */
  spacing?: Spacing | undefined;
  /** Reads the mails of users. Present if a login sends a mail with a code or link. */
  mails?: MailReader | undefined;
  /** Keeps the passkeys of the accounts, and signs in with them. */
  authenticator: Authenticator;
  /** Registers the accounts. Absent if the accounts exist already. */
  registration?: Registration | undefined;
  /** The amount of text that the app can keep in one session; absent if Baton did not measure it. */
  growth?: Growth | undefined;
  /**
   * Keeps sessions that have logged out, to send their old cookies later. Present during the load if logouts are
   * judged.
   */
  departed?: Departed | undefined;
  /** Aborted when the run must stop. All requests then end. */
  signal: AbortSignal;
}
