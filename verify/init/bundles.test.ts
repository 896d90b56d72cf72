import { expect, it } from 'vitest';
import { parsePage } from '../client/page.ts';
import { hintsIn, hintsOfScripts } from './bundles.ts';
import type { PageVisit, Visitor } from './visitor.ts';

/** A minified script with a prefix of paths, a login, a logout and a write. */
const BUNDLE =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a bundle has a template
  'const f=async(a,b={})=>{const c=await fetch(`/api${a}`,b)};' +
  'f("/auth/sign-in",{method:"POST",body:JSON.stringify({email:n,password:u,remember:!1})});' +
  'f("/viewer");f("/todos",{method:"POST",body:JSON.stringify({title:t})});f("/auth/sign-out",{method:"POST"});' +
  'f("/todos/delete",x);import("/assets/logo.svg")';

it('reads login, logout, pages and writes from a bundle', () => {
  const { logins, logouts, pages, writes } = hintsIn(BUNDLE);
  expect(logins[0]).toEqual({
    method: 'POST',
    path: '/api/auth/sign-in',
    json: { email: '{user}', password: '{password}' },
  });
  expect(logouts[0]).toEqual({ method: 'POST', path: '/api/auth/sign-out', json: {} });
  expect(pages).toContain('/api/viewer');
  expect(pages.some(path => /svg|sign-out/.test(path))).toBe(false);
  expect(writes).toContainEqual({ method: 'POST', path: '/api/todos', json: { title: '{value}' } });
  expect(writes.some(({ path }) => path.includes('delete'))).toBe(false);
});

it('reads a script in the page, whose own function sends the requests below a prefix', async () => {
  const body =
    "<div id=app></div><script>const api = (path, method, body) => fetch('/v1' + path, { method, body });\n" +
    "const signIn = (email, password) => api('/session', 'POST', { email, password });\n" +
    "const add = text => api('/bookmarks', 'POST', { title: text });\n</script>";
  const { logins, logouts, writes } = await hintsOfScripts({} as Visitor, { body, path: '/' } as PageVisit);
  const json = { email: '{user}', password: '{password}' };
  expect(logins[0]).toEqual({ method: 'POST', path: '/v1/session', json });
  expect(logouts).toContainEqual({ method: 'DELETE', path: '/v1/session' });
  expect(writes).toContainEqual({ method: 'POST', path: '/v1/bookmarks', json: { title: '{value}' } });
});

it('reads the paths of a client library, which stand apart from their base, and a password of another name', () => {
  const { logins, pages, logouts, writes } = hintsIn(
    'const b="/api/auth",l=["/sign-in/email","/get-session","/revoke-sessions","/delete-user"];go("/sign-out",{});get("/api/notes");' +
      'x.post("/api/notes",{text:a.value});x.get("/api/me");x.get("/api/me/todos");' +
      'const signIn=(email,secret)=>send({email,secret})',
  );
  const json = { email: '{user}', secret: '{password}' };
  expect(logins).toContainEqual({ method: 'POST', path: '/api/auth/sign-in/email', json });
  expect(pages).toEqual(expect.arrayContaining(['/api/notes', '/api/auth/get-session']));
  expect(pages.filter(path => /auth\/api|revoke|delete/.test(path))).toEqual([]);
  expect(writes.map(({ path }) => path)).toEqual(['/api/notes', '/api/me/todos']);
  expect(logouts).toContainEqual({ method: 'POST', path: '/api/auth/sign-out', json: {} });
});

it('resolves dots in a path as a browser does: "/." is no folder', () => {
  const { logouts } = hintsIn('r="/."+e;f("/api/_auth/session",{method:"DELETE"});f("/a/../api/logout")');
  expect(logouts).toEqual([
    { method: 'POST', path: '/api/logout', json: {} },
    { method: 'DELETE', path: '/api/_auth/session' },
  ]);
});

it('finds nothing in a script without paths', () => {
  expect(hintsIn('console.log("hi")')).toMatchObject({ logins: [], pages: [], logouts: [], writes: [] });
});

it('takes a login before the name of a provider for no prefix of other paths', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a bundle has a template
  const text = 'const u=n=>n?`/auth/login/${n}`:"/auth/login";get("/users/me");open("//"+host)';
  const { logins, pages } = hintsIn(text);
  expect(logins[0]?.path).toBe('/auth/login');
  expect(pages.filter(path => path.includes('//') || path.startsWith('/auth/login/'))).toEqual([]);
});

it('tries a whole path second, because many other texts look like a prefix of it', () => {
  const prefixes = ['/a', '/b', '/c', '/d', '/e', '/f', '/g'].map(path => `get("${path}/"+x);`);
  const text = `${prefixes.join('')}post("/enter/login");get("/viewer");post("/enter/logout")`;
  const { logins, pages, logouts } = hintsIn(text);
  expect(logins[2]?.path).toBe('/enter/login');
  expect(pages.slice(0, 4)).toContain('/viewer');
  expect(logouts[1]?.path).toBe('/enter/logout');
});

it('loads scripts relative to the base of the page', async () => {
  const html = '<base href="/admin/"><script type="module" src="./assets/index.js"></script>';
  const opened: string[] = [];
  const stranger = {
    pathOf: (href: string, from: string) => new URL(href, `http://a${from}`).pathname,
    get: async (path: string) => {
      opened.push(path);
      return { status: 200, body: 'post("/auth/login",{email:e,password:p})' };
    },
  } as unknown as Visitor;
  const page = { path: '/admin', body: html, ...parsePage(html) } as PageVisit;
  expect((await hintsOfScripts(stranger, page)).logins[0]?.path).toBe('/auth/login');
  expect(opened).toEqual(['/admin/assets/index.js']);
});

it('resolves a prefix that the scripts keep in a variable, and puts first a write beside its path', () => {
  const others = Array.from({ length: 8 }, (_, n) => `get("/thing${n}");`).join('');
  const { logins, pages, logouts, writes } = hintsIn(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a bundle has templates
    'const B="/api/v1",C={root:"https://shop.test/v2/"};post(`${B}/auth/sign-in`,{email:e,password:p});get(B+"/users/me");' +
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a bundle has templates
      'get(`${C.root}/basket`);post(`${B}/auth/sign-out`);get(`${unknown}/plain`);' +
      `${others}fetch(\`\${B}/notes\`,{method:"POST",headers:h,body:JSON.stringify({title:t})})`,
  );
  expect(logins[0]).toEqual({
    method: 'POST',
    path: '/api/v1/auth/sign-in',
    json: { email: '{user}', password: '{password}' },
  });
  expect(pages).toEqual(expect.arrayContaining(['/api/v1/users/me', '/v2/basket', '/plain']));
  expect(logouts[0]?.path).toBe('/api/v1/auth/sign-out');
  expect(writes[0]).toEqual({ method: 'POST', path: '/api/v1/notes', json: { title: '{value}' } });
});

it('reads the text of a write from a function that gets path and object', () => {
  const { writes } = hintsIn('get("/api/me",{params:p});send("/api/todos",{text})');
  expect(writes).toContainEqual({ method: 'POST', path: '/api/todos', json: { text: '{value}' } });
  expect(JSON.stringify(writes)).not.toContain('params');
});
