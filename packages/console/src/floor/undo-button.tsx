import type { ShelvedClone } from '@headrace/factory/floor'
import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { useFloorPlace } from './floor-context.ts'
import './undo-button.css'

/** Brings a clone back that was put away, or says where it is. */
export function UndoButton({ clone: { id, state } }: { readonly clone: ShelvedClone }): ReactNode {
  const { ask, may } = useFloorPlace()
  const words = text.floor.shelf
  switch (state.is) {
    case 'back':
      return (
        <p className="undo-back">
          {words.back} <code>{state.clone}</code>
        </p>
      )
    case 'wanted':
      return <p className="undo-back">{words.coming}</p>
    case 'kept':
      return (
        <>
          {may.send && (
            <Button
              size="small"
              icon={<Icon name="again" />}
              aria-label={words.undoOf(id)}
              onClick={() => ask({ ask: 'undo', attempt: id })}
            >
              {words.undo}
            </Button>
          )}
          {state.failed !== undefined && (
            <p className="undo-failed" dir="auto">
              {words.failed(state.failed)}
            </p>
          )}
        </>
      )
    default:
      return state satisfies never
  }
}
