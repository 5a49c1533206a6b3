import { inject } from 'vitest'
import { call, type Answer } from './gateway.js'
import { keepSecrets } from './kept.js'

export interface Shown extends Answer {
  /** The hidden fields of the page's first form. */
  readonly fields: Readonly<Record<string, string>>
}

export interface Browser {
  get(path: string): Promise<Shown>
  /** A form of a page of the gateway; headers as the browser sends them, unless others are given. */
  post(path: string, fields: Readonly<Record<string, string>>, headers?: Record<string, string>): Promise<Shown>
  /** What it keeps, by name. */
  readonly cookies: Map<string, string>
}

const ENTITIES: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" }
const unescaped = (text: string): string => text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] as string)

function fieldsOf (text: string): Record<string, string> {
  const [form = ''] = /<form[\s\S]*?<\/form>/.exec(text) ?? []
  return Object.fromEntries([...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [name, unescaped(value as string)]))
}

/** As little of a browser as forms and cookies need; it follows no redirect. */
export function browser (url = inject('gateway').url, origin = url): Browser {
  const cookies = new Map<string, string>()
  const ask = async (path: string, init: { method?: string, body?: string, headers?: Record<string, string> }): Promise<Shown> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await call(url + path, { ...init, redirect: 'manual', headers: { ...(cookie === '' ? {} : { Cookie: cookie }), ...init.headers } })
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) as RegExpExecArray
      if (/; Max-Age=0/.test(line)) cookies.delete(name as string)
      else cookies.set(name as string, value as string)
    }
    const fields = fieldsOf(answer.text)
    keepSecrets(...cookies.values())
    return { ...answer, fields }
  }
  return {
    cookies,
    get: async (path) => await ask(path, {}),
    post: async (path, fields, headers = { Origin: origin, 'Sec-Fetch-Site': 'same-origin' }) => {
      keepSecrets(fields['password'])
      return await ask(path, { method: 'POST', body: new URLSearchParams(fields).toString(), headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers } })
    }
  }
}
