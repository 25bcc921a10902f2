export { abilities, type Ability } from './session-kit/abilities.ts'
export { areas, type Area } from './session-kit/areas.ts'
export {
  runAudit,
  runScenario,
  type AuditOptions,
  type Result,
  type RunAuditOptions,
  type Verdict,
} from './session-kit/run-audit.ts'
export { scenarios } from './session-kit/scenarios.ts'
export type { Scenario } from './session-kit/scenario.ts'
export { scoreAreas, scoreTable, type AreaScore, type Score } from './session-kit/score.ts'
export type {
  SeenAnswer,
  SeenEntry,
  SeenMessage,
  SeenRequest,
  SeenRun,
  SeenRunStatus,
  SeenState,
  SeenSteer,
  SeenToolCall,
} from './session-kit/seen.ts'
export {
  Refused,
  type Action,
  type Agent,
  type AgentOptions,
  type Identity,
  type OpenOptions,
  type Outcome,
  type PagedMessage,
  type PromptLine,
  type Question,
  type Right,
  type SessionServer,
  type SessionSettings,
  type Tab,
  type Told,
  type Work,
} from './session-kit/session-server.ts'
export { Stage } from './session-kit/stage.ts'
