/** The way in: where the login begins, what else it asks for, and the first session that it makes. */
import { type Entered, type Entrance, enter, signIn, takeToken } from './enter.ts';
import type { Looking } from './inquiry.ts';
import { firstLogin, wholeLogin } from './learn.ts';
import { type Beginning, findLogin, type Login, NoLogin } from './login.ts';
import { pointersOf } from './mark.ts';
import { besideToken } from './tokens.ts';

/** Where the login begins. */
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

/** The whole login, and the first session: where the first form is not all of it, it is gone to its end. */
export async function entranceOf(
  { manners, codes, first, say }: Looking,
  beginning: Beginning | undefined,
  begun: Login,
): Promise<{ entrance: Entrance; entered: Entered }> {
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

/** @returns how far apart logins must be, where each one-time code counts once */
export async function everyOf(
  { codes, first, say }: Looking,
  entrance: Entrance,
): Promise<string | undefined> {
  if (!JSON.stringify(entrance.login).includes('{code}')) return undefined;
  codes.again = (await enter(entrance, first, { lastCode: true })).accepted;
  if (codes.again) return undefined;
  const seconds = (await codes.period(first.user)) / 1000;
  say('codes', `each counts once: logins of a user are ${seconds} s apart`);
  return `${seconds}s`;
}

function loginText({ page, path, method, form = {}, csrf, steps = [], basic, json, capture }: Login): string {
  if (basic) return `HTTP Basic, asked for on ${page}`;
  if (json !== undefined)
    return `JSON, POST ${path}${capture === undefined ? '' : `, answered by a token (${capture.token.json})`}`;
  const token = csrf === undefined ? '' : `, token in ${Object.entries(csrf)[0]?.join(' ')}`;
  const after = steps.filter(step => step.method === 'POST').map(step => `POST ${step.path}, then `);
  return `form on ${page}, ${after.join('')}${method} ${path} (${Object.keys(form).join(', ')})${token}`;
}

/** @returns where an answer that sets no cookie holds a token instead */
function tokenOfAnswer({ visitor, answer }: Entered): Pick<Login, 'capture'> {
  if (visitor.client.cookies(answer.path).length > 0) return {};
  const found = pointersOf(answer.json).find(
    ({ pointer, value }) => /(token|jwt)$/i.test(pointer) && value.length >= LEAST_TOKEN,
  );
  return found === undefined ? {} : { capture: { token: { json: found.pointer } } };
}

/** Shorter texts are no secrets. */
const LEAST_TOKEN = 16;
