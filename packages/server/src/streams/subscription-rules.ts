import {
  decideSubscription,
  foldSubscription,
  noSubscription,
  subscriptionDue,
  type SubscriptionAnswer,
  type SubscriptionCommand,
  type SubscriptionEvent,
  type SubscriptionState,
} from '@headrace/core'
import type { LogRoom, LogRules } from './log-room.ts'
import { plainRow } from './stream-rules.ts'

export type SubscriptionRoom = LogRoom<SubscriptionState, SubscriptionEvent, SubscriptionCommand, SubscriptionAnswer>

export const subscriptionRules: LogRules<
  SubscriptionState,
  SubscriptionEvent,
  SubscriptionCommand,
  SubscriptionAnswer
> = {
  empty: noSubscription,
  decide: decideSubscription,
  fold: foldSubscription,
  timeGoesOn: true,
  row: (state, key) => plainRow(key, state.createdAt, subscriptionDue(state)),
}
