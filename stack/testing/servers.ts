/** Finds servers that are not installed on every machine. Their tests are skipped if they are missing. */
import { type Part, used } from '../../tests/used.ts';
import { findProgram, MissingProgramError } from '../programs.ts';

/** Returns why this part cannot be tested here; '' if it can. The end of the test run reports the reason. */
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
