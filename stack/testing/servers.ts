/** Finds server programs that are not installed on every machine. If a program is missing, its tests are skipped. */
import { type Part, used } from '../../tests/used.ts';
import { findProgram, MissingProgramError } from '../programs.ts';

/**
 * Returns the reason why a test cannot run on this machine (its program is missing); '' if it can. The summary at the
 * end of the test run shows the reason.
 */
export function whyWithout(what: Part, program: string): string {
  let why = '';
  try {
    findProgram(program);
  } catch (error) {
    if (!(error instanceof MissingProgramError)) throw error;
    why = `no ${program} on this machine`;
  }
  used(what, why === '' ? `tested with ${program}` : `NOT TESTED: ${why}`);
  return why;
}
