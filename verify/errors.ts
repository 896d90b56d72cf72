/** Defines the exit codes of `baton`, and the errors that a user can correct. */

export const EXIT = {
  valid: 0,
  violated: 1,
  unknown: 2,
  usage: 64,
  unavailable: 69,
  internal: 70,
  interrupted: 130,
} as const;

/** Meanings of exit codes, for `--help` and docs/commands.md. */
export const EXIT_MEANS: Readonly<Record<keyof typeof EXIT, string>> = {
  valid: 'all claimed guarantees valid',
  violated: 'violated',
  unknown: 'unknown (too little evidence)',
  usage: 'wrong options, target file or credentials',
  unavailable: 'target unavailable',
  internal: 'internal error',
  interrupted: 'interrupted',
};

class BatonError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Thrown if the command line, target file, credentials or history file is wrong. */
export class UsageError extends BatonError {
  override name = 'UsageError';

  constructor(message: string) {
    super(message, EXIT.usage);
  }
}

/** Thrown if the target, or a program that the run needs, is unavailable. */
export class UnavailableError extends BatonError {
  override name = 'UnavailableError';

  constructor(message: string) {
    super(message, EXIT.unavailable);
  }
}

export const isBatonError = (error: unknown): error is UsageError | UnavailableError =>
  error instanceof BatonError;
