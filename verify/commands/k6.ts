/** `baton k6`: prints a target file in the format of the k6 scripts in loadtests/. */
import { readFile } from 'node:fs/promises';
import { EXIT } from '../errors.ts';
import { k6Target } from '../target/k6.ts';
import { loadTarget } from '../target/load.ts';
import type { Output } from './output.ts';
import { TARGET } from './tables/shared.ts';

export async function k6Command(file: string | undefined, output: Output): Promise<number> {
  const path = file ?? TARGET;
  const target = await loadTarget(path, process.env);
  output.result.write(`${k6Target(target, await readFile(path, 'utf8'))}\n`);
  return EXIT.valid;
}
