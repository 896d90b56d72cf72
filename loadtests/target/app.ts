/** Parses the app under load: the output of `baton k6 TARGET`, or the bundled card store. Pure. */

import type { Accounts } from '../../verify/core/accounts.ts';
import { COMMAND } from '../../verify/core/command.ts';
import type { Finding } from '../../verify/core/finding.ts';
import type { Declared } from '../../verify/core/history.ts';
import type { Pages } from '../../verify/core/interpret.ts';
import { CARD_STORE } from './card-store.ts';
import { type Environment, whole } from './environment.ts';

/** A request of a form. {user}, {password}, {csrf} and {value} are placeholders. */
export interface FormRequest {
  method?: string;
  path: string;
  form: Readonly<Record<string, string>>;
  /** The body as JSON, instead of the form. */
  json?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/** Values in a response that later requests send. The name in {braces} is the placeholder. */
export type Captures = Readonly<Record<string, Finding>>;

/** A request that logs in or registers, with the requests before it and the values to capture from its response. */
export interface Entrance extends FormRequest {
  page: string;
  steps?: readonly (FormRequest & { capture?: Captures })[];
  capture?: Captures;
  /** HTTP Basic: {basic} in a header is the placeholder of user and password. */
  basic?: boolean;
}

/** The state of a session or user, and the requests that read and write it. */
export interface Probe {
  object: string;
  scope: 'session' | 'user';
  read: { path: string; items: string };
  add?: FormRequest | undefined;
  remove?: FormRequest | undefined;
}

/** Additional requests of a shop, for the script journey. */
interface Shop {
  /** Registers a new user, in the format of the login. Its form also has {name}. */
  register: Entrance;
  /** A page for all visitors. */
  browse: string;
  /** Empties the probe's object. */
  checkout: FormRequest;
  /** Finds the number of each item that the user owns, in the signed-in page. */
  owned: string;
  /** {value} is the number of an item. */
  sell: FormRequest;
}

export interface App extends Pages {
  name: string;
  url: string;
  accounts: Accounts;
  /** Sent with every request, once the values of all placeholders have been captured. */
  headers?: Readonly<Record<string, string>>;
  login: Pages['login'] & Entrance;
  /** The page that names the signed-in user. */
  signedIn: Pages['signedIn'] & { page: string };
  probes: readonly Probe[];
  /** More pages for signed-in users only. They need not name the user. */
  pages?: readonly string[];
  logout?: FormRequest | undefined;
  /** Names of the cookies that carry the session; empty: those that the login sets. */
  cookies: readonly string[];
  /** The claimed guarantees that k6 can judge. */
  claims: readonly string[];
  /** The target's budgets, as `baton verify` judges them. */
  budgets?: Declared['budgets'];
  shop?: Shop;
}

/**
 * Returns the target in TARGET, by default the card store, with the accounts of the environment.
 *
 * @throws Error that names the expected and the actual value
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

/** Returns the accounts of the target, replaced by ACCOUNT, ACCOUNTS and PASSWORD if they are set. */
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
    // The error below reports it, with the actual value.
  }
  throw new Error(`${hint}, got ${JSON.stringify(text.slice(0, 40))}`);
}

function secret(text: string, environment: Environment): string {
  return text.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    const value = environment[name];
    if (value !== undefined) return value;
    throw new Error(
      `TARGET: contains ${JSON.stringify(`\${${name}}`)}, but the environment has no ${name}: set it`,
    );
  });
}
