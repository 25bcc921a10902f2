/** What a window onto a floor needs: how it is read, why tasks wait, and how something is asked of it. Runs in browsers. */
export { decideFloor, type FloorAsk } from './floor/decide-floor.ts'
export { waitsFor } from './floor/depend-task.ts'
export { type FloorAnswer } from './floor/floor-answer.ts'
export { emptyFloor, floorOf, isOver, type FloorDocument } from './floor/floor-document.ts'
export { type FloorRequest } from './floor/floor-request.ts'
export { needsPerson, type NeedyTask } from './floor/needs-person.ts'
export { planFloor, type FloorPlan, type FloorStep, type Oversight, type PlanLane } from './floor/plan-floor.ts'
export {
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
export { type ShelfState, type ShelvedClone } from './floor/shelf.ts'
export { moreUrgent } from './floor/task-order.ts'
export { askFloor, type AskFloorOptions, type FloorAnswered } from './foreman/ask-floor.ts'
export { type FloorReply } from './foreman/desk.ts'
export { attemptRun, noteIn, notes, orderOf, type AttemptOrder } from './foreman/notes.ts'
export {
  crewOf,
  floorPlace,
  floorSessions,
  type Crew,
  type FloorPlace,
  type FloorSessions,
} from './foreman/sessions.ts'
export { ledgerOf, type Ledger, type LedgerLine, type LedgerOptions } from './ledger/ledger-of.ts'
export { periodReport, type PeriodLine, type PeriodReport } from './report/period-report.ts'
export { reportInMarkdown } from './report/report-in-markdown.ts'
export { adviceFor, lessonKey, type LessonKey } from './retro/lesson.ts'
export { diffIn, retroSource } from './retro/proposal-text.ts'
export { type Decision } from './floor/signature.ts'
export {
  compareVersions,
  skillTable,
  type SkilledAttempt,
  type VersionComparison,
  type VersionLine,
} from './skills/skill-table.ts'
export { landedOf, ownEnd } from './report/landed.ts'
export { reportOf, type FloorReport, type ReportLine } from './report/report-of.ts'
export { offerIn, offersOf, verdictOf, type Offer, type Verdict as GateVerdict } from './merge/offer.ts'
