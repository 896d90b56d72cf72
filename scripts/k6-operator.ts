/**
 * `npm run k6:operator -- SCRIPT` prints manifests with which the k6 operator runs a script, for `kubectl apply -f
 * -`.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { bundledScript } from './k6-bundle.ts';
import { manifestsOf } from './k6-manifests.ts';

const USAGE = `npm run k6:operator -- SCRIPT [options]

  --parallelism N       number of pods, each with a part of the virtual users (2)
  --env NAME=VALUE      a setting of the script (docs/k6.md); can be repeated
  --env-from SECRET     a Secret of the cluster with more settings, such as passwords
  --image IMAGE         image of k6 (grafana/k6:latest)
  --namespace NAME      namespace of the cluster (default)
`;

const EXIT_USAGE = 64;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      parallelism: { type: 'string', default: '2' },
      env: { type: 'string', multiple: true, default: [] },
      'env-from': { type: 'string' },
      image: { type: 'string', default: 'grafana/k6:latest' },
      namespace: { type: 'string', default: 'default' },
    },
  });
  const [script, ...more] = positionals;
  if (script === undefined || more.length > 0)
    throw new Error(`expected one script, got ${positionals.length}`);
  const { namespace, image } = values;
  const run = `k6-${Date.now().toString(36)}`;
  const key = randomBytes(32).toString('hex');
  const env = values.env.map((text): [string, string] => {
    const at = text.indexOf('=');
    if (at < 1) throw new Error(`--env: expected NAME=VALUE, got ${JSON.stringify(text)}`);
    return [text.slice(0, at), text.slice(at + 1)];
  });
  const envFrom = values['env-from'];
  const parallelism = Number(values.parallelism);
  const code = await bundledScript(script);
  process.stdout.write(manifestsOf({ script, code, parallelism, env, envFrom, image, namespace, run, key }));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = EXIT_USAGE;
}
