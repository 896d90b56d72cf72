/** Servers that not every machine has: tests of them are skipped where they are not, and say so. */
import { type Part, used } from '../../tests/used.ts';
import { findProgram, MissingProgramError } from '../programs.ts';

/** Why it cannot be tested here; '' if it can. Told in the last lines of the test run. */
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
