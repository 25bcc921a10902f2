export { createUiChunkDecoder } from './ai-sdk/ui-chunk-decoder.ts'
export { type ReadDataChunk, type ReadUiChunk } from './ai-sdk/read-ui-chunk.ts'
export { forVersion, type AiSdkVersion } from './ai-sdk/for-version.ts'
export { fromUiMessage, sameParts, type GivenMessage, type StoreUiFile, type UiFile } from './ai-sdk/from-ui-message.ts'
export { givenAnswers, type GivenAnswer } from './ai-sdk/given-answers.ts'
export { RunChunks, type RunChunksOptions, type RunLook, type RunSaid } from './ai-sdk/run-chunks.ts'
export { isBehindWaiting, isWaiting, openRequests, runFor } from './ai-sdk/run-state.ts'
export { UiMessages, callOf, type Shown, type UiMessageOptions } from './ai-sdk/to-ui-messages.ts'
export {
  type ProviderMetadata,
  type UiChunk,
  type UiMessage,
  type UiPart,
  type UiToolPart,
  type UiToolState,
} from './ai-sdk/ui-message.ts'
export { createUiStream, type UiStream, type UiStreamOptions } from './ai-sdk/ui-stream.ts'
export { type DecoderOptions } from './guarded.ts'
export { type StopReason } from './stop-reason.ts'
