export { type Chunk } from './chunk.ts'
export { type Decoder } from './decoder.ts'
