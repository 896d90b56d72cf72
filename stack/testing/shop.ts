/** Performs every operation of the card store (Baton's web shop) that reads or writes Redis. */
import { expect } from 'vitest';
import type { Browser } from '../../app/testing/browser.ts';

export async function shop(browser: Browser): Promise<void> {
  await browser.signIn('user1');
  await browser.post('/basket/items', { item: 'tea' });
  await browser.post('/basket/items', { item: 'milk' });
  await browser.post('/basket/remove', { item: 'milk' });
  expect((await browser.dashboard()).basket).toEqual(['tea']);
  expect((await browser.post('/basket/checkout')).status).toBe(303);
  const [card] = (await browser.dashboard()).cards;
  expect((await browser.post(`/cards/${card?.id}/list`, { price: '7' })).status).toBe(303);
  const cookie = `sid=${await browser.cookie('sid')}`;
  expect((await browser.post('/logout')).status).toBe(303);
  expect((await browser.get('/dashboard', { cookie })).status).toBe(303);
}
