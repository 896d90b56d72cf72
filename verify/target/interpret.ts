/** Makes the interpreter of responses for Node, from the accounts of a target file. */
import { decodeHTML } from 'entities';
import type { Labeller } from '../client/labels.ts';
import { Interpreter } from '../core/interpret.ts';
import type { Target } from './load.ts';

/** @param canary prefix of every canary of the run: letters and digits */
export function interpreterOf(target: Target, label: Labeller, canary: string): Interpreter {
  const users = new Map(
    target.accounts.flatMap(({ user, shown, label: name }) => [
      [user, name],
      [shown ?? user, name],
    ]),
  );
  const { login, signedIn } = target;
  // Without a separate login page, a redirect to that page leads into the app.
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
