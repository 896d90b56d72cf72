/** A plain k6 script that sends the requests of loadtests/dashboard.ts. Its two checks test no sessions. */
import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';

const url = __ENV['BASE_URL'] ?? '';

export const options = { noCookiesReset: true, maxRedirects: 0 };

const user = `user${__VU}@example.test`;
const items: string[] = [];
let page = '';
let values = 0;

const token = (): string => /name="_csrf" value="([^"]*)"/.exec(page)?.[1] ?? '';

function read(path: string) {
  const response = http.get(url + path);
  page = String(response.body);
  return response;
}

function dashboard(): void {
  check(read('/dashboard'), {
    'is 200': ({ status }) => status === 200,
    'is signed in': ({ body }) => String(body).includes(`data-user="${user}"`),
  });
}

function write(path: string, item: string): void {
  check(http.post(url + path, { item, _csrf: token() }), {
    'is 303': ({ status }) => status === 303,
    'leads to the dashboard': ({ headers }) => headers['Location'] === '/dashboard',
  });
}

function login(): void {
  read('/login');
  const password = 'correct-horse-battery';
  const answer = http.post(`${url}/login`, { email: user, password, _csrf: token() });
  check(answer, { 'is accepted': ({ status }) => status === 303 });
  dashboard();
}

export default function (): void {
  if (exec.vu.iterationInInstance === 0) {
    login();
    return;
  }
  const draw = Math.random();
  if (items.length > 0 && draw < (items.length >= 8 ? 0.2 : 0.03)) {
    const [item = ''] = items.splice(Math.floor(Math.random() * items.length), 1);
    write('/basket/remove', item);
  } else if (draw < 0.2 && items.length < 16) {
    const random = Math.random().toString(36).slice(2, 10).padEnd(8, '0');
    const item = `b000000.user${__VU}.s${__VU}.${++values}.${random}`;
    write('/basket/items', item);
    items.push(item);
  } else dashboard();
}
