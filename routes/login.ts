import type { Row } from '../src/gateway/row.js'
import { logOut, showLogin, submitLogin } from '../src/login/handlers.js'

/** Pages, on the gateway's own port: whoever an app sends to give their consent logs in there. */
export const loginRows = [
  { method: 'GET', path: '/login', scope: 'public', instance: 'none', page: true, handler: showLogin },
  { method: 'POST', path: '/login', scope: 'public', instance: 'none', page: true, form: true, handler: submitLogin },
  { method: 'POST', path: '/logout', scope: 'public', instance: 'none', page: true, form: true, handler: logOut }
] as const satisfies readonly Row[]
