/**
 * loadtests/dashboard.ts without its checks: the same users, forms and requests, sent in the same way. Nobody looks at
 * an answer but for its status and the form token.
 */
import exec from 'k6/execution';
import http from 'k6/http';
import { type Account, accountOf } from '../../loadtests/lib/accounts.ts';
import type { FormRequest, Probe } from '../../loadtests/lib/app.ts';
import { newJar, paramsOf } from '../../loadtests/lib/client.ts';
import { Filling, type Sent } from '../../loadtests/lib/filling.ts';
import { makeRun } from '../../loadtests/lib/run.ts';
import { settingsOf } from '../../loadtests/lib/settings.ts';
import { type Hopping, hop, think } from '../../loadtests/lib/steps.ts';
import { VirtualUser } from '../../loadtests/lib/virtual-user.ts';
import { canaryOf } from '../../verify/core/canary.ts';
import type { Seen } from '../../verify/core/interpret.ts';

export const options = { noCookiesReset: true };

const settings = settingsOf(__ENV, 'dashboard');

class Unjudged implements Hopping {
  readonly vu: VirtualUser;
  alive = false;
  items: string[] = [];
  readonly #account: Account;
  readonly #filling: Filling;
  readonly #jar = newJar();
  readonly #params = paramsOf(this.#jar);

  constructor(vu: VirtualUser, account: Account) {
    this.vu = vu;
    this.#account = account;
    this.#filling = new Filling(vu, account);
  }

  login(): boolean {
    const { login } = this.vu.app;
    this.look(login.page);
    this.alive = this.#submit(login).outcome === 'ok' && this.read().outcome === 'ok';
    if (!this.alive) exec.test.abort(`nobody is signed in as ${this.#account.user}`);
    return this.alive;
  }

  read(probe: Probe | undefined = this.vu.app.probes[0]): Seen {
    return this.look(probe?.read.path ?? this.vu.app.signedIn.page);
  }

  look(path: string): Seen {
    return this.#send({ method: 'GET', path, body: null });
  }

  add(probe: Probe & { add: FormRequest }): Seen {
    const { vu } = this;
    const value = canaryOf({
      prefix: vu.shared.run.canary,
      user: this.#account.label,
      session: vu.name,
      number: vu.nextValue(),
      random: vu.random.next(),
    });
    this.items.push(value);
    return this.#submit(probe.add, { value });
  }

  remove(probe: Probe & { remove: FormRequest }): Seen {
    const [value = ''] = this.items.splice(this.vu.random.below(this.items.length), 1);
    return this.#submit(probe.remove, { value });
  }

  #submit(request: FormRequest, known: Record<string, string> = {}): Seen {
    return this.#send(this.#filling.filled(request, known, this.#jar));
  }

  #send({ method, path, body }: Sent): Seen {
    const params = this.#params;
    params.headers['x-request-id'] = this.vu.requestOf(this.vu.nextId());
    const response = http.request(method, settings.url + path, body, params);
    if (method === 'GET') this.#filling.page = { headers: {}, body: response.body ?? '', cookies: [] };
    // As the card store answers; a page that sends a stranger to the login is none.
    return { outcome: response.status === (method === 'GET' ? 200 : 303) ? 'ok' : 'fail' };
  }
}

let session: Unjudged | undefined;

export default function (): void {
  if (session === undefined) {
    const vu = new VirtualUser(makeRun(settings), settings, exec.vu.idInTest);
    session = new Unjudged(vu, accountOf(vu.app.accounts, vu.number));
  }
  hop(session);
  think(session);
}
