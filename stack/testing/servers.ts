import { type Part, used } from '../../tests/used.ts';
import { findProgram, MissingProgramError } from '../programs.ts';

/** Returns why a test cannot run on this machine; '' if it can. */
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
