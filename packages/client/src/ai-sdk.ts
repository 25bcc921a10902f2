export { answerApprovals, type ApprovalMessage } from './ai-sdk/answer-approvals.ts'
export { type ChatStatus, type ChatSync, type SyncedChat } from './ai-sdk/chat-sync.ts'
export { HeadraceChatTransport, type HeadraceChatTransportOptions } from './ai-sdk/headrace-chat-transport.ts'
export { fromAiSdk } from './ai-sdk/from-ai-sdk.ts'
export { type FileOptions, type GeneratedFile } from './pipes/file-options.ts'
export { type Chunk } from '@headrace/formats'
export {
  type GivenMessage,
  type StoreUiFile,
  type UiChunk,
  type UiFile,
  type UiMessage,
  type UiPart,
  type UiToolPart,
  type UiToolState,
} from '@headrace/formats/ai-sdk'
