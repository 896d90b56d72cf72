import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Picture } from './core/testing/picture.ts';
import { type Out, Progress } from './progress.ts';
import { RunStatus } from './run-status.ts';
import { fitted } from './screen.ts';
import { feed } from './testing/feed.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

function shown(out: Partial<Out>, status = new RunStatus()): { lines: string[]; progress: Progress } {
  const lines: string[] = [];
  const progress = new Progress({ ...out, write: text => lines.push(text) }, false);
  progress.follow(status);
  progress.phase('load', { sessions: 4, duration: 10_000 });
  return { lines, progress };
}

it('says why a run continues past its duration', () => {
  const { lines, progress } = shown({});
  progress.active(['the last reads of the sessions', 'burst']);
  vi.advanceTimersByTime(9_000);
  expect(lines.at(-1)).toMatch(/^ {2}9 of 10 s {2}0 requests/);
  progress.active(['burst', 'faults']);
  vi.advanceTimersByTime(45_000);
  expect(lines.at(-1)).toMatch(
    /^ {2}54 s, the load of 10 s is over, waiting for: burst, faults {2}0 requests/,
  );
  progress.end();
});

it('says that it shows one worker of several', () => {
  const { lines, progress } = shown({}, new RunStatus(undefined, 4));
  vi.advanceTimersByTime(3_000);
  expect(lines.at(-1)).toMatch(/^ {2}3 of 10 s {2}worker 1 of 4: 0 requests/);
  progress.end();
});

describe('on a terminal', () => {
  beforeEach(() => {
    vi.stubEnv('CI', '');
    vi.stubEnv('TERM', 'xterm');
  });

  /** In this run, app-2 loses a session. The user's name contains a code that would move the terminal's cursor. */
  function lost(status: RunStatus): void {
    const picture = new Picture({ claims: ['continuity'] });
    const session = picture.session('s1', 'al\u001b[2Jice').login('app-1').hops(3);
    picture.disturb(1, 'restart', { where: 'app-2' });
    session.signedOut('app-2', { note: '303 to /login' });
    feed(picture, status);
  }

  it('shows one screen, and writes the next one over it', () => {
    const status = new RunStatus(() => {});
    const { lines, progress } = shown({ isTTY: true, columns: 70 }, status);
    expect(progress.judged).toBe(true);
    vi.advanceTimersByTime(1_000);
    lost(status);
    vi.advanceTimersByTime(200);
    const screen = (lines.at(-1) ?? '').split('\n');
    expect(screen).toEqual([
      '  ██░░░░░░░░░░░░░░░░░░  1 of 10 s',
      expect.stringMatching(/^ {2}5 requests, 5\/s {3}0 live sessions, 1 lost {3}signed out 1 {3}failed/),
      '  app-1  ████████░░░░░░░░░░░░  2 (40.0 %)',
      '  app-2  ████████████░░░░░░░░  3 (60.0 %)',
      '  1 fault, now: restart of app-2',
      expect.stringMatching(/^ {2}✗ LOSS continuity {2}0\.00 s, session s1: app-/),
    ]);
    for (const line of screen) expect(line.length).toBeLessThan(70);
    vi.advanceTimersByTime(200);
    // This text moves the cursor five lines up, and erases everything below it.
    expect(lines.at(-2)).toBe('\r\u001b[5A\u001b[J');
    progress.step('restart of app-2');
    expect(lines.slice(-2)).toEqual(['\r\u001b[5A\u001b[J', 'restart of app-2\n']);
    progress.end();
    expect(lines.join('')).not.toContain('[2J');
  });

  it('shows no sessions of a run with several workers, because it follows only one history', () => {
    const { lines, progress } = shown({ isTTY: true }, new RunStatus(undefined, 4));
    vi.advanceTimersByTime(1_000);
    progress.end();
    expect(lines.at(-2)).toMatch(/\n {2}worker 1 of 4: 0 requests, 0\/s {3}signed out 0 {3}failed 0$/);
  });

  it.each([
    ['CI', 'true'],
    ['TERM', 'dumb'],
  ])('prints plain lines if %s is %s', (name, value) => {
    vi.stubEnv(name, value);
    const { lines, progress } = shown({ isTTY: true });
    vi.advanceTimersByTime(6_000);
    progress.end();
    expect(progress.judged).toBe(false);
    expect(lines).toEqual(['4 sessions for 10 s\n', ...lines.slice(1)]);
    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('\u001b');
  });

  it('cuts lines before the last column, also with wide characters', () => {
    expect(fitted('abcdef', 4)).toBe('abcd');
    expect(fitted('日本語', 4)).toBe('日本');
    expect(fitted('█░✗…', 4)).toBe('█░✗…');
  });
});
