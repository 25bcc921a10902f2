import type { SessionView } from '@headrace/core'
import type { ReactNode } from 'react'
import { knownAgents, workingAgents } from '../model/agents.ts'
import { peopleHere } from '../model/people.ts'
import { text } from '../text.ts'
import { Avatar } from '../ui/avatar.tsx'
import { Popover } from '../ui/popover.tsx'
import { useSessionPlace } from './session-context.ts'
import './people.css'

const facesShown = 3

/** Who has the session open, on how many devices; and which agents it has. */
export function People({ view }: { readonly view: SessionView }): ReactNode {
  const { me } = useSessionPlace()
  const people = peopleHere(view.presence, me)
  const working = workingAgents(view)
  const more = people.length - facesShown
  const label = text.people.here(people.map(({ name, devices }) => text.people.named(name, devices.length)))
  const faces = (
    <span className="faces">
      {people.slice(0, facesShown).map(({ actor, name }) => (
        <Avatar key={actor} actor={actor} name={name} />
      ))}
      {more > 0 && <span className="faces-more">+{more}</span>}
    </span>
  )
  return (
    <Popover label={label} trigger={faces} className="people" testId="people">
      <h2 className="people-title">{text.people.title}</h2>
      <ul className="people-list" data-testid="people-list">
        {people.map((person) => (
          <li key={person.actor} className="people-row">
            <Avatar actor={person.actor} name={person.name} />
            <div>
              <p className="people-name">
                <bdi>{person.name}</bdi>
                {person.actor === me && <span className="people-you"> ({text.people.you})</span>}
              </p>
              <p className="people-more">
                {text.list(person.devices.map(({ label: device }) => device ?? text.people.unknownDevice))}
              </p>
            </div>
          </li>
        ))}
      </ul>
      <h2 className="people-title">{text.people.agents}</h2>
      <ul className="people-list">
        {knownAgents(view).map((agent) => (
          <li key={agent} className="people-row">
            <Avatar actor={`agent:${agent}`} name={agent} agent />
            <div>
              <p className="people-name">
                <bdi>{agent}</bdi>
              </p>
              <p className="people-more">{working.includes(agent) ? text.people.atWork : text.people.idle}</p>
            </div>
          </li>
        ))}
      </ul>
    </Popover>
  )
}
