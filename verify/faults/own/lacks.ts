import { findProgram } from '../../../stack/programs.ts';

/** Returns what this machine lacks if a program is not on the PATH. */
export function lacksProgram(name: string): string | undefined {
  try {
    findProgram(name);
    return undefined;
  } catch {
    return `${name} on the PATH`;
  }
}
