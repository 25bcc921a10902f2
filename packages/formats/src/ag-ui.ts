export {
  type AgUiEvent,
  type AgUiEventOf,
  type AgUiInterrupt,
  type AgUiOutcome,
  type AgUiUsage,
} from './ag-ui/events.ts'
export { type AgUiContent, type AgUiMessage, type AgUiSource, type AgUiToolCall } from './ag-ui/messages.ts'
export { agUiInput, type AgUiContext, type AgUiInput, type AgUiResume, type AgUiTool } from './ag-ui/input.ts'
export { agUiVersion, createAgUiEncoder, type AgUiEncoder, type AgUiEncoderOptions } from './ag-ui/encoder.ts'
export { toAgUiMessages, type ToAgUiMessagesOptions } from './ag-ui/to-messages.ts'
export { fromContent as fromAgUiContent } from './ag-ui/content.ts'
export { fromInterrupt, fromResume, toInterrupt, toResume } from './ag-ui/interrupts.ts'
export { fromAgUi, type AgUiDecoder, type FromAgUiOptions } from './ag-ui/from-ag-ui.ts'
export { toRunAgentInput, type ToRunAgentInputOptions } from './ag-ui/to-input.ts'
