/** Runs the steps of action.yml as GitHub's runner does. A test server replaces GitHub's API. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLocalStack } from '../stack/local.ts';
import { freePort } from '../stack/ports.ts';
import type { Stack } from '../stack/stack.ts';
import { containersOf, prepareEngine, STACK_IMAGES, whyNot } from '../stack/testing/containers.ts';
import { whyWithout } from '../stack/testing/servers.ts';
import { runAction, runStep } from './runner.ts';
import { used } from './used.ts';

const root = join(import.meta.dirname, '..');
let workspace: string;
let stack: Stack;
beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'baton-action-'));
  stack = await startLocalStack({ port: 'any' });
  writeFileSync(join(workspace, 'baton.yaml'), readFileSync(join(root, 'baton.yaml'), 'utf8'));
});
afterAll(async () => {
  await stack?.stop();
  rmSync(workspace, { recursive: true, force: true });
});

const inputs = (more: Record<string, string> = {}) => ({
  url: stack.url,
  claims: 'continuity,isolation,routing,read-your-writes',
  arguments: '--duration 6s  --sessions 8 --workload hop --quiet',
  baseline: 'baseline.json',
  ...more,
});

const bare = () => ({ folder: root, workspace, environment: {}, event: {} });

/** The part of GitHub's API that the action uses: the comments of pull request 7. */
function commentServer(): {
  server: Server;
  comments: { id: number; body: string; user: { type: string } }[];
  tokens: Set<string>;
} {
  const comments = [
    { id: 1, body: 'a comment of a person with <!-- baton-verify -->', user: { type: 'User' } },
  ];
  const tokens = new Set<string>();
  const server = createServer((request, response) => {
    tokens.add(request.headers.authorization ?? 'none');
    let text = '';
    request.on('data', chunk => {
      text += chunk;
    });
    request.on('end', () => {
      const url = request.url ?? '';
      const own = comments.find(({ id }) => url === `/repos/shop/web/issues/comments/${id}`);
      const all = url.startsWith('/repos/shop/web/issues/7/comments');
      if (request.method === 'PATCH' && own !== undefined) own.body = JSON.parse(text).body;
      else if (request.method === 'POST' && all) {
        comments.push({ id: comments.length + 1, body: JSON.parse(text).body, user: { type: 'Bot' } });
      } else if (request.method !== 'GET' || !all) response.statusCode = 404;
      response.end(JSON.stringify(comments));
    });
  });
  return { server, comments, tokens };
}

const noCurl = whyWithout('curl', 'curl') !== '';

