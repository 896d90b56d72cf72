import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Output } from './output.ts';

export interface Asking {
  text(question: string): Promise<string>;
  /** Does not show the secret while the user types it. */
  secret(question: string): Promise<string>;
  yes(question: string): Promise<boolean>;
  close(): void;
}

/** Returns functions that ask the user. Returns undefined if stdin or stderr is not a terminal. */
export function asking({ progress }: Output): Asking | undefined {
  const { stdin } = process;
  if (stdin.isTTY !== true || progress.isTTY !== true) return undefined;
  let muted = false;
  const echo = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (!muted) progress.write(chunk.toString());
      done();
    },
  });
  const terminal = createInterface({ input: stdin, output: echo, terminal: true });
  return {
    text: async question => (await terminal.question(question)).trim(),
    secret: async question => {
      progress.write(question);
      muted = true;
      const answer = await terminal.question('');
      muted = false;
      progress.write('\n');
      return answer;
    },
    yes: async question => /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim()),
    close: () => terminal.close(),
  };
}
