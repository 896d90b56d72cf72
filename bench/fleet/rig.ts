/** Runs and observes a stack that imitates one load balancer. Its instances misbehave on command. */
import { fileURLToPath } from 'node:url';
import type { Profile } from '../../stack/fleet/profile.ts';
import { startLocalStack } from '../../stack/local.ts';
import type { Instance, Stack } from '../../stack/stack.ts';
import type { Sticky } from '../../stack/sticky.ts';
import { until } from '../../stack/wait.ts';

const PROGRAM = fileURLToPath(new URL('./instance.ts', import.meta.url));
const LIKE = { command: [process.execPath, PROGRAM] as const, env: {} };

export interface TimedResponse {
  status: number;
  text: string;
  /** Values of the `Set-Cookie` headers. */
  set: string[];
  /** Time until the response was complete, milliseconds. */
  ms: number;
}

type Init = RequestInit & { headers?: Record<string, string> };

export class Rig {
  readonly stack: Stack;
  readonly #reports: { at: number; message: string }[];

  private constructor(stack: Stack, said: { at: number; message: string }[]) {
    this.stack = stack;
    this.#reports = said;
  }

  static async start(profile: Profile, signal: AbortSignal, sticky?: Sticky): Promise<Rig> {
    const said: { at: number; message: string }[] = [];
    const onStep = (message: string): number => said.push({ at: performance.now(), message });
    const stack = await startLocalStack({
      port: 'any',
      instances: [LIKE, LIKE],
      profile,
      onStep,
      signal,
      ...(sticky && { sticky }),
    });
    return new Rig(stack, said);
  }

  first(): Instance {
    return this.#nth(0);
  }

  second(): Instance {
    return this.#nth(1);
  }

  #nth(index: number): Instance {
    const instance = this.stack.instances()[index];
    if (instance === undefined) throw new Error(`expected ${index + 1} instances`);
    return instance;
  }

  names(): string[] {
    return this.stack.instances().map(({ name }) => name);
  }

  add(): Promise<Instance> {
    return this.stack.add(LIKE);
  }

  /** Sends a request on a new connection, so that the balancer chooses an instance anew. */
  async get(path = '/', init: Init = {}): Promise<TimedResponse> {
    const begin = performance.now();
    const response = await fetch(this.stack.url + path, {
      ...init,
      headers: { connection: 'close', ...init.headers },
    });
    const text = await response.text();
    const { status } = response;
    return { status, text, set: response.headers.getSetCookie(), ms: performance.now() - begin };
  }

  /** Returns the distinct outcomes of several requests: the instance's name for status 200, else the status. */
  async answers(count: number, path = '/', init: Init = {}): Promise<string[]> {
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) {
      const { status, text } = await this.get(path, init);
      seen.add(status === 200 ? text : String(status));
    }
    return [...seen].toSorted();
  }

  /** Sends a command directly to an instance. Returns the number of responses that the instance holds. */
  async control({ url }: Instance, query = ''): Promise<number> {
    return Number(await (await fetch(`${url}/control?${query}`)).text());
  }

  /** Waits until the stack reports a message with the text `what`. Returns the milliseconds since `since`. */
  async untilReported(what: string, since: number, withinMs: number): Promise<number> {
    const found = () => this.#reports.find(({ at, message }) => at >= since && message.includes(what));
    await until(() => found() !== undefined, { withinMs, what: `the stack to report "${what}"` });
    return (found()?.at ?? since) - since;
  }

  hasReported(what: string, since: number): boolean {
    return this.#reports.some(({ at, message }) => at >= since && message.includes(what));
  }

  /** Sends requests until the outcomes are exactly these instance names, or statuses such as 502. */
  answeredBy(expected: readonly string[], withinMs: number): Promise<void> {
    const wanted = String([...expected].toSorted());
    return until(async () => String(await this.answers(6)) === wanted, {
      withinMs,
      everyMs: 50,
      what: `responses of ${wanted}`,
    });
  }
}

interface Held {
  answer: Promise<TimedResponse>;
  settled: () => boolean;
}

/** Sends requests until the instance holds a response, which the command `release` ends. */
export async function heldBy(rig: Rig, instance: Instance, path = '/hold'): Promise<Held> {
  for (let i = 0; i < 8; i++) {
    let done = false;
    const answer = rig.get(`${path}?only=${instance.name}`).finally(() => {
      done = true;
    });
    answer.catch(() => {}); // The caller that awaits `answer` gets the error.
    await until(async () => done || (await rig.control(instance)) > 0, {
      withinMs: 20_000,
      what: `a request to be held by ${instance.name}, or to get a response`,
    });
    if (!done) return { answer, settled: () => done };
  }
  throw new Error(`expected one of 8 requests to reach ${instance.name}, but none did`);
}