describe('the action', () => {
  it.skipIf(noCurl)(
    'makes a baseline, passes, comments on the pull request and updates its comment',
    async () => {
      const { server, comments, tokens } = commentServer();
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      const github = {
        GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        GITHUB_REPOSITORY: 'shop/web',
        GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
      };
      const setting = { folder: root, workspace, environment: github, event: {} };
      const commenting = {
        ...setting,
        inputs: inputs({ comment: 'true' }),
        event: { pull_request: { number: 7 } },
      };
      const first = await runAction({ ...setting, inputs: inputs({ 'update-baseline': 'true' }) });
      expect(first.log).toContain('baseline: baseline.json');
      const second = await runAction(commenting);
      expect(comments).toHaveLength(2);
      expect(comments[1]?.body).toMatch(/^<!-- baton-verify -->\n\n## ✅ Sessions: valid\n/);
      // Simulates the next workflow run, whose verdict replaces the text of the comment.
      writeFileSync(
        join(workspace, 'baton-report/comment.md'),
        '<!-- baton-verify -->\n\nthe next verdict\n',
      );
      await runStep('Comment on the pull request', commenting);
      server.close();
      for (const job of [first, second]) {
        expect(job.failed, job.log).toBe(false);
        expect(job.outputs).toEqual({ verdict: 'valid', report: 'baton-report/baton.html' });
      }
      expect(second.summary).toMatch(/^## ✅ Sessions: valid\n/);
      expect(second.summary).toContain('Compared with run');
      expect(second.summary).toContain('of 0123456789ab');
      expect(comments.map(({ body }) => body)).toEqual([
        'a comment of a person with <!-- baton-verify -->',
        '<!-- baton-verify -->\n\nthe next verdict\n',
      ]);
      expect([...tokens]).toEqual(['Bearer token-of-the-job']);
      expect(second.log).not.toContain('token-of-the-job');
    },
  );

  it.skipIf(noCurl)(
    'fails if sessions are lost, compares with the baseline, and still removes the stack',
    async () => {
      const broken = await startLocalStack({ port: 'any', env: { SESSION_STORE: 'memory' } });
      try {
        const job = await runAction({ ...bare(), inputs: inputs({ url: broken.url }) });
        expect(job.failed).toBe(true);
        expect(job.outputs['verdict']).toBe('violated');
        expect(job.log).toMatch(/ WORSE {2}continuity.*, since run \S+ of 0123456789ab/);
        expect(job.log).toMatch(/^::error file=baton\.yaml,title=continuity is worse::LOSS is new/m);
        expect(job.log).toMatch(/^::error file=baton\.yaml,line=\d+,title=continuity violated \(LOSS\)::/m);
        expect(job.summary).toMatch(/^## ❌ Sessions: violated\n/);
        expect(job.ran.at(-1)).toBe('Stop the stack');
        for (const file of [
          'junit.xml',
          'ctrf.json',
          'baton.sarif',
          'codequality.json',
          'baton.html',
          'result.json',
        ]) {
          expect(existsSync(join(workspace, 'baton-report', file)), file).toBe(true);
        }
      } finally {
        await broken.stop();
      }
    },
  );

  it('fails without a target file, and says that a fork has no secrets', async () => {
    const missing = { ...bare(), inputs: inputs({ url: '', target: 'none.yaml', baseline: '' }) };
    for (const fork of [false, true]) {
      const job = await runAction({ ...missing, event: { pull_request: { head: { repo: { fork } } } } });
      expect(job).toMatchObject({ failed: true, outputs: { verdict: 'failed' } });
      expect(job.log).toContain('none.yaml: expected a target file');
      expect(job.log.includes('GitHub gives a fork no secrets')).toBe(fork);
    }
  });

  it.skipIf(noCurl)('passes with a warning if the token may not write the comment', async () => {
    const server = createServer(({ method }, response) => {
      response.statusCode = method === 'GET' ? 200 : 403;
      response.end('[]');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    mkdirSync(join(workspace, 'forked'));
    writeFileSync(join(workspace, 'forked/comment.md'), '<!-- baton-verify -->\n');
    const { port } = server.address() as AddressInfo;
    const log = await runStep('Comment on the pull request', {
      ...bare(),
      environment: { GITHUB_API_URL: `http://127.0.0.1:${port}`, GITHUB_REPOSITORY: 'shop/web' },
      inputs: { comment: 'true', output: 'forked' },
      event: { pull_request: { number: 7 } },
    }).finally(() => server.close());
    expect(log).toContain('::warning title=Baton::The verdict could not be written as a comment');
  });
});

const noEngine = whyNot(...STACK_IMAGES);
used('containers', containersOf(...STACK_IMAGES));

describe.skipIf(noEngine !== '' || noCurl)('the action with a compose file', { timeout: 600_000 }, () => {
  it('starts the stack, verifies it, saves the logs of the containers, and removes everything', async () => {
    prepareEngine();
    const project = `baton-action-${process.pid}`;
    const port = String(await freePort());
    const job = await runAction({
      ...bare(),
      environment: { COMPOSE_PROJECT_NAME: project, BALANCER_PORT: port, RUNS: workspace },
      inputs: inputs({
        'compose-file': join(root, 'docker-compose.yml'),
        url: `http://127.0.0.1:${port}`,
        baseline: '',
      }),
    });
    expect(job.failed, job.log).toBe(false);
    expect(job.outputs['verdict']).toBe('valid');
    expect(job.ran.at(-1)).toBe('Check the thresholds of the load');
    expect(readFileSync(join(workspace, 'baton-report/containers.log'), 'utf8')).toContain(
      '"event":"balanced"',
    );
    const filter = `label=com.docker.compose.project=${project}`;
    for (const kind of ['container', 'network', 'volume']) {
      const all = kind === 'container' ? ['--all'] : [];
      const left = execFileSync('docker', [kind, 'ls', ...all, '--quiet', '--filter', filter], {
        encoding: 'utf8',
      });
      expect(left, kind).toBe('');
    }
  });
});
