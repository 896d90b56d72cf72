import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Mailer, sendMail } from './mail.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MAIL = { to: 'eve@example.test', subject: 'Hello', text: 'Hello' };
const mailer = (send: () => Promise<void>) => ({ sendMail: send }) as unknown as Mailer;

test('a mail server that goes on without accepting the mail is given up after 10 s', async () => {
  const sent = sendMail(
    mailer(() => new Promise(() => {})),
    MAIL,
  ).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(await sent).toMatchObject({
    status: 503,
    cause: { message: 'the mail server did not accept a mail within 10000 ms' },
  });
});

test('an accepted or refused mail leaves no timer', async () => {
  await sendMail(
    mailer(() => Promise.resolve()),
    MAIL,
  );
  const refused = sendMail(
    mailer(() => Promise.reject(new Error('550 no such user'))),
    MAIL,
  );
  await expect(refused).rejects.toMatchObject({ status: 503, cause: { message: '550 no such user' } });
  expect(vi.getTimerCount()).toBe(0);
});
