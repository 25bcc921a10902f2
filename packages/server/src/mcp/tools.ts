import type { McpTool } from './tool.ts'
import { answerRequest } from './tools/answer-request.ts'
import { cancelRuns } from './tools/cancel-runs.ts'
import { listSessions } from './tools/list-sessions.ts'
import { postMessage } from './tools/post-message.ts'
import { readInbox } from './tools/read-inbox.ts'
import { readMessage } from './tools/read-message.ts'
import { readSession } from './tools/read-session.ts'
import { searchMessages } from './tools/search-messages.ts'
import { sendMessage } from './tools/send-message.ts'
import { steerRun } from './tools/steer-run.ts'
import { waitForAnswer } from './tools/wait-for-answer.ts'

/** All tools, in the order in which they are listed: reading first. */
export const mcpTools: readonly McpTool[] = [
  listSessions,
  readSession,
  readMessage,
  searchMessages,
  readInbox,
  sendMessage,
  waitForAnswer,
  postMessage,
  steerRun,
  cancelRuns,
  answerRequest,
]
