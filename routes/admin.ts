import { createKey, keyChangeBody, listKeys, newKeyBody, revokeKey, rotateKey, rotationBody, showKey, updateKey } from '../src/auth/handlers.js'
import { listAudit, verifyAudit } from '../src/audit/handlers.js'
import { addFault, clearFaults, clockBody, faultBody, listFaults, resetBody, resetInstance, setClock, settleInstance } from '../src/controls/handlers.js'
import { appAdminRows } from './apps.js'
import type { Row } from '../src/gateway/row.js'
import { createInstance, examineInstance, instanceChangeBody, listInstances, newInstanceBody, removeInstance, showInstance, testInstance, updateInstance } from '../src/instances/handlers.js'
import { showSeed } from '../src/seed/handlers.js'
import { passwordBody, removePassword, setPassword } from '../src/login/handlers.js'
import { oauthAdminRows } from './oauth.js'
import { listRequests, showRequest } from '../src/requests/handlers.js'
import { listDeliveries, redeliver, setWebhook, webhookBody } from '../src/webhooks/handlers.js'

/** Behind the admin token: on the gateway's own port while that is a loopback address, else on ADMIN_PORT alone. */
export const adminRows = [
  { method: 'POST', path: '/admin/keys', scope: 'admin', instance: 'none', body: newKeyBody, handler: createKey },
  { method: 'GET', path: '/admin/keys', scope: 'admin', instance: 'none', handler: listKeys },
  { method: 'GET', path: '/admin/keys/:id', scope: 'admin', instance: 'none', handler: showKey },
  { method: 'PUT', path: '/admin/keys/:id', scope: 'admin', instance: 'none', body: keyChangeBody, handler: updateKey },
  { method: 'DELETE', path: '/admin/keys/:id', scope: 'admin', instance: 'none', handler: revokeKey },
  { method: 'POST', path: '/admin/keys/:id/rotate', scope: 'admin', instance: 'none', body: rotationBody, handler: rotateKey },

  { method: 'PUT', path: '/admin/password', scope: 'admin', instance: 'none', body: passwordBody, handler: setPassword },
  { method: 'DELETE', path: '/admin/password', scope: 'admin', instance: 'none', handler: removePassword },

  ...oauthAdminRows,

  ...appAdminRows,

  { method: 'POST', path: '/admin/instances', scope: 'admin', instance: 'none', body: newInstanceBody, handler: createInstance },
  { method: 'GET', path: '/admin/instances', scope: 'admin', instance: 'none', handler: listInstances },
  { method: 'GET', path: '/admin/instances/:id', scope: 'admin', instance: 'none', handler: showInstance },
  { method: 'PUT', path: '/admin/instances/:id', scope: 'admin', instance: 'none', body: instanceChangeBody, handler: updateInstance },
  { method: 'DELETE', path: '/admin/instances/:id', scope: 'admin', instance: 'none', handler: removeInstance },
  { method: 'POST', path: '/admin/instances/:id/test', scope: 'admin', instance: 'none', handler: testInstance },
  { method: 'GET', path: '/admin/instances/:id/doctor', scope: 'admin', instance: 'none', handler: examineInstance },
  { method: 'POST', path: '/admin/instances/:id/reset', scope: 'admin', instance: 'none', body: resetBody, handler: resetInstance },
  { method: 'POST', path: '/admin/instances/:id/settle', scope: 'admin', instance: 'none', handler: settleInstance },
  { method: 'POST', path: '/admin/instances/:id/clock', scope: 'admin', instance: 'none', body: clockBody, handler: setClock },

  { method: 'GET', path: '/admin/seed', scope: 'admin', instance: 'none', handler: showSeed },

  { method: 'PUT', path: '/admin/instances/:id/webhook', scope: 'admin', instance: 'none', body: webhookBody, handler: setWebhook },
  { method: 'GET', path: '/admin/instances/:id/webhook/deliveries', scope: 'admin', instance: 'none', handler: listDeliveries },
  { method: 'POST', path: '/admin/instances/:id/webhook/deliveries/:delivery_id/redeliver', scope: 'admin', instance: 'none', handler: redeliver },

  { method: 'POST', path: '/admin/instances/:id/faults', scope: 'admin', instance: 'none', body: faultBody, handler: addFault },
  { method: 'GET', path: '/admin/instances/:id/faults', scope: 'admin', instance: 'none', handler: listFaults },
  { method: 'DELETE', path: '/admin/instances/:id/faults', scope: 'admin', instance: 'none', handler: clearFaults },

  { method: 'GET', path: '/admin/audit', scope: 'admin', instance: 'none', handler: listAudit },
  { method: 'GET', path: '/admin/audit/verification', scope: 'admin', instance: 'none', handler: verifyAudit },

  { method: 'GET', path: '/admin/requests', scope: 'admin', instance: 'none', handler: listRequests },
  { method: 'GET', path: '/admin/requests/:id', scope: 'admin', instance: 'none', handler: showRequest }
] as const satisfies readonly Row[]
