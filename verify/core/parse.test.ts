import { describe, expect, it } from 'vitest';
import { HistoryError, parseEvent } from './parse.ts';
import { Picture, runLine } from './testing/picture.ts';

const error = (line: string): string => {
  try {
    parseEvent(line);
  } catch (thrown) {
    if (thrown instanceof HistoryError) return thrown.message;
  }
  throw new Error(`no HistoryError for ${line}`);
};

describe('parseEvent', () => {
  it('reads what is written', () => {
    const picture = new Picture();
    picture
      .session('s1', 'alice')
      .form('app-1')
      .login('app-1')
      .write('a', 'app-2')
      .read('app-1', ['a'])
      .ended();
    for (const event of [runLine(), ...picture.finish().events]) {
      expect(parseEvent(JSON.stringify(event))).toEqual(event);
    }
  });

  it.each([
    ['{"type":"op","id":1', 'expected one JSON object, got '],
    ['[]', 'expected a JSON object, got []'],
    ['null', 'expected a JSON object, got null'],
    ['{"type":"nonsense"}', '"type": expected one of run, clock, session'],
    ['{"type":"__proto__"}', '"type": expected one of'],
    ['{"type":"end","outcome":"ok"}', '"id" of a end line: expected a whole number, 0 or more, got nothing'],
    ['{"type":"end","id":1e400,"outcome":"ok"}', '"id" of a end line: expected a whole number'],
    ['{"type":"end","id":1,"outcome":"maybe"}', 'expected "ok" or "fail" or "info", got "maybe"'],
    [
      '{"type":"end","id":1,"outcome":"ok","saw":[1]}',
      '"saw" of a end line: expected a list of texts, got [1]',
    ],
    ['{"type":"end","id":1,"outcome":"ok","cookies":[{"name":"sid"}]}', 'expected a list of cookie changes'],
  ])('refuses %s', (line, message) => {
    expect(error(line)).toContain(message);
  });
});
