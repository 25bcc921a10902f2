export { fromLangChain } from './pipes/from-langchain.ts'
export { type Chunk } from '@headrace/formats'
