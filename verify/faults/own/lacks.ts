import { findProgram } from '../../../stack/programs.ts';

/** @returns what this machine lacks where a program is not on it */
export function lacksProgram(name: string): string | undefined {
  try {
    findProgram(name);
    return undefined;
  } catch {
    return `${name} on the PATH`;
  }
}
