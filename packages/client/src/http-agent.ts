export { httpAgent } from './http-agent/http-agent.ts'
export { type HttpAgentOptions, type SignedCall } from './http-agent/options.ts'
export { agentFormats, type AgentFormat } from '@headrace/formats'
