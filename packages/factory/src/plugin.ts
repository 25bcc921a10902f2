/** What a plugin of the factory is written against: the interface of each kind, and what helps to write one. */
export {
  pluginInterface,
  type AgentPlugin,
  type DetectorPlugin,
  type GatePlugin,
  type GuardPlugin,
  type NotifierPlugin,
  type Plugin,
  type PluginKind,
  type PluginMakes,
  type PluginOf,
  type SourcePlugin,
} from './plugins/plugin.ts'
export {
  type AgentAtWork,
  type AgentKind,
  type AgentStart,
  type PermissionAsk,
  type ToolKind,
  type TurnEnd,
} from './agents/agent.ts'
export { acpAgent, type AcpLimits, type AcpProfile } from './agents/acp/acp-agent.ts'
export { commandAgent, type CommandAgentOptions } from './agents/command/command-agent.ts'
export { type Detector, type Finding as StepFinding, type FindingKind, type Verdict } from './detect/detector.ts'
export { type CallKind, type Step } from './detect/step.ts'
export { type Gate, type GateOpinion } from './gate/gate.ts'
export { runGate, type FailureClass, type GateOptions, type GateResult, type GateStep } from './gate/run-gate.ts'
export { type TestCounts } from './gate/test-counts.ts'
export {
  type DiffBudget,
  type Finding,
  type Guard,
  type GuardContext,
  type GuardPolicy,
  type JudgedTask,
} from './guards/guard.ts'
export { type Notice, type Notifier } from './notify/notifier.ts'
export { createPathMatcher, type PathMatcher, type PathMatcherOptions } from './paths.ts'
export { type ImportedTask, type TaskSourceReader } from './sources/task-source.ts'
export { type Change, type ChangedFile, type ChangedLine, type FileKind, type FileSide } from './work/change.ts'
