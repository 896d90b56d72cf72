/** `baton gate`: judges a new version of an app while it gets more traffic, and serves the verdict. */
import { EXIT } from '../errors.ts';
import { Gate } from '../gate/gate.ts';
import { gateServer } from '../gate/server.ts';
import { listen, untilStopped } from '../listen.ts';
import { loadTarget } from '../target/load.ts';
import { addressOf, milliseconds, whole } from './arguments.ts';
import type { OptionValues } from './options.ts';
import type { Output } from './output.ts';
import { TARGET } from './tables/shared.ts';

/** Runs the gate until SIGINT, SIGTERM or SIGHUP. Returns the exit code of the last verdict. */
export async function gateCommand(
  file: string | undefined,
  values: OptionValues<'gate'>,
  output: Output,
): Promise<number> {
  const target = await loadTarget(file ?? values.target ?? TARGET, process.env, values.claims?.split(','));
  if (values.url !== undefined) target.url = addressOf(values.url, target.url);
  const gate = new Gate(target, {
    sessions: whole('--sessions', values.sessions, 1, 10_000),
    rate: whole('--rate', values.rate, 1, 10_000),
    window: milliseconds(values.window, '--window'),
    out: values.out,
    onStep: text => output.progress.write(`${text}\n`),
  });
  const server = gateServer(gate);
  const port = whole('--port', values.port, 0, 65_535);
  const listening = await listen(server, `${values.host}:${port}`, '--port');
  output.progress.write(`gate of ${target.name} at ${listening.url}: POST /start starts the gate\n`);
  await untilStopped();
  await listening.close();
  const { verdict, why } = await gate.stop();
  output.result.write(`${[...gate.status().summary, `${verdict}: ${why}`].join('\n')}\n`);
  return EXIT[verdict];
}
