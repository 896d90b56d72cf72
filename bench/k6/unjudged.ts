/** The script loadtests/dashboard.ts without Baton's judge. Reads only the status and the form token of a response. */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { paramsOf, type Response } from '../../loadtests/lib/client.ts';
import { makeRun } from '../../loadtests/lib/run.ts';
import { settingsOf } from '../../loadtests/lib/settings.ts';
import { VirtualUser } from '../../loadtests/lib/virtual-user.ts';
import { loadOf } from '../../loadtests/shared/load.ts';
import type { FormRequest } from '../../loadtests/target/app.ts';
import { Filling, type Sent } from '../../loadtests/target/filling.ts';
import { canaryOf } from '../../verify/core/history/canary.ts';
import { accountOf, type PoolAccount } from '../../verify/core/response/accounts.ts';

export const options = { noCookiesReset: true };

const settings = settingsOf(__ENV, 'dashboard');
const { think } = loadOf(__ENV);
const ITEMS = 8;

class Unjudged {
  readonly #vu = new VirtualUser(makeRun(settings, __ENV), settings, exec.vu.idInTest);
  readonly #account: PoolAccount = accountOf(settings.app.accounts, exec.vu.idInTest);
  readonly #filling = new Filling(this.#vu, this.#account);
  readonly #jar = new http.CookieJar();
  readonly #params = paramsOf(this.#jar);
  #items: string[] = [];
  alive = false;

  random(): number {
    return this.#vu.random.next();
  }

  login(): void {
    const { login } = this.#vu.app;
    this.get(login.page);
    this.alive = this.#submit(login).status === 303 && this.get(this.#vu.home).status === 200;
    if (!this.alive) exec.test.abort(`expected a login of ${this.#account.user}, but the app refused it`);
  }

  get(path: string): Response {
    return this.#send({ method: 'GET', path, body: null });
  }

  nextPage(): string {
    return this.#vu.home;
  }

  write(): boolean {
    const { random, app } = this.#vu;
    const [probe] = app.probes;
    const full = this.#items.length >= ITEMS;
    if (this.#items.length > 0 && random.next() < (full ? 1 : 0.15) && probe?.remove !== undefined) {
      const [value = ''] = this.#items.splice(random.below(this.#items.length), 1);
      this.#submit(probe.remove, { value });
      return true;
    }
    if (probe?.add === undefined || this.#items.length >= 2 * ITEMS) return false;
    const value = this.#canary();
    this.#items.push(value);
    this.#submit(probe.add, { value });
    return true;
  }

  #canary(): string {
    const { shared, name, random } = this.#vu;
    return canaryOf({
      prefix: shared.run.canary,
      user: this.#account.label,
      session: name,
      number: this.#vu.nextValue(),
      random: random.next(),
    });
  }

  #submit(request: FormRequest, known: Record<string, string> = {}): Response {
    return this.#send(this.#filling.filled(request, known, this.#jar));
  }

  #send({ method, path, body }: Sent): Response {
    const params = this.#params;
    params.headers['x-request-id'] = `${this.#vu.shared.run.run}-${this.#vu.nextId()}`;
    const response = http.request(method, settings.url + path, body, params);
    if (method === 'GET') this.#filling.page = { headers: {}, body: response.body ?? '', cookies: [] };
    return response;
  }
}

let session: Unjudged | undefined;

export default function (): void {
  session ??= new Unjudged();
  const s = session;
  if (!s.alive) {
    s.login();
    return;
  }
  const wrote = s.random() < 0.2 && s.write();
  if (!wrote) check(s.get(s.nextPage()), { 'status is 200': ({ status }) => status === 200 });
  sleep(think[0] + (think[1] - think[0]) * s.random());
}
