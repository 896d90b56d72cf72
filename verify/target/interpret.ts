/** The core's reading of replies, for Node: by the accounts of a target file. */
import { decodeHTML } from 'entities';
import type { Labeller } from '../client/labels.ts';
import { Interpreter } from '../core/interpret.ts';
import type { Target } from './load.ts';

/** @param canary what every canary of the run begins with: letters and digits */
export function interpreterOf(target: Target, label: Labeller, canary: string): Interpreter {
  const users = new Map(
    target.accounts.flatMap(({ user, shown, label: name }) => [
      [user, name],
      [shown ?? user, name],
    ]),
  );
  const { login, signedIn } = target;
  // Where there is no page of its own to log in, a redirect leads into the app.
  const page = login.page === signedIn.page ? '' : login.page;
  return new Interpreter(
    { ...target, login: { ...login, page } },
    {
      label,
      canary,
      userLabel: name => users.get(name),
      decode: decodeHTML,
    },
  );
}
