import { describe, expect, it } from 'vitest';
import { Jar } from './jar.ts';

const url = (text: string): URL => new URL(text);
const APP = url('https://app.example.test/');

function sent(from: string, method: string, app = APP): { sent: string[]; withheld: readonly string[] } {
  const jar = new Jar(app);
  for (const one of [
    'strict=1; SameSite=Strict',
    'lax=1; SameSite=Lax',
    'none=1; SameSite=None; Secure',
    'unset=1',
  ])
    jar.keep(one, app, undefined);
  const { list, withheld = [] } = jar.across(app, url(from), method);
  return { sent: list.map(({ name }) => name), withheld };
}

describe('a request from a page of another site', () => {
  it('by GET withholds SameSite=Strict', () => {
    expect(sent('https://login.example.com/', 'GET')).toEqual({
      sent: ['lax', 'none', 'unset'],
      withheld: ['strict'],
    });
  });

  it('by POST, as with form_post, withholds SameSite=Lax too', () => {
    expect(sent('https://login.example.com/', 'POST')).toEqual({
      sent: ['none', 'unset'],
      withheld: ['strict', 'lax'],
    });
  });

  it.each([
    ['another host of the same domain', 'https://login.example.test/', APP],
    ['another port', 'http://127.0.0.1:9000/', url('http://127.0.0.1:8080/')],
  ])('from %s withholds nothing', (_, from, app) => expect(sent(from, 'POST', app).withheld).toEqual([]));

  it.each([
    ['another scheme', 'http://app.example.test/', APP],
    ['localhost and 127.0.0.1', 'http://localhost:8080/', url('http://127.0.0.1:8080/')],
    ['two customers of one public suffix', 'https://a.github.io/', url('https://b.github.io/')],
  ])('%s are two sites', (_, from, app) => expect(sent(from, 'GET', app).withheld).toEqual(['strict']));
});

describe('a browser', () => {
  it('shares cookies between the ports of a host; a copy gets no cookies of another host', () => {
    const [app, provider] = [url('http://127.0.0.1:8080/'), url('http://127.0.0.1:9000/')];
    const jar = new Jar(app);
    jar.keep('sid=1', app, undefined);
    jar.keep('provider=1', provider, undefined);
    const names = (one: Jar) => one.for(app).list.map(({ name }) => name);
    expect(names(jar)).toEqual(['sid', 'provider']);
    expect(names(jar.copy())).toEqual(['sid']);
    jar.forgetOthers();
    expect(names(jar)).toEqual(['sid']);
  });

  it.each(['https://app.example.test/', 'http://127.0.0.1:8080/'])(
    'accepts cookies of another browser, also with a prefix: %s',
    address => {
      const jar = new Jar(url(address));
      for (const name of ['sid', '__Secure-sid', '__Host-sid']) jar.put(name, 'a');
      expect(jar.copy().for(url(address)).header).toBe('sid=a; __Secure-sid=a; __Host-sid=a');
    },
  );

  it('refuses __Host- with a Domain or over http, and keeps partitioned cookies', () => {
    const jar = new Jar(APP);
    jar.keep('__Host-a=1; Secure; Path=/; Domain=example.test', APP, undefined);
    jar.keep('__Host-b=1; Path=/', APP, undefined);
    jar.keep('__Host-c=1; Secure; Path=/; Partitioned', APP, undefined);
    expect(jar.for(APP).list.map(({ name }) => name)).toEqual(['__Host-c']);
  });
});
