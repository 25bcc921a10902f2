import { hydrateRoot } from 'react-dom/client'
import { connect } from '@headrace/client'
import { Page, type PageProps } from './page.tsx'

const begin = document.querySelector('#begin')?.textContent ?? '{}'
const { session, views } = JSON.parse(begin) as Omit<PageProps, 'client'> // written by the server
const token = async (): Promise<string> => (await fetch('/token')).text()
const client = connect({ url: location.origin, token })

const root = document.querySelector('#root')
if (!root) throw new Error('the page has no #root')
hydrateRoot(root, <Page client={client} session={session} views={views} />)
