export { createMcpServer, type McpServerOptions } from './mcp/create-mcp-server.ts'
export { type McpCommand, type McpPage, type McpSessions, type McpWait } from './mcp/mcp-sessions.ts'
