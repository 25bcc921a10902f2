export { byTag, inOrder } from './model-server/scripts.ts'
export { startModelServer, type ModelServer, type ModelServerOptions } from './model-server/start-model-server.ts'
export {
  type Fault,
  type Refusal,
  type Script,
  type Step,
  type Stop,
  type ToolCall,
  type Turn,
  type TurnUsage,
} from './model-server/script.ts'
export { type ModelEnd, type ModelProtocol, type ModelRequest, type ToolResult } from './model-server/model-request.ts'
