/** Defines what a client remembers of responses, besides cookies. */
import type { Reply } from '../core/response/reply.ts';

export interface ShownPage {
  url: URL;
  reply: Reply;
}

export interface Remembered {
  csrf: string;
  /** The page with the login form, at which the next login begins. */
  page: ShownPage | undefined;
  /** Key: placeholder of the target file; value: the text for later requests. */
  readonly captured: Map<string, string>;
  /** Names of captured values that came by mail. The history must not contain these values. */
  readonly mailed: Set<string>;
  /** Lifetime of the access token, milliseconds, and its expiry, milliseconds since the epoch; undefined if unknown. */
  access: { lifetime: number; ends: number } | undefined;
}

export const copyOf = ({ csrf, page, captured, mailed, access }: Remembered): Remembered => ({
  csrf,
  page,
  captured: new Map(captured),
  mailed: new Set(mailed),
  access,
});

/** Adds what another client remembers. */
export function remember(client: Remembered, { csrf, page, captured, mailed, access }: Remembered): void {
  client.csrf = csrf;
  client.access = access;
  client.page = page;
  for (const [name, value] of captured) client.captured.set(name, value);
  for (const name of mailed) client.mailed.add(name);
}

export function equals(last: Remembered, now: Remembered): boolean {
  if (last.csrf !== now.csrf || last.page !== now.page || last.access !== now.access) return false;
  if (last.captured.size !== now.captured.size || last.mailed.size !== now.mailed.size) return false;
  for (const [name, value] of now.captured) if (last.captured.get(name) !== value) return false;
  return true;
}

/** Returns a path with placeholders for values from mails, because such values may be secret. */
export function withoutMailed(path: string, { mailed, captured }: Remembered): string {
  if (mailed.size === 0) return path;
  let shown = path;
  for (const name of mailed) {
    const value = captured.get(name) ?? '';
    if (value !== '') shown = shown.replaceAll(value, `{${name}}`);
  }
  return shown;
}
