/** A small program that runs in place of the app: responds with its name, and logs in the app's format. */
import { createServer } from 'node:http';

const { INSTANCE_ID: name = '', PORT, HOST, FAIL } = process.env;
if (FAIL !== undefined) {
  process.stderr.write(`configured to fail: ${FAIL}\n`);
  process.exit(3);
}

const server = createServer((request, response) => {
  response.setHeader('X-Instance-Id', name);
  request.resume();
  request.on('end', () => response.end(name));
  const id = request.headers['x-request-id'];
  response.on('close', () => {
    process.stdout.write(
      `${JSON.stringify({ event: 'request', request: id, instance: 'a lie', status: 200 })}\n`,
    );
  });
});
server.keepAliveTimeout = 60_000;
server.listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));
