import type {
  CommandBody,
  FoundPage,
  InboxPage,
  ListPage,
  Message,
  Outcome,
  SessionId,
  SessionRow,
  SessionView,
} from '@headrace/core'

/** The commands that tools make. */
export type McpCommand = Extract<
  CommandBody,
  { readonly type: 'create' | 'post' | 'send' | 'steer' | 'cancel' | 'answer' }
>

/** Which page of a list. */
export interface McpPage {
  readonly limit: number
  readonly cursor?: string
}

/** How long to wait for something. */
export interface McpWait {
  /** Seq that the view must have reached before it is looked at: that of the caller's own command. Default: as it is. */
  readonly atLeast?: number
  readonly waitMs: number
  /** Ends the wait early; it rejects with the signal's reason then. */
  readonly signal: AbortSignal
}

/**
 * Sessions with the rights of one caller, as the tools use them: over a connection, or in the process of the server. It
 * translates and decides nothing. Every method rejects with a `HeadraceError`.
 */
export interface McpSessions {
  list(page: McpPage & { readonly status?: SessionRow['status'] }): Promise<ListPage>
  search(query: string, page: McpPage): Promise<FoundPage>
  inbox(page: McpPage): Promise<InboxPage>
  view(session: SessionId): Promise<SessionView>
  /** Messages that are no longer in the view, the newest before a position, oldest first. */
  messages(
    session: SessionId,
    page: { readonly before: number; readonly limit: number },
  ): Promise<{ readonly messages: readonly Message[]; readonly more: boolean }>
  /**
   * @param id - names the command within the session, so that another one with the same id changes nothing
   * @returns the outcome, when it is durable; a refusal rejects
   */
  submit(
    session: SessionId,
    command: McpCommand,
    id?: string,
  ): Promise<Exclude<Outcome, { readonly outcome: 'refused' }>>
  /** The view in which it is so, or as it is when the time is over. */
  until(session: SessionId, holds: (view: SessionView) => boolean, wait: McpWait): Promise<SessionView>
}
