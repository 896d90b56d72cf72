/** Errors that a person can mend, each with the exit code that it ends in. */

export const EXIT = {
  valid: 0,
  violated: 1,
  unknown: 2,
  usage: 64,
  unavailable: 69,
  internal: 70,
  interrupted: 130,
} as const;

class BatonError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command line, the target file, the credentials or a history file is not right. */
export class UsageError extends BatonError {
  override name = 'UsageError';

  constructor(message: string) {
    super(message, EXIT.usage);
  }
}

/** The target, or what it needs, is not there. */
export class UnavailableError extends BatonError {
  override name = 'UnavailableError';

  constructor(message: string) {
    super(message, EXIT.unavailable);
  }
}

export const isBatonError = (error: unknown): error is UsageError | UnavailableError =>
  error instanceof BatonError;
