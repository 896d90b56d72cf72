import type { Defect } from '../entry.ts';

export const mcpDeleteKeepsSession: Defect = {
  kind: 'defect',
  name: 'mcp-delete-keeps-session',
  section: 'logout-final',
  broken:
    'A client ends its MCP session by DELETE. The server answers 200 and keeps the session: its id still works on every instance.',
  wild: 'The handler of DELETE closes the transport of the request, and leaves the entry in the session store.',
  references: ['OpenLiberty/open-liberty#33213', 'Kuadrant/mcp-gateway#157'],
  remedy: 'Delete the session from the store before the response to DELETE.',
  needs: ['replay'],
  deployment: { host: 'mcp', env: { MCP_SESSIONS: 'never-deleted' } },
  must: { guarantee: 'logout-final', anomaly: 'ZOMBIE' },
  mustNot: ['continuity', 'isolation', 'routing', 'availability', 'evidence'],
};
