import type { Event, EventType, Message, RunAgentInput } from '@ag-ui/core'
import { EventType as Types } from '@ag-ui/core'
import { expectTypeOf, expect, test } from 'vitest'
import type { AgUiEvent, AgUiInput, AgUiMessage } from '@headrace/formats/ag-ui'
import { known } from '../src/ag-ui/event-shapes.ts'

/** Theirs name types by an enum, and are not marked as read only. */
type Plain<T> = 0 extends 1 & T
  ? T
  : T extends `${infer Name}`
    ? Name
    : T extends readonly (infer Item)[]
      ? Plain<Item>[]
      : T extends object
        ? { -readonly [K in keyof T]: Plain<T[K]> }
        : T

/** The types of events of one side that the other does not take. */
type Unfit<Theirs extends { type: string }, Ours> = {
  [K in Theirs['type']]: Plain<Extract<Theirs, { type: K }>> extends Plain<Ours> ? never : K
}[Theirs['type']]

test('U1: the shapes are those of AG-UI 1.0', () => {
  expectTypeOf<`${EventType}`>().toEqualTypeOf<AgUiEvent['type']>()
  expectTypeOf<Unfit<Event, AgUiEvent>>().toEqualTypeOf<never>()
  expectTypeOf<Unfit<AgUiEvent, Event>>().toEqualTypeOf<never>()
  expectTypeOf<Plain<AgUiMessage>>().toExtend<Plain<Message>>()
  expectTypeOf<Plain<Message>>().toExtend<Plain<AgUiMessage>>()
  expectTypeOf<Plain<AgUiInput>>().toExtend<Plain<RunAgentInput>>()
  expectTypeOf<Plain<RunAgentInput>>().toExtend<Plain<AgUiInput>>()
  expect(Object.values(Types)).toHaveLength(31)
})

test('U1: every type of AG-UI 1.0 is known, and one that is not says nothing', () => {
  for (const type of Object.values(Types)) {
    const everything = {
      type,
      messageId: 'm',
      toolCallId: 'c',
      toolCallName: 'n',
      delta: type === 'STATE_DELTA' ? [] : 'd',
      content: type === 'ACTIVITY_SNAPSHOT' ? {} : 'c',
      activityType: 'a',
      patch: [],
      messages: [],
      snapshot: null,
      message: 'm',
      name: 'n',
      value: null,
    }
    expect(known(everything)).toEqual(everything)
  }
  expect(known({ type: 'SOMETHING_LATER', any: 1 })).toBeUndefined()
})
