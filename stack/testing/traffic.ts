/** Sends requests over keep-alive connections, like browsers and load generators. */
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { until } from '../wait.ts';

export interface Traffic {
  /** Resolves once this number of further requests has ended. */
  more(requests: number): Promise<void>;
  /** Resolves with the error of each failed request, and the number of served requests by instance. */
  stop(): Promise<{ failures: string[]; served: Record<string, number> }>;
}

/** Starts clients that alternate GET and POST, with a pause of at most 4 ms after each response. */
export function startTraffic(url: string, path: string, clients = 8): Traffic {
  const pool = new Pool(url, { connections: clients });
  const failures: string[] = [];
  const served: Record<string, number> = {};
  let answered = 0;
  let stopping = false;

  async function send(request: { method: 'GET' | 'POST'; body?: string }): Promise<void> {
    const response = await pool.request({ path, ...request });
    await response.body.dump();
    const instance = String(response.headers['x-instance-id']);
    // A status below 500 counts as served, because the app refuses a POST without a form token.
    if (response.statusCode >= 500) failures.push(`${response.statusCode} from ${instance}`);
    served[instance] = (served[instance] ?? 0) + 1;
  }

  async function client(): Promise<void> {
    for (let turn = 0; !stopping; turn += 1) {
      const request = turn % 2 === 1 ? send({ method: 'POST', body: 'x' }) : send({ method: 'GET' });
      await request.catch(error => failures.push(String(error)));
      answered += 1;
      await pause(Math.random() * 4);
    }
  }

  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    more: requests => {
      const target = answered + requests;
      return until(() => answered >= target, { withinMs: 30_000, what: `${requests} more responses` });
    },
    stop: async () => {
      stopping = true;
      await all;
      await pool.close();
      return { failures, served };
    },
  };
}
