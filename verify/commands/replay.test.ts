import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseTarget } from '../target/load.ts';
import { type OptionValues, parse } from './options.ts';
import { replay } from './replay.ts';

afterEach(() => void vi.unstubAllEnvs());

const valuesOf = (...argv: string[]): OptionValues<'verify'> => {
  const parsed = parse('verify', argv);
  if (parsed === undefined) throw new Error('expected options, not --help');
  return parsed.values;
};

const FILE = `
version: 1
url: http://shop.test
accounts:
  - { user: alice, password: "\${ALICE_PASSWORD}" }
  - { user: bob, password: "\${BOB_PASSWORD}" }
login: { page: /login, path: /login }
signedIn: { page: /, user: 'u="([^"]*)' }
claims: [continuity]
`;

describe('the command that shows it again', () => {
  it('names the variables of the passwords that the target file needs, and none of their values', () => {
    const environment = { ALICE_PASSWORD: 'horse-battery', BOB_PASSWORD: 'staple-correct' };
    const { variables } = parseTarget(FILE, 'shop.yaml', environment);
    const command = replay({ file: 'shop.yaml', values: valuesOf('--duration', '3s'), seed: 7, variables });
    expect(command).toBe(
      'ALICE_PASSWORD=… BOB_PASSWORD=… npx baton-verify verify shop.yaml --duration 3s --seed 7',
    );
  });

  it('has all options that change the run, and no other', () => {
    const values = valuesOf(
      '--sticky-report',
      '--json',
      '--quiet',
      '--metrics',
      '9464',
      '--sessions',
      '32',
      '--faults',
      'kill,stop',
    );
    const command = replay({ file: undefined, values, seed: 7, variables: [] });
    expect(command).toBe('npx baton-verify verify --sticky-report --faults kill,stop --seed 7');
  });

  it('can be pasted into a shell', () => {
    const values = valuesOf('--url', 'http://x.test/a?b=c&d');
    expect(replay({ file: "bob's shop.yaml", values, seed: 7, variables: [] })).toBe(
      String.raw`npx baton-verify verify 'bob'\''s shop.yaml' --url 'http://x.test/a?b=c&d' --seed 7`,
    );
  });

  it('has what the bundled stack takes from the environment, with a secret only by name', () => {
    vi.stubEnv('SESSION_STORE', 'memory');
    vi.stubEnv('SESSION_SECRET', 'keyboard cat');
    const command = replay({ file: undefined, values: valuesOf('--stack', 'local'), seed: 7, variables: [] });
    expect(command).toMatch(
      /^(SESSION_STORE=memory |SESSION_SECRET=… ){2}npx baton-verify verify --stack local --seed 7$/,
    );
    expect(command).not.toContain('keyboard');
  });
});
