import { expect, it } from 'vitest';
import { Picture } from './core/testing/picture.ts';
import { metricsOf, serveMetrics } from './metrics.ts';
import { RunStatus } from './run-status.ts';
import { feed } from './testing/feed.ts';

/** Returns the status of a run in which app-2 has lost a session during a fault. */
function lost(): RunStatus {
  const picture = new Picture({ claims: ['continuity'] });
  const session = picture.session('s1', 'alice').login('app-1');
  picture.add({ type: 'session', session: 's1', user: 'alice', event: 'born', clock: 'c0', at: picture.now });
  session.hops(3);
  picture.disturb(1, 'restart', { where: 'app-2' });
  session.signedOut('app-2', { note: '303 to /login', path: '/dashboard' });
  return feed(picture, new RunStatus(() => {}));
}

it('counts the anomalies that the judge has found so far, under the names of the k6 metrics', () => {
  const text = metricsOf(lost());
  for (const line of [
    'baton_sessions_lost_total{testid="test"} 1',
    'baton_handoffs_total{testid="test"} 3',
    'baton_requests_total{testid="test",instance="app-2"} 3',
    'baton_live_sessions{testid="test"} 1',
    'baton_fault{testid="test",fault="restart of app-2"} 1',
  ])
    expect(text).toContain(`${line}\n`);
  expect(text).toMatch(/^baton_response_seconds\{testid="test",quantile="0.99"\} 0\.\d+$/m);
  expect(text).toMatch(/\n# EOF\n$/);
});

it('serves them on this machine, until it is closed', async () => {
  const metrics = await serveMetrics(lost(), '0');
  try {
    expect(metrics.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const response = await fetch(`${metrics.url}/metrics`);
    expect(response.headers.get('content-type')).toContain('openmetrics-text');
    expect(await response.text()).toContain('baton_requests_total');
    expect((await fetch(metrics.url)).status).toBe(404);
    const taken = serveMetrics(lost(), new URL(metrics.url).port);
    await expect(taken).rejects.toThrow(
      /--metrics: expected to listen at 127\.0\.0\.1:\d+, got .*EADDRINUSE/,
    );
  } finally {
    await metrics.close();
  }
  await expect(fetch(metrics.url)).rejects.toThrow();
  await expect(serveMetrics(lost(), 'soon')).rejects.toThrow('expected PORT or HOST:PORT');
});
