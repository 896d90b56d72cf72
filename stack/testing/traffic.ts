/** A load on connections that are kept, as browsers and load generators keep them. */
import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { until } from '../wait.ts';

export interface Traffic {
  /** Resolves once that many more requests were answered. */
  more(requests: number): Promise<void>;
  /** Ends it. What was not answered 200, in words; and how many were, by instance. */
  stop(): Promise<{ failures: string[]; served: Record<string, number> }>;
}

/** `clients` send a request each, wait for the answer, rest for up to 4 ms, and so on. GET and POST in turn. */
export function startTraffic(url: string, path: string, clients = 8): Traffic {
  const pool = new Pool(url, { connections: clients });
  const failures: string[] = [];
  const served: Record<string, number> = {};
  let answered = 0;
  let stopping = false;

  async function client(): Promise<void> {
    for (let turn = 0; !stopping; turn += 1) {
      const post = turn % 2 === 1;
      try {
        const response = await pool.request({
          path,
          method: post ? 'POST' : 'GET',
          ...(post && { body: 'x' }),
        });
        await response.body.dump();
        const instance = String(response.headers['x-instance-id']);
        // Before its router, the app refuses a POST without a token; it was served all the same.
        if (response.statusCode >= 500) failures.push(`${response.statusCode} from ${instance}`);
        served[instance] = (served[instance] ?? 0) + 1;
      } catch (error) {
        failures.push(String(error));
      }
      answered += 1;
      await pause(Math.random() * 4);
    }
  }

  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    more: requests => {
      const target = answered + requests;
      return until(() => answered >= target, { withinMs: 30_000, what: `${requests} more answers` });
    },
    stop: async () => {
      stopping = true;
      await all;
      await pool.close();
      return { failures, served };
    },
  };
}
