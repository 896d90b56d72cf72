import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UnavailableError, UsageError } from '../../verify/errors.ts';
import { browse } from '../../verify/init/browser.ts';
import { executablePath } from '../browser.ts';

const ACCOUNT = { user: 'alice', password: 'open sesame 42' };

describe.skipIf(executablePath === undefined)('the browser of init', () => {
  let server: Server;
  let url: string;

  beforeEach(async () => {
    vi.stubEnv('CHROMIUM', executablePath);
    // The password field is disabled, so the browser cannot type into it.
    server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<form method="post"><input name="user"><input type="password" disabled></form>');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    server.close();
    server.closeAllConnections();
  });

  const failed = (): Promise<Error> =>
    browse({ url, account: ACCOUNT, probe: false, timeout: 2_000 }).then(
      () => new Error('no error'),
      error => error,
    );

  test('says which step failed, and never shows the password that it typed', async () => {
    const error = await failed();
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toMatch(/^init: the browser could not log in.*\(locator\.fill: Timeout .*--har$/);
    expect(`${error.stack}`).not.toContain(ACCOUNT.password);
  });

  test('says that the app does not respond', async () => {
    server.close();
    server.closeAllConnections();
    const error = await failed();
    expect(error).toBeInstanceOf(UnavailableError);
    expect(error.message).toMatch(/^init: expected a page at http.*ERR_CONNECTION_REFUSED.*Start the app/);
  });
});
