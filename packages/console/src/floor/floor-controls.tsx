import type { FloorDocument } from '@headrace/factory/floor'
import { useState, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { AddTaskDialog } from './add-task-dialog.tsx'
import { useFloorPlace } from './floor-context.ts'
import './floor-controls.css'

/** The mode of the floor, and what changes it. */
export function FloorControls({ floor }: { readonly floor: FloorDocument }): ReactNode {
  const { ask, may } = useFloorPlace()
  const [adding, setAdding] = useState(false)
  const { mode, modeWhy, attention } = floor
  return (
    <div className="controls">
      <div className="controls-mode">
        <p className="mode" data-mode={mode} data-testid="floor-mode">
          {text.floor.mode[mode]}
        </p>
        <p className="controls-note" dir="auto">
          {modeWhy ?? text.floor.modeNote[mode]} {mode === 'running' && text.floor.attention(attention)}
        </p>
      </div>
      {may.send && (
        <div className="controls-buttons">
          <Button icon={<Icon name="plus" />} onClick={() => setAdding(true)}>
            {text.floor.add}
          </Button>
          {mode === 'running' ? (
            <Button icon={<Icon name="pause" />} onClick={() => ask({ ask: 'set-mode', mode: 'paused' })}>
              {text.floor.pause}
            </Button>
          ) : (
            <Button
              look="primary"
              icon={<Icon name="play" />}
              onClick={() => ask({ ask: 'set-mode', mode: 'running' })}
            >
              {text.floor.resume}
            </Button>
          )}
          {mode !== 'stopped' && (
            <Button
              className="controls-stop"
              icon={<Icon name="stop" />}
              onClick={() => ask({ ask: 'set-mode', mode: 'stopped' })}
            >
              {text.floor.stopAll}
            </Button>
          )}
        </div>
      )}
      {adding && <AddTaskDialog onClose={() => setAdding(false)} />}
    </div>
  )
}
