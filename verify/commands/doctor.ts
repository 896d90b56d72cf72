/** `baton doctor`: lists programs on this machine, and guarantees that a target file leaves unknown. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, MissingProgramError } from '../../stack/programs.ts';
import { COMMAND } from '../core/command.ts';
import { EXIT, UsageError } from '../errors.ts';
import { lacksOf } from '../init/lacks.ts';
import { findK6, GET_K6 } from '../k6.ts';
import { isAtLeast, LEAST_NODE } from '../node-version.ts';
import { lacksText, type Tool, toolsText } from '../reports/doctor.ts';
import { loadTarget } from '../target/load.ts';
import { faultsOf, logsIn, runnerOf } from './arguments.ts';
import type { OptionValues } from './options.ts';
import { type Output, widthOf } from './output.ts';
import { TARGET } from './tables/shared.ts';

const VERSION_TIMEOUT = 10_000;

/**
 * Prints missing programs and settings, and sends no requests. Returns exit code 2 (unknown) if a claimed guarantee
 * cannot be judged.
 *
 * @param file a target file. Default: baton.yaml, if it exists
 * @throws UsageError if the target file is wrong
 */
export async function doctorCommand(
  file: string | undefined,
  values: OptionValues<'doctor'>,
  output: Output,
): Promise<number> {
  const runner = runnerOf(values);
  const logs = runner !== undefined || logsIn(values.logs).length > 0;
  output.result.write(`${toolsText(await toolsOf(process.env), widthOf(output))}\n`);
  if (file === undefined && !existsSync(TARGET)) {
    output.result.write(
      `no target file: ${COMMAND} init URL writes one, and ${COMMAND} doctor FILE lists the guarantees that stay unknown\n`,
    );
    return EXIT.valid;
  }
  const path = file ?? TARGET;
  const target = await loadTarget(path, process.env, values.claims?.split(','));
  const lacks = lacksOf(target, { logs, faults: faultsOf(values, target) !== undefined });
  output.result.write(lacksText(`${path}: ${target.name}, ${target.url}`, lacks, widthOf(output)));
  return lacks.some(({ claimed }) => claimed) ? EXIT.unknown : EXIT.valid;
}

/** Programs of the bundled stack, the arguments that print their versions, and the script that installs them. */
const PROGRAMS = [
  { name: 'nginx', print: '-v', for: '--stack local', script: 'scripts/setup' },
  {
    name: 'redis',
    names: ['redis-server', 'valkey-server'],
    print: '--version',
    for: '--stack local',
    script: 'scripts/setup',
  },
  { name: 'haproxy', print: '-v', for: 'STACK_BALANCER=haproxy', script: 'scripts/setup --stores' },
  { name: 'postgres', print: '--version', for: 'SESSION_STORE=postgres', script: 'scripts/setup --stores' },
  { name: 'memcached', print: '--version', for: 'SESSION_STORE=memcached', script: 'scripts/setup --stores' },
];

async function toolsOf(environment: NodeJS.ProcessEnv): Promise<Tool[]> {
  const own = ownPackage();
  const { node } = process.versions;
  const [docker, k6, ...programs] = await Promise.all([
    versionPrinted(['docker'], ['version', '--format', '{{.Server.Version}}']),
    k6Of(environment),
    ...PROGRAMS.map(async ({ name, names = [name], print, script, ...tool }) => ({
      ...tool,
      name,
      ...(await versionPrinted(names, [print])),
      remedy: own.checkout ? `${script} installs it` : `get a checkout of Baton, and run its ${script}`,
    })),
  ]);
  return [
    {
      name: 'baton',
      version: `${own.version}, ${own.checkout ? 'a checkout' : 'the npm package, without stack and zoo'}`,
      for: '',
      remedy: '',
    },
    {
      name: 'node',
      ...(isAtLeast(node, LEAST_NODE) ? { version: node } : { wrong: `${node} is too old` }),
      for: 'everything',
      remedy: `get ${LEAST_NODE} or later at https://nodejs.org`,
    },
    ...programs,
    {
      name: 'docker',
      ...docker,
      for: '--stack compose',
      remedy: 'get it at https://docs.docker.com/get-docker/, and start its engine',
    },
    { name: 'k6', ...k6, for: '--k6 and loadtests/', remedy: GET_K6 },
  ];
}

function ownPackage(): { version: string; checkout: boolean } {
  const file = createRequire(import.meta.url).resolve('baton-verify/package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return { version, checkout: existsSync(join(dirname(file), 'stack/start.ts')) };
}

async function versionPrinted(names: string[], args: string[]): Promise<Pick<Tool, 'version' | 'wrong'>> {
  try {
    const { stdout, stderr } = await promisify(execFile)(findProgram(...names), args, {
      timeout: VERSION_TIMEOUT,
    });
    const version = /\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0];
    return version === undefined ? { wrong: 'prints no version' } : { version };
  } catch (error) {
    if (error instanceof MissingProgramError) return {};
    const [line] = `${(error as { stderr?: string }).stderr || (error as Error).message}`.trim().split('\n');
    return { wrong: `${line}` };
  }
}

async function k6Of(environment: NodeJS.ProcessEnv): Promise<Pick<Tool, 'version' | 'wrong'>> {
  try {
    const k6 = await findK6(environment);
    return k6 === undefined ? {} : { version: k6.version.replace(/^v/, '') };
  } catch (error) {
    if (error instanceof UsageError) return { wrong: 'the variable K6 does not name a k6 program' };
    throw error;
  }
}
