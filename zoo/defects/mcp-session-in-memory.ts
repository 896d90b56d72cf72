import type { Defect } from '../entry.ts';

export const mcpSessionInMemory: Defect = {
  kind: 'defect',
  name: 'mcp-session-in-memory',
  section: 'continuity',
  broken:
    'An MCP server keeps its sessions in the memory of the instance that initialised them. Another instance answers 404 to their session id, so the client loses its session.',
  wild: 'The examples of the SDKs keep transports in a map by session id. With one replica this works.',
  references: [
    'PrefectHQ/fastmcp#482',
    'agentic-community/mcp-gateway-registry#960',
    'modelcontextprotocol/java-sdk#499',
    'mercuretechnologies/xprem PR#149',
  ],
  remedy:
    'Keep the sessions in a shared store and use a transport for each request, or run the server without sessions (stateless mode).',
  needs: ['instances'],
  deployment: { host: 'mcp', env: { MCP_SESSIONS: 'memory' } },
  must: { guarantee: 'continuity', anomaly: 'LOSS' },
  mustNot: ['isolation', 'routing', 'availability', 'evidence'],
};
