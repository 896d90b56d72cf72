/** Logs a session out, or all sessions of its user, and follows the logout to other hosts. */
import type { Operation } from '../core/history/history.ts';
import type { EndingSpec } from '../target/schema.ts';
import type { Call } from './call.ts';
import type { Context } from './context.ts';
import { lacksCapture } from './fill.ts';
import { further, type How } from './how.ts';
import type { SessionRequests } from './requests.ts';
import { followLogout, Walk } from './walk.ts';

interface Leaving {
  requests: SessionRequests;
  context: Context;
  how: How;
}

/** Sends the steps of a logout, and then the logout. Returns the operation of the logout. */
export async function logout(
  action: 'logout' | 'logout-all',
  request: EndingSpec,
  { requests, context, how }: Leaving,
): Promise<Operation> {
  await requests.steps(request.steps, how);
  const { target, recorder } = context;
  const client = requests.clientOf(how);
  // Without a captured value, such as a form token, the response may be a page that refuses the logout.
  const incomplete = lacksCapture(target, request, client);
  const settle: Call['settle'] = async (reply, outcome, later) => {
    if (outcome !== 'ok') return {};
    if (incomplete) return { outcome: 'info' };
    const walk = new Walk(client, { url: client.addressOf(request.path), reply });
    const done = await followLogout(walk, requests.walking(further(how), later));
    return { outcome: done ? 'ok' : 'info', return: recorder.clock.now() };
  };
  const across = target.origins.length === 0 && !incomplete ? {} : { settle };
  return (await requests.perform({ action, ...across }, requests.filled(request, how), how)).operation;
}
