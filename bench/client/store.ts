/**
 * `npm run bench:store`: compares the requests per second of Baton and of the load generator wrk on the card store.
 * Both use equal numbers of sessions, and equal shares of reads, adds and removals. SECONDS (default 5) is the length
 * of the measurement without logins, ROUNDS (default 3) the number of rounds. Needs Linux, nginx, redis-server and
 * wrk.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startLocalStack } from '../../stack/local.ts';
import { type TargetCost, TargetMeter } from './target-cost.ts';

const SECONDS = Number(process.env['SECONDS'] || 5);
const WARM = Number(process.env['WARM'] || 5);
const ROUNDS = Number(process.env['ROUNDS'] || 3);
const SESSIONS = 32;
const PASSWORD = 'correct-horse-battery';

interface Figures {
  rate: number;
  /** Median response time, milliseconds. */
  median: number;
  /** CPU time per request, microseconds. Absent if not measured. */
  cpu?: number;
  /** Begin and end of the measurement, milliseconds since the epoch. */
  from: number;
  to: number;
  /** CPU time of the stack per request, microseconds. */
  target?: number;
}

interface LoggedIn {
  cookie: string;
  csrf: string;
  /** Items in the basket of the session. */
  items: string[];
}

const run = promisify(execFile);
const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

async function onTwoCores(command: readonly string[]): Promise<string> {
  return (await run('taskset', ['-c', '0,1', ...command])).stdout;
}

async function baton(url: string): Promise<Figures> {
  const script = [pathOf('load.ts'), url, `${WARM + SECONDS}`, `${SESSIONS}`, pathOf('../../baton.yaml')];
  const result = JSON.parse(
    await onTwoCores(['env', 'STEADY=1', `WARM=${WARM}`, process.execPath, ...script]),
  );
  if (result.continuity !== 'valid')
    throw new Error(`expected Baton to judge continuity as valid, got ${result.continuity}`);
  process.stderr.write(`${JSON.stringify(result)}\n`);
  return result.steady;
}

async function pageOf(url: string, path: string, cookie: string): Promise<LoggedIn> {
  const response = await fetch(url + path, { headers: { cookie }, redirect: 'manual' });
  const page = await response.text();
  if (response.status !== 200) throw new Error(`${path}: expected status 200, got ${response.status}`);
  return {
    cookie: cookiesOf(response, cookie),
    csrf: /name="_csrf" value="([^"]*)"/.exec(page)?.[1] ?? '',
    items: [...page.matchAll(/data-item="([^"]*)"/g)].map(([, item = '']) => item),
  };
}

async function logIn(url: string, n: number): Promise<LoggedIn> {
  const { cookie, csrf } = await pageOf(url, '/login', '');
  const body = new URLSearchParams({ email: `user${n}@example.test`, password: PASSWORD, _csrf: csrf });
  const response = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { cookie, origin: url },
    body,
    redirect: 'manual',
  });
  return pageOf(url, '/dashboard', cookiesOf(response, cookie));
}

/**
 * Returns the Cookie header for the next request.
 * @param before Cookie header of the request that got this response
 */
function cookiesOf(response: Response, before: string): string {
  const pairs = [...before.split('; '), ...response.headers.getSetCookie().map(line => line.split(';')[0])];
  const cookies = new Map(pairs.filter(pair => pair !== '').map(pair => [pair?.split('=')[0], pair]));
  return [...cookies.values()].join('; ');
}

async function load(url: string, sessions: readonly LoggedIn[], seconds: number): Promise<string> {
  const table = sessions.map(({ cookie, csrf, items }) => {
    const held = items.map(item => `"${item}"`).join(', ');
    return `{ cookie = "${cookie}", csrf = "${csrf}", items = { ${held} } }`;
  });
  const file = join(folder, 'mix.lua');
  const head = `local origin, run = "${url}", "${seconds}-${Date.now()}"\n`;
  writeFileSync(file, `${head}local sessions = { ${table.join(', ')} }\n${MIX}`);
  return onTwoCores(['wrk', '-t1', `-c${SESSIONS}`, `-d${seconds}s`, '--latency', '-s', file, url]);
}

