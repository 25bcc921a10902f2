export { agentFormats, type AgentFormat } from './agent-format.ts'
export { type Chunk } from './chunk.ts'
export { type Decoder } from './decoder.ts'
export { createSseReader, type SseEvent, type SseReader, type SseReaderOptions } from './sse-reader.ts'
