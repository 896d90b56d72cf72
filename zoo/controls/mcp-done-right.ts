import type { Control } from '../entry.ts';

export const mcpDoneRight: Control = {
  kind: 'control',
  name: 'mcp-done-right',
  sound:
    'An MCP server (@modelcontextprotocol/sdk, Express) whose sessions are in Redis. The session id comes in the header Mcp-Session-Id, responses are event streams, and a DELETE ends the session on all instances.',
  deployment: { host: 'mcp' },
};