/** Runs wrk with new sessions, for WARM seconds and then for the measurement. */
async function wrk(url: string): Promise<Figures> {
  const users = Array.from({ length: SESSIONS }, (_, n) => 100 + n);
  const fresh = await Promise.all(users.map(n => logIn(url, n)));
  if (WARM > 0) await load(url, fresh, WARM);
  const again = (): Promise<LoggedIn[]> =>
    Promise.all(fresh.map(({ cookie }) => pageOf(url, '/dashboard', cookie)));
  const sessions = await again();
  const from = Date.now();
  const text = await load(url, sessions, SECONDS);
  const to = Date.now();
  process.stderr.write(text);
  const failed = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  if (failed > 0) throw new Error(`wrk: expected responses 2xx and 3xx only, got ${failed} others`);
  const errors = /Socket errors: (.*)/.exec(text)?.[1];
  if (errors !== undefined) throw new Error(`wrk: expected a response to each request, got ${errors}`);
  // wrk counts a redirect to the login as a success, so an empty basket must show that the session was lost.
  const sizes = (await again()).map(({ items }) => items.length);
  process.stderr.write(`items: ${sizes.join(' ')}\n`);
  if (sizes.includes(0)) throw new Error('wrk: expected an item in each session, got none');
  const [, value, unit] = /50%\s+([\d.]+)(us|ms|s)/.exec(text) ?? [];
  const median = Number(value) * ({ us: 0.001, ms: 1, s: 1000 }[unit ?? 'ms'] ?? 1);
  return { rate: Number(/Requests\/sec:\s*([\d.]+)/.exec(text)?.[1]), median, from, to };
}

/**
 * Lua script for wrk that chooses adds and removals as Baton's workload `hop` does: a read follows half of the adds.
 */
const MIX = `
local at, number = 0, 0
local function post(path, session, item)
  local headers = {
    ["Cookie"] = session.cookie, ["Origin"] = origin, ["Accept-Encoding"] = "gzip, deflate, br",
    ["Content-Type"] = "application/x-www-form-urlencoded",
  }
  return wrk.format("POST", path, headers, "item=" .. item .. "&_csrf=" .. session.csrf)
end
request = function()
  at = at % #sessions + 1
  local session = sessions[at]
  local count, draw = #session.items, session.reads and 1 or math.random()
  session.reads = false
  if count > 0 and draw < (count >= 8 and 0.2 or 0.05) then
    return post("/basket/remove", session, table.remove(session.items, math.random(count)))
  elseif count < 16 and draw <= 0.25 then
    number = number + 1
    local item = "b0123456789.user" .. at .. ".s" .. at .. "." .. run .. number .. ".abcdefgh"
    table.insert(session.items, item)
    session.reads = math.random() < 0.5
    return post("/basket/items", session, item)
  end
  local headers = { ["Cookie"] = session.cookie, ["Accept-Encoding"] = "gzip, deflate, br" }
  return wrk.format("GET", "/dashboard", headers)
end
`;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const stack = await startLocalStack({ port: 'any' });
const folder = mkdtempSync(join(tmpdir(), 'baton-bench-store-'));

const meter = new TargetMeter(stack);

async function withTarget(program: (url: string) => Promise<Figures>): Promise<Figures> {
  const all: TargetCost[] = [];
  const timer = setInterval(() => all.push(meter.totals()), 250);
  const figures = await program(stack.url);
  clearInterval(timer);
  const during = all.filter(({ at }) => at >= figures.from && at <= figures.to);
  const [first, last] = [during[0], during.at(-1)];
  if (first === undefined || last === undefined || last.requests === first.requests) return figures;
  return { ...figures, target: (last.cpu - first.cpu) / (last.requests - first.requests) };
}

const microseconds = (times: readonly number[]): string => {
  const time = median(times);
  return Number.isNaN(time) ? 'not measured' : `${time.toFixed(0)} µs`;
};

function row(name: string, all: readonly Figures[]): string {
  const rate = median(all.map(one => one.rate)).toFixed(0);
  const time = median(all.map(one => one.median)).toFixed(1);
  const own = microseconds(all.map(one => one.cpu ?? Number.NaN));
  return `| ${name} | ${rate} | ${time} ms | ${own} | ${microseconds(all.map(one => one.target ?? Number.NaN))} |`;
}

try {
  const own: Figures[] = [];
  const others: Figures[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Baton runs first in one round, and wrk in the next, because the stack is slower in its first seconds.
    const wrkFirst = round % 2 === 1 ? await withTarget(wrk) : undefined;
    own.push(await withTarget(baton));
    others.push(wrkFirst ?? (await withTarget(wrk)));
  }
  const ratio = (of: 'rate' | 'median'): string =>
    median(own.map((one, i) => one[of] / (others[i]?.[of] ?? Number.NaN))).toFixed(2);
  process.stdout.write(
    `${cpus()[0]?.model}, ${ROUNDS} rounds of ${SECONDS} s after ${WARM} s, ${SESSIONS} sessions\n\n`,
  );
  process.stdout.write(
    '| program | requests/s | median response time | CPU a request | CPU of the stack a request |\n' +
      '|---|--:|--:|--:|--:|\n',
  );
  process.stdout.write(
    `${row('Baton', own)}\n${row('wrk -t1', others)}\n| Baton / wrk | ${ratio('rate')} | ${ratio('median')} | | |\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
  meter.close();
  await stack.stop();
}
