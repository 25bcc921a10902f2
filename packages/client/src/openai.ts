export { fromOpenAi } from './pipes/from-openai.ts'
export { type FileOptions, type GeneratedFile } from './pipes/file-options.ts'
export { type Chunk } from '@headrace/formats'
