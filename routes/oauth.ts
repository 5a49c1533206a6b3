import type { Row } from '../src/gateway/row.js'
import { authorize, clientChangeBody, createClient, decide, listClients, newClientBody, revoke, revokeClient, showClient, showGrants, showResource, showServer, takeBack, token, updateClient } from '../src/oauth/handlers.js'

/** The authorization server (spec/04), on the gateway's own port. Clients authenticate themselves at token and revoke. */
export const oauthRows = [
  { method: 'GET', path: '/oauth/authorize', scope: 'public', instance: 'none', page: true, handler: authorize },
  { method: 'POST', path: '/oauth/authorize', scope: 'public', instance: 'none', page: true, form: true, handler: decide },
  { method: 'GET', path: '/oauth/grants', scope: 'public', instance: 'none', page: true, handler: showGrants },
  { method: 'POST', path: '/oauth/grants', scope: 'public', instance: 'none', page: true, form: true, handler: takeBack },
  { method: 'POST', path: '/oauth/token', scope: 'public', instance: 'none', form: true, oauth: true, handler: token },
  { method: 'POST', path: '/oauth/revoke', scope: 'public', instance: 'none', form: true, oauth: true, handler: revoke },
  { method: 'GET', path: '/.well-known/oauth-authorization-server', scope: 'public', instance: 'none', handler: showServer },
  { method: 'GET', path: '/.well-known/oauth-protected-resource', scope: 'public', instance: 'none', handler: showResource }
] as const satisfies readonly Row[]

export const oauthAdminRows = [
  { method: 'POST', path: '/admin/oauth/clients', scope: 'admin', instance: 'none', body: newClientBody, handler: createClient },
  { method: 'GET', path: '/admin/oauth/clients', scope: 'admin', instance: 'none', handler: listClients },
  { method: 'GET', path: '/admin/oauth/clients/:id', scope: 'admin', instance: 'none', handler: showClient },
  { method: 'PUT', path: '/admin/oauth/clients/:id', scope: 'admin', instance: 'none', body: clientChangeBody, handler: updateClient },
  { method: 'DELETE', path: '/admin/oauth/clients/:id', scope: 'admin', instance: 'none', handler: revokeClient }
] as const satisfies readonly Row[]
