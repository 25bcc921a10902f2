export { fromAiSdk, type FromAiSdkOptions, type GeneratedFile } from './ai-sdk/from-ai-sdk.ts'
export { type Chunk } from '@headrace/formats'
