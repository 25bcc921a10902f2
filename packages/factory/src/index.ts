export {
  FactoryError,
  factoryErrorTable,
  type FactoryErrorCode,
  type FactoryErrorOptions,
  type FactoryErrorRow,
} from './errors.ts'
export { createGit, type Git, type GitOptions, type GitOutput, type GitRunOptions } from './git/create-git.ts'
export { type GitProtocol } from './git/git-environment.ts'
export {
  endInWords,
  runCommand,
  type CommandEnd,
  type CommandOptions,
  type CommandResult,
} from './process/run-command.ts'
export {
  endMarked,
  markedProcesses,
  markerName,
  type EndMarkedOptions,
  type EndProof,
  type MarkedProcess,
} from './process/marked.ts'
export { openOwnFolder, type OwnFolder } from './process/own-folder.ts'
export { openScratch, type Scratch } from './process/scratch.ts'
export {
  chooseSandbox,
  runConfined,
  type ConfinedOptions,
  type ConfinedResult,
  type SandboxDemand,
} from './process/run-confined.ts'
export {
  findSandbox,
  sandboxArgv,
  type Bubblewrap,
  type Sandbox,
  type SandboxNetwork,
  type SandboxOptions,
} from './process/sandbox.ts'
export { type Cell, type CellNetwork, type ModelSocket } from './cell/cell.ts'
export { confinedInWords, type Confinement } from './cell/open-cell.ts'
export { type Attempt, type AttemptRecord, type PortRange, type QuarantineRecord } from './clones/attempt.ts'
export { attemptEnvironment, type EnvironmentOptions } from './clones/attempt-environment.ts'
export { createClones, type CloneLimits, type Clones, type ClonesOptions, type Swept } from './clones/create-clones.ts'
export { diskUse, type DiskUse } from './clones/disk-use.ts'
export { openVault, type BaseSeen, type Vault, type VaultOptions } from './clones/open-vault.ts'
export { createPathMatcher, linkFault, type PathMatcher, type PathMatcherOptions } from './paths.ts'
export { advanceBase, type AdvanceOptions, type Advanced } from './work/advance-base.ts'
export { checkoutTree, type CheckoutOptions } from './work/checkout-tree.ts'
export { collectWork, type CollectOptions, type CollectedWork } from './work/collect-work.ts'
export { pushBranch, type BranchPushed, type PushBranchOptions } from './work/push-branch.ts'
export { mergeWork, type ConflictFile, type MergeOptions, type Merged } from './work/merge-work.ts'
export { type PutBack } from './work/put-back.ts'
export { receiveWork, releaseWork, type ReceiveOptions, type ReceivedWork } from './work/receive-work.ts'
export { createTestCounter, type TestCounter } from './gate/count-tests.ts'
export {
  runGate,
  type FailureClass,
  type GateOptions,
  type GateReport,
  type GateResult,
  type GateStep,
} from './gate/run-gate.ts'
export { addCounts, countsInWords, executed, type TestCounts } from './gate/test-counts.ts'
export { countJunit } from './gate/reporters/junit.ts'
export {
  type DiffBudget,
  type Finding,
  type Guard,
  type GuardContext,
  type GuardPolicy,
  type JudgedTask,
  type GuardVerdict,
  type SlowGuard,
  type SlowGuardContext,
  type Verdict,
} from './guards/guard.ts'
export { builtInGuards, runGuards, type GuardsVerdict, type RunGuardsOptions } from './guards/run-guards.ts'
export { defaultTestGlobs } from './guards/test-globs.ts'
export {
  loadPlugins,
  type LoadPluginsOptions,
  type LoadedPlugin,
  type Plugins,
  type RefusedPlugin,
  type WantedPlugin,
} from './plugins/load-plugins.ts'
export { builtInPlugins } from './plugins/built-in.ts'
export { type Gate, type GateOpinion } from './gate/gate.ts'
export { type Notice, type Notifier } from './notify/notifier.ts'
export { noticesOf, type NoticesOptions } from './notify/notices-of.ts'
export { createTeller, type TellOptions } from './notify/tell.ts'
export { webhookNotifier, type WebhookNotifierOptions } from './notify/webhook-notifier.ts'
export { type Change, type ChangedFile, type ChangedLine, type FileKind, type FileSide } from './work/change.ts'
export { readChange, type ReadChangeOptions } from './work/read-change.ts'
export {
  judgeWork,
  type Approval,
  type JudgeOptions,
  type Landing,
  type LandingRules,
  type LandingStep,
} from './landing/judge-work.ts'
export { landWork, type LandOptions } from './landing/land-work.ts'
export { landingInWords } from './landing/landing-in-words.ts'
export { type AgentSettings } from './files/agent-settings.ts'
export { type AttemptBudget } from './files/attempt-budget.ts'
export { checkFactory, type FactoryCheck, type FloorFiles } from './files/check-factory.ts'
export {
  factoryFileSchema,
  factoryPath,
  outlineFactoryFile,
  parseFactoryFile,
  type FactoryFile,
  type FactoryOutline,
} from './files/factory-file.ts'
export { commitSource, folderSource, type FloorSource } from './files/floor-source.ts'
export { type GateSettings } from './files/gate-settings.ts'
export { initFactory, type InitOptions, type Initialised } from './files/init-factory.ts'
export { laneFileSchema, parseLaneFile, type LaneFile } from './files/lane-file.ts'
export { landingRules, loadFloor } from './files/load-floor.ts'
export { faultInWords, type FileFault } from './files/yaml-text.ts'
export { recoverVault, type RecoverOptions } from './clones/recover-vault.ts'
export { decideFloor, type FloorAsk } from './floor/decide-floor.ts'
export { type FloorAnswer } from './floor/floor-answer.ts'
export { emptyFloor, floorOf, isOver, type FloorDocument } from './floor/floor-document.ts'
export { floorRequest, laneKind, type FloorRequest } from './floor/floor-request.ts'
export { planFloor, type FloorPlan, type FloorStep, type Oversight, type PlanLane } from './floor/plan-floor.ts'
export { settleAttempt, type Settlement } from './floor/settle-attempt.ts'
export { broughtBack, withShelf, type Quarantined, type ShelfState, type ShelvedClone } from './floor/shelf.ts'
export { takeStep } from './floor/take-step.ts'
export {
  nextAttempt,
  type AttemptResult,
  type EndedAttempt,
  type LaneKind,
  type Outcome,
  type Overrule,
  type Priority,
  type Task,
  type TaskSource,
  type TaskState,
  type TaskStatus,
  type Waffling,
} from './floor/task.ts'
export { createDesk, type DeskOptions, type FloorReply } from './foreman/desk.ts'
export { createForeman, type FloorLane, type ForemanClock, type ForemanOptions } from './foreman/foreman.ts'
export { noteIn, notes, orderOf, type AttemptOrder } from './foreman/notes.ts'
export { crewOf, floorSessions, type Crew, type FloorSessions } from './foreman/sessions.ts'
export { acpAgent, type AcpLimits, type AcpProfile } from './agents/acp/acp-agent.ts'
export {
  type AgentAtWork,
  type AgentKind,
  type AgentStart,
  type PermissionAsk,
  type ToolKind,
  type TurnEnd,
} from './agents/agent.ts'
export {
  decidePermission,
  type PermissionContext,
  type PermissionDecision,
  type PermissionRule,
} from './oversight/decide-permission.ts'
export { type Script, type ScriptStep } from './agents/scripted/script.ts'
export { scriptedAgent } from './agents/scripted/scripted-agent.ts'
export { openFloor, type Floor, type FloorConfig, type LaneConfig, type OpenFloorOptions } from './crew/open-floor.ts'
export { demoFloor } from './demo/demo-floor.ts'
export { makeDemoRepository } from './demo/demo-repository.ts'
export { addDemoBacklog, demoFaults, followDemo, type DemoOptions } from './demo/run-demo.ts'
export { createLaneRunner, type Lane, type LaneRunnerOptions } from './lane/lane-runner.ts'
export { type Mandate } from './lane/prompts.ts'
export { createGateWorker, type GateWorkerOptions } from './merge/gate-worker.ts'
export { offerTrailer, type Offer, type Verdict as GateVerdict } from './merge/offer.ts'
export { checkBase, type CheckBaseOptions, type CheckedCommit } from './demo/check-base.ts'
export { askFloor, type AskFloorOptions, type FloorAnswered } from './foreman/ask-floor.ts'
export { processesOf } from './process/processes-of.ts'
export { floorConfig, type MakeAgent } from './crew/floor-config.ts'
export { githubIssues, type GithubIssuesOptions } from './sources/github-issues.ts'
export { markdownBacklog, type MarkdownBacklogOptions } from './sources/markdown-backlog.ts'
export { type ImportedTask, type TaskSourceReader } from './sources/task-source.ts'
export {
  startModelProxy,
  type ModelProxy,
  type ModelProxyOptions,
  type ModelsConfig,
  type OpenModelSocket,
} from './proxy/model-proxy.ts'
export { type AccessOptions, type ModelAccess, type ModelCall } from './proxy/model-access.ts'
export { type MeteredUsage } from './proxy/metered-usage.ts'
export { type CallLimits } from './proxy/pass-on.ts'
export { type ModelPrice } from './proxy/price.ts'
export { type ModelProvider, type ProviderKind, type WireFormat } from './proxy/provider.ts'
export { agentOf, type AgentOfOptions } from './agents/agent-of.ts'
export { agentProfiles } from './agents/profiles/profiles.ts'
export { commandAgent, type CommandAgentOptions } from './agents/command/command-agent.ts'
export { profiledAgent, type AgentProfile, type ProfileOptions } from './agents/profiles/profile.ts'
export { ledgerOf, type Ledger, type LedgerLine, type LedgerOptions } from './ledger/ledger-of.ts'
export { reportOf, type FloorReport, type ReportLine } from './report/report-of.ts'
export {
  periodReport,
  type PeriodLine,
  type PeriodOptions,
  type PeriodReport,
  type WafflingJudged,
} from './report/period-report.ts'
export { type SkillEffect } from './report/skill-effect.ts'
export { reportInMarkdown } from './report/report-in-markdown.ts'
export { ledgerInWords } from './ledger/ledger-in-words.ts'
export { AttemptWatch, type GateSaid, type WafflingPolicy, type WatchOptions } from './detect/attempt-watch.ts'
export {
  watchNotes,
  type DetectorFailed,
  type FoundByOthers,
  type Overruled,
  type WafflingVerdict,
} from './detect/watch-notes.ts'
export {
  climb,
  climbAtEnd,
  groundState,
  type Climb,
  type LadderPolicy,
  type LadderState,
  type Rung,
} from './detect/ladder.ts'
export { surfacesFileSchema, parseSurfacesFile, surfacesPath } from './surfaces/surfaces-file.ts'
export { type CoreBudget, type PluginSurface, type PluginSurfaces } from './surfaces/surfaces-file.ts'
export { scaffoldPlugin } from './surfaces/scaffold.ts'
export { pluginsIn, type PluginHere } from './surfaces/plugins-in.ts'
export { type CoreSize } from './surfaces/core-size.ts'
export { lookAtFolder, type SurfacesSeen } from './surfaces/look-at-folder.ts'
export { featuresInWords } from './surfaces/features-in-words.ts'
export { contractGate } from './surfaces/contract-gate.ts'
export { createDetector } from './detect/create-detector.ts'
export {
  type Detector,
  type Finding as StepFinding,
  type FindingKind,
  type SlowDetector,
  type Verdict as StepVerdict,
} from './detect/detector.ts'
export {
  evaluate,
  fitCuts,
  type AgentEvaluation,
  type EvaluateOptions,
  type Interval,
  type OutcomeMetrics,
} from './detect/evaluate/evaluate.ts'
export { judgeRun, type JudgedRun } from './detect/evaluate/judge-run.ts'
export { falseAlarmsAt, type Judged, type StepMetrics } from './detect/evaluate/metrics.ts'
export { type DetectorLimits } from './detect/limits.ts'
export { createRuleSet, ruleSetNames, type RuleSetName } from './detect/rule-sets.ts'
export { type CallKind, type Step } from './detect/step.ts'
export { ChunkSteps } from './detect/steps/chunk-steps.ts'
export { ExportSteps } from './detect/steps/export-steps.ts'
export { type StepExtras } from './detect/steps/step-reader.ts'
export { parseTrajectory } from './detect/trajectories/parse-trajectory.ts'
export { type LabelledStep, type StepLabel, type Trajectory } from './detect/trajectories/trajectory.ts'
export { armKey, armName, type Arm } from './choice/arm.ts'
export { bestOf, type Candidate } from './choice/best-of.ts'
export {
  chooseArm,
  choiceInWords,
  type ArmStanding,
  type Choice,
  type ChooseOptions,
  type Tried,
} from './choice/choose-arm.ts'
export { experienceOf, type Experience } from './choice/experience-of.ts'
export {
  gateFactsOf,
  rewardOf,
  type ChangeFacts,
  type GateFacts,
  type Reward,
  type RewardPart,
} from './choice/reward.ts'
export { stopLoop } from './choice/stop-loop.ts'
export {
  playAttempt,
  simKinds,
  type PlayOptions,
  type SimAgent,
  type SimAttempt,
  type SimKind,
} from './simulation/sim-agent.ts'
export { simAgents } from './simulation/sim-agents.ts'
export {
  simulateFloor,
  type SimChoice,
  type SimFloor,
  type SimOptions,
  type SimPlayed,
} from './simulation/simulate-floor.ts'
export { deploySkills, plainSkillsFolder, type DeployedSkill, type SkillForm } from './skills/deploy-skills.ts'
export { hashSkill } from './skills/hash-skill.ts'
export {
  assignVersion,
  skillsFor,
  type ChooseVersion,
  type GivenSkill,
  type LaneSkill,
  type SkillTrial,
} from './skills/lane-skills.ts'
export { loadSkill } from './skills/load-skill.ts'
export { parseSkill, type ParsedSkill, type SkillText } from './skills/parse-skill.ts'
export { readSkills, type ReadSkills } from './skills/read-skills.ts'
export { skillSection } from './skills/skill-section.ts'
export {
  skillLimits,
  skillsFolder,
  versionOf,
  type Skill,
  type SkillFile,
  type SkillMatter,
  type SkillPin,
} from './skills/skill.ts'
export { starterSkills } from './skills/starter-skills.ts'
export { decisionOn, isSameProposal, withDecision, type Decision, type Signature } from './floor/signature.ts'
export { dependencyProposals, usedPackages, type Manifest, type PackageNews } from './horizon/dependencies.ts'
export { gateProposals, gateRecords, type GateRecord } from './horizon/gate-history.ts'
export { clusterIssues, issueProposals, type Issue } from './horizon/issue-clusters.ts'
export { lookAhead, type Horizon, type LookAheadOptions } from './horizon/look-ahead.ts'
export { proposalsIn, type AgentProposals } from './horizon/agent-proposals.ts'
export { requestOf, type Evidence, type Proposal } from './horizon/proposal.ts'
export { readRegistry, type RegistryOptions, type RegistryRead } from './horizon/read-registry.ts'
export { readMarkers, todoProposals, type Marker } from './horizon/todo-drift.ts'
export { triage, type Urgency } from './horizon/triage.ts'
export {
  compareVersions,
  skillTable,
  type SkilledAttempt,
  type VersionComparison,
  type VersionLine,
} from './skills/skill-table.ts'
export { AttemptLog, type AttemptFact, type LoggedAttempt, type LogQuote } from './retro/attempt-log.ts'
export { dayOf, daysOf, type DayLesson, type DayRetro } from './retro/day-of.ts'
export { landProposal, type LandProposalOptions } from './retro/land-proposal.ts'
export { adviceFor, lessonKey, type LessonKey } from './retro/lesson.ts'
export { nearbyLessons } from './retro/nearby-lessons.ts'
export { diffIn, evidenceInWords, proposalText, retroSource } from './retro/proposal-text.ts'
export { proposalsOf, type FileProposal, type ProposalsOptions } from './retro/proposals-of.ts'
export { AttemptReader } from './retro/read-attempts.ts'
export { reflect, retrosOf, startReflection, type ReflectOptions, type RetrosOptions } from './retro/reflect.ts'
export { retroOf, type Lesson, type Retro } from './retro/retro-of.ts'
export { withStamps } from './retro/with-stamps.ts'
export { setTrial } from './files/set-trial.ts'
export { exportSkill, type ExportSkillOptions } from './skills/export-skill.ts'
export { fetchSkills, type FetchedSkills, type FoundSkill, type SkillRepository } from './skills/fetch-skills.ts'
