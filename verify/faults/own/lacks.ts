import { findProgram } from '../../../stack/programs.ts';

/** Returns what is missing, for an error message, if a program is not on the PATH; else undefined. */
export function lacksProgram(name: string): string | undefined {
  try {
    findProgram(name);
    return undefined;
  } catch {
    return `${name} on the PATH`;
  }
}
