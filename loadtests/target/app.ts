/** The app under load as a script knows it: what `baton k6 TARGET` prints, or the bundled card store. Pure. */

import type { Accounts } from '../../verify/core/accounts.ts';
import { COMMAND } from '../../verify/core/command.ts';
import type { Finding } from '../../verify/core/finding.ts';
import type { Declared } from '../../verify/core/history.ts';
import type { Pages } from '../../verify/core/interpret.ts';
import { CARD_STORE } from './card-store.ts';
import { type Environment, whole } from './environment.ts';

/** One request that a form makes; {user}, {password}, {csrf} and {value} are filled in. */
export interface FormRequest {
  method?: string;
  path: string;
  form: Readonly<Record<string, string>>;
  /** The body as JSON, in place of the form. */
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** What an answer holds that later requests send: by its name, which stands for it in {braces}. */
export type Captures = Readonly<Record<string, Finding>>;

/** A request by which somebody gets in, what is sent before it, and what its answer holds. */
export interface Entrance extends FormRequest {
  page: string;
  steps?: readonly (FormRequest & { capture?: Captures })[];
  capture?: Captures;
  /** HTTP Basic: {basic} in a header stands for the user and the password. */
  basic?: boolean;
}

/** State of a session or a user, and how it is read and written. */
export interface Probe {
  object: string;
  scope: 'session' | 'user';
  read: { path: string; items: string };
  add?: FormRequest | undefined;
  remove?: FormRequest | undefined;
}

/** What a shop can do beside: the journey goes as far as these lead. */
interface Shop {
  /** As the login, for a user who is not there yet; its form has {name} too. */
  register: Entrance;
  /** A page for everybody. */
  browse: string;
  /** Empties the probe's object. */
  checkout: FormRequest;
  /** Finds the number of each thing that the user owns, in the signed-in page. */
  owned: string;
  /** {value} is the number of a thing. */
  sell: FormRequest;
}

export interface App extends Pages {
  name: string;
  url: string;
  accounts: Accounts;
  /** Sent with every request, once all that stands in {braces} has been captured. */
  headers?: Readonly<Record<string, string>>;
  login: Pages['login'] & Entrance;
  /** The page that names its user. */
  signedIn: Pages['signedIn'] & { page: string };
  probes: readonly Probe[];
  /** More pages that only a signed-in user sees; they need not name the user. */
  pages?: readonly string[];
  logout?: FormRequest | undefined;
  /** Names of the cookies that carry the session; empty: those that the login sets. */
  cookies: readonly string[];
  /** Guarantees that the target claims, of those that k6 can judge. */
  claims: readonly string[];
  /** The target's budgets, as `baton verify` judges them. */
  budgets?: Declared['budgets'];
  shop?: Shop;
}

/**
 * @returns the target that TARGET describes, with the accounts that the environment gives; the card store without TARGET
 * @throws Error saying what was expected and what came
 */
export function appOf(environment: Environment): App {
  const { TARGET: text } = environment;
  if (!text) return { ...CARD_STORE, accounts: accountsOf(environment, CARD_STORE.accounts) };
  const app = parsed(text);
  const accounts = app.accounts.map(account => ({
    ...account,
    password: secret(account.password, environment),
  }));
  const headers = Object.entries(app.headers ?? {}).map(([name, text]) => [name, secret(text, environment)]);
  return { ...app, accounts: accountsOf(environment, accounts), headers: Object.fromEntries(headers) };
}

/** ACCOUNT, ACCOUNTS and PASSWORD replace the accounts of the target. */
function accountsOf(environment: Environment, own: Accounts): Accounts {
  const { ACCOUNT, PASSWORD } = environment;
  const count = whole(environment, 'ACCOUNTS', 1);
  if (!ACCOUNT && count === undefined)
    return PASSWORD ? own.map(account => ({ ...account, password: PASSWORD })) : own;
  const user = ACCOUNT || (own[0]?.user ?? '');
  const password = PASSWORD || (own[0]?.password ?? '');
  if (!user.includes('{n}')) return [{ user, password }];
  return [{ user, password, count: count ?? own[0]?.count ?? 500 }];
}

function parsed(text: string): App {
  const hint = `TARGET: expected what "${COMMAND} k6 my-app.yaml" prints, as in TARGET="$(${COMMAND} k6 my-app.yaml)"`;
  try {
    const app = JSON.parse(text) as Partial<App> & { format?: string };
    if (app.format === 'baton-k6') return app as App;
  } catch {
    // Told below, with what came.
  }
  throw new Error(`${hint}, got ${JSON.stringify(text.slice(0, 40))}`);
}

function secret(text: string, environment: Environment): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = environment[name];
    if (value !== undefined) return value;
    throw new Error(
      `TARGET: there is ${JSON.stringify(`\${${name}}`)} in it, and the environment has no ${name}: set it`,
    );
  });
}
