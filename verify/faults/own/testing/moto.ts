/** Starts moto, a fake AWS, and runs the AWS CLI against it. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { freePort } from '../../../../stack/ports.ts';
import { until } from '../../../../stack/wait.ts';

/** Programs that the tests need and that are not installed on this machine. */
export const missing = ['aws', 'moto_server'].filter(
  name => spawnSync(name, ['--version']).error !== undefined,
);

export interface Moto {
  url: string;
  env: Record<string, string>;
  aws(...args: string[]): Promise<unknown>;
  stop(): Promise<void>;
}

const environmentFor = (url: string): Record<string, string> => ({
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_PAGER: '',
  AWS_ENDPOINT_URL: url,
});

/** Starts moto, and waits until it responds. */
export async function startMoto(): Promise<Moto> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
  const answers = () =>
    fetch(`${url}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    );
  const stop = async (): Promise<void> => {
    if (moto.exitCode !== null) return;
    moto.kill();
    await once(moto, 'exit');
  };
  await until(answers, { withinMs: 60_000, what: 'moto' }).catch(async error => {
    await stop();
    throw error;
  });
  const env = environmentFor(url);
  return {
    url,
    env,
    stop,
    async aws(...args) {
      const { stdout } = await promisify(execFile)('aws', [...args, '--output', 'json'], {
        env: { PATH: process.env['PATH'], ...env },
      });
      return stdout === '' ? undefined : JSON.parse(stdout);
    },
  };
}
