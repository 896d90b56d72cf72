/** Finds the whole login, from its first page to the first session. */
import { type Entered, enter, type LoginProcedure, signIn, takeToken } from './enter.ts';
import type { Looking } from './inquiry.ts';
import { firstLogin, wholeLogin } from './learn.ts';
import { type Beginning, findLogin, type Login, NoLogin } from './login.ts';
import { pointersOf } from './mark.ts';
import { besideToken } from './tokens.ts';

/** Finds the page and the first form of the login. */
export async function begin({
  options,
  manners,
  recipe,
}: Looking): Promise<{ beginning: Beginning | undefined; begun: Login }> {
  const { loginPage, loginPath, loginJson, whereLogin } = options;
  const stranger = manners.fresh();
  if (loginPath !== undefined) {
    const page = await stranger.open(loginPage ?? '/');
    const token = besideToken(stranger, page);
    const begun: Login = { page: page.path, path: loginPath, method: 'POST', json: loginJson, ...token };
    return { beginning: undefined, begun };
  }
  let beginning: Beginning;
  try {
    beginning = await findLogin(stranger, loginPage, recipe?.page);
  } catch (error) {
    const where = error instanceof NoLogin ? await whereLogin?.() : undefined;
    if (where === undefined) throw error;
    beginning = await findLogin(stranger, where);
  }
  return { beginning, begun: await firstLogin(stranger, beginning, recipe?.csrf) };
}

/** Logs in for the first time, over all forms of the login. Returns the whole login and the session. */
export async function entranceOf(
  { manners, codes, first, say }: Looking,
  beginning: Beginning | undefined,
  begun: Login,
): Promise<{ entrance: LoginProcedure; entered: Entered }> {
  const entrance = { manners, login: begun, codes };
  if (beginning === undefined) {
    const entered = await signIn(entrance, first);
    entrance.login = { ...begun, ...tokenOfAnswer(entered) };
    takeToken(entered.visitor, entrance.login, entered.answer);
    say('login', loginText(entrance.login));
    return { entrance, entered };
  }
  if ('basic' in beginning) {
    say('login', loginText(begun));
    return { entrance, entered: await signIn(entrance, first) };
  }
  const way = { beginning, account: first, codes };
  const { login, entered } = await wholeLogin(manners, begun, way);
  say('login', loginText(login));
  return { entrance: { ...entrance, login }, entered };
}

/** Returns the minimum time between two logins of a user, if the app accepts each one-time code only once. */
export async function everyOf(
  { codes, first, say }: Looking,
  entrance: LoginProcedure,
): Promise<string | undefined> {
  if (!JSON.stringify(entrance.login).includes('{code}')) return undefined;
  codes.again = (await enter(entrance, first, { lastCode: true })).accepted;
  if (codes.again) return undefined;
  const seconds = (await codes.period(first.user)) / 1000;
  say('codes', `each is accepted once: logins of a user must be ${seconds} s apart`);
  return `${seconds}s`;
}

function loginText({ page, path, method, form = {}, csrf, steps = [], basic, json, capture }: Login): string {
  if (basic) return `HTTP Basic, required on ${page}`;
  if (json !== undefined)
    return `JSON, POST ${path}${capture === undefined ? '' : `, answered by a token (${capture.token.json})`}`;
  const token = csrf === undefined ? '' : `, token in ${Object.entries(csrf)[0]?.join(' ')}`;
  const after = steps.filter(step => step.method === 'POST').map(step => `POST ${step.path}, then `);
  return `form on ${page}, ${after.join('')}${method} ${path} (${Object.keys(form).join(', ')})${token}`;
}

/** Returns where the response to a login contains a token, if the app has set no cookie. */
function tokenOfAnswer({ visitor, answer }: Entered): Pick<Login, 'capture'> {
  if (visitor.client.cookies(answer.path).length > 0) return {};
  const found = pointersOf(answer.json).find(
    ({ pointer, value }) => /(token|jwt)$/i.test(pointer) && value.length >= LEAST_TOKEN,
  );
  return found === undefined ? {} : { capture: { token: { json: found.pointer } } };
}

/** Minimum length of a token, in characters. */
const LEAST_TOKEN = 16;
