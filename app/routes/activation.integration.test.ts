import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Mailbox, startMailbox } from '../../stack/mailbox.ts';
import { type BackingServer, startRedis } from '../../stack/servers.ts';
import { until } from '../../stack/wait.ts';
import { userKey } from '../data/keys.ts';
import { MAILS } from '../login-limits.ts';
import { type Answer, Browser } from '../testing/browser.ts';
import { startInProcess, type TestInstance } from '../testing/instance.ts';
import { clients } from '../testing/sessions.ts';

const PASSWORD = 'long enough';
const PUBLIC_URL = 'https://cards.example.test';

let server: BackingServer;
let mailbox: Mailbox;
let one: TestInstance;
let two: TestInstance;
const more: TestInstance[] = [];

async function instance(env: Record<string, string> = {}): Promise<TestInstance> {
  const started = await startInProcess(server.url, {
    env: { SMTP_URL: mailbox.smtpUrl, PUBLIC_URL, ...env },
  });
  more.push(started);
  return started;
}

beforeAll(async () => {
  [server, mailbox] = await Promise.all([startRedis(), startMailbox()]);
  [one, two] = [await instance({ INSTANCE_ID: 'app-1' }), await instance({ INSTANCE_ID: 'app-2' })];
});

afterAll(async () => {
  for (const { close } of more) await close();
  await mailbox?.stop();
  await server?.dispose();
});

const address = (name: string) => `${name}@people.example.test`;

async function register(name: string, at: TestInstance): Promise<Answer> {
  const browser = new Browser(at.url);
  await browser.read('/register');
  return browser.post('/register', { email: address(name), name, password: PASSWORD });
}

function tokens(name: string): string[] {
  const texts = mailbox.mails.filter(({ to }) => to.includes(address(name))).map(({ text }) => text);
  if (texts.length === 0) throw new Error(`expected a mail to ${address(name)}, found none`);
  return texts.map(text => {
    const link = new URL(/\S+\/activation\?\S+/.exec(text)?.[0] ?? '');
    expect(link.origin).toBe(PUBLIC_URL);
    return link.searchParams.get('token') ?? '';
  });
}

async function activate(token: string, at: TestInstance): Promise<Answer> {
  const browser = new Browser(at.url);
  await browser.read(`/activation?token=${token}`);
  return browser.post('/activation', { token });
}

async function login(name: string, at: TestInstance): Promise<Answer> {
  const browser = new Browser(at.url);
  await browser.read('/login');
  return browser.post('/login', { email: address(name), password: PASSWORD });
}

async function resend(email: string, at: TestInstance): Promise<Answer> {
  const browser = new Browser(at.url);
  await browser.read('/activation');
  return browser.post('/activation/mail', { email });
}

describe('an account', () => {
  test('registered on one instance is activated on the other, and then can log in on both', async () => {
    const registered = await register('eve', one);
    expect([registered.status, registered.headers.get('location')]).toEqual([303, '/activation']);
    expect(registered.setCookies.filter(line => line.startsWith('sid='))).toEqual([]);
    const refused = await login('eve', two);
    expect(refused.status).toBe(403);
    expect(refused.text).toContain('This account is not active yet. Open the link in the mail');
    const [token = ''] = tokens('eve');
    expect((await new Browser(two.url).get(`/activation?token=${token}`)).text).toContain(
      '>Activate</button>',
    );
    expect((await login('eve', two)).status).toBe(403);
    const activated = await activate(token, two);
    expect([activated.status, activated.headers.get('location')]).toEqual([303, '/login?active']);
    expect((await new Browser(one.url).get('/login?active')).text).toContain('Your account is active.');
    for (const at of [one, two]) expect((await login('eve', at)).status).toBe(303);
  });

  test('is activated once, when its link is opened on both instances at once', async () => {
    await register('frank', one);
    const [token = ''] = tokens('frank');
    const answers = await Promise.all([one, two, one, two].map(at => activate(token, at)));
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.text).toContain('This link was used before');
    expect((await login('frank', two)).status).toBe(303);
  });

  test('that is not activated in time is removed, and its address is free again', async () => {
    const short = await instance({ ACTIVATION_SECONDS: '1' });
    await register('grace', short);
    const [late = ''] = tokens('grace');
    const [redis] = clients(server.url, 1);
    const removed = async () => (await redis?.exists(userKey(address('grace')))) === 0;
    await until(removed, { withinMs: 30_000, what: 'the removal of the account' });
    redis?.disconnect();
    const refused = await activate(late, two);
    expect([refused.status, refused.text]).toEqual([
      410,
      expect.stringContaining('Open the link in the newest mail, or register again.'),
    ]);
    expect((await login('grace', two)).status).toBe(401);
    expect((await register('grace', one)).status).toBe(303);
    expect((await activate(late, two)).status).toBe(410);
    expect((await activate(tokens('grace').at(-1) ?? '', two)).status).toBe(303);
  });

  test('stays registered while it waits, and once it is active for good', async () => {
    await register('heidi', one);
    expect((await register('heidi', two)).status).toBe(409);
    await activate(tokens('heidi')[0] ?? '', two);
    await resend(address('heidi'), one);
    expect(tokens('heidi')).toHaveLength(1);
    const [redis] = clients(server.url, 1);
    expect(await redis?.ttl(userKey(address('heidi')))).toBe(-1);
    redis?.disconnect();
  });
});

describe('the mail', () => {
  test('is sent again on request, and both links work until one is used', async () => {
    await register('ivan', one);
    expect((await resend(address('ivan'), two)).status).toBe(303);
    const [first = '', second = ''] = tokens('ivan');
    expect((await activate(second, one)).status).toBe(303);
    expect((await activate(first, two)).status).toBe(409);
  });

  test('is not sent to strangers, and the response does not reveal whether there is an account', async () => {
    const answer = await resend(address('stranger'), one);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/activation']);
    expect(() => tokens('stranger')).toThrow('found none');
    expect((await resend('no address', one)).status).toBe(422);
  });

  test('is limited for each account, on all instances together', async () => {
    const limited = [await instance({ LOGIN_LIMITS: 'on' }), await instance({ LOGIN_LIMITS: 'on' })] as const;
    const statuses: number[] = [];
    for (let i = 0; i <= MAILS; i++)
      statuses.push((await resend(address('judy'), limited[i % 2] as TestInstance)).status);
    expect(statuses).toEqual([...Array.from({ length: MAILS }, () => 303), 429]);
  });

  test('that the mail server refuses: 503 says what to do, and the account waits', async () => {
    const gone = await startMailbox();
    await gone.stop();
    const cut = await instance({ SMTP_URL: gone.smtpUrl });
    const answer = await register('mallory', cut);
    expect([answer.status, answer.text]).toEqual([503, expect.stringContaining('could not be sent')]);
    expect((await login('mallory', one)).status).toBe(403);
    expect((await resend(address('mallory'), one)).status).toBe(303);
    expect((await activate(tokens('mallory')[0] ?? '', two)).status).toBe(303);
  });
});

test.each([
  ['an incomplete link', 'abc', 400],
  ['no link', '', 400],
])('%s is refused', async (_what, token, status) => {
  const browser = new Browser(one.url);
  await browser.read('/activation');
  expect((await browser.post('/activation', { token })).status).toBe(status);
});

test('without a mail server there is no such page', async () => {
  const plain = await startInProcess(server.url);
  more.push(plain);
  expect((await new Browser(plain.url).get('/activation')).status).toBe(404);
});
