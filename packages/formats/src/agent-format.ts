/** What an agent behind HTTP speaks, by the name under which it is registered. */
export const agentFormats = ['ai-sdk', 'ag-ui', 'openai-responses', 'openai-chat', 'anthropic', 'sse-text'] as const

export type AgentFormat = (typeof agentFormats)[number]
