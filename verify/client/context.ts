/** Defines what all clients of a run share, such as the target and the recorder. */
import type { Interpreter } from '../core/response/interpret.ts';
import type { Random } from '../random.ts';
import type { Account, Target } from '../target/load.ts';
import type { Authenticator } from './authenticator.ts';
import type { Departed } from './departed.ts';
import type { Instances } from './instances.ts';
import type { LoginTurns } from './login-turns.ts';
import type { MailReader } from './mail-reader.ts';
import type { Recorder } from './recorder.ts';
import type { Registration } from './registration.ts';
import type { Seats, Spacing } from './seats.ts';
import type { SessionClient } from './session-client.ts';
import type { Text } from './texts.ts';

/** The amount of text that a session can hold, as measured before the load. */
export interface Growth {
  /** Maximum length of one text, characters; 0 if texts must be as short as possible. */
  longest: number;
  /** Maximum total length of all texts, characters. */
  total: number;
  refused: boolean;
  /** Texts that are hard to encode, such as emoji, and that an instance has shown unchanged. */
  texts?: readonly Text[];
}

export interface Context {
  target: Target;
  recorder: Recorder;
  interpreter: Interpreter;
  instances: Instances;
  connect(): SessionClient;
  /** Prefix of all canaries of the run. A canary is a unique value that Baton writes, and recognises in pages. */
  canary: string;
  random: Random;
  prefix: string;
  /**
   * Returns the account of the workload's n-th client. Clients share accounts if there are fewer accounts than clients.
   */
  account(n: number): Account;
  /** Limits the concurrent sessions of each user. Present if the app has such a limit. */
  seats?: Seats | undefined;
  /** Makes clients wait between two logins of a user. Present if the app requires an interval. */
  spacing?: Spacing | undefined;
  /** Limits the number of concurrent logins. */
  logins: LoginTurns;
  /** Reads the mails of users. Present if a login sends a mail. */
  mails?: MailReader | undefined;
  authenticator: Authenticator;
  /** Registers the accounts. Absent if the accounts exist already. */
  registration?: Registration | undefined;
  /** The amount of text that a session can hold. Absent if Baton did not measure it. */
  growth?: Growth | undefined;
  /** Stores the cookies of logged-out sessions, to replay them. Present if the run judges logouts. */
  departed?: Departed | undefined;
  /** Aborts when the run must stop. */
  signal: AbortSignal;
}
