export { fromAnthropic } from './pipes/from-anthropic.ts'
export { type Chunk } from '@headrace/formats'
