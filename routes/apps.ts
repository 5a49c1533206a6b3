import { appChangeBody, installApp, installBody, launchInstall, listAppDeliveries, listApps, listInstalls, newAppBody, redeliverToApp, registerApp, removeApp, removeInstall, showApp, showInstall, updateApp } from '../src/apps/handlers.js'
import type { Row } from '../src/gateway/row.js'

const admin = { scope: 'admin', instance: 'none' } as const

/** Custom apps (spec/06), which the Cloud's console manages and no documented route does. */
export const appAdminRows = [
  { method: 'POST', path: '/admin/apps', ...admin, body: newAppBody, handler: registerApp },
  { method: 'GET', path: '/admin/apps', ...admin, handler: listApps },
  { method: 'GET', path: '/admin/apps/deliveries', ...admin, handler: listAppDeliveries },
  { method: 'POST', path: '/admin/apps/deliveries/:delivery_id/redeliver', ...admin, handler: redeliverToApp },
  { method: 'GET', path: '/admin/apps/:app_id', ...admin, handler: showApp },
  { method: 'PUT', path: '/admin/apps/:app_id', ...admin, body: appChangeBody, handler: updateApp },
  { method: 'DELETE', path: '/admin/apps/:app_id', ...admin, handler: removeApp },
  { method: 'POST', path: '/admin/apps/:app_id/installs', ...admin, body: installBody, handler: installApp },
  { method: 'GET', path: '/admin/installs', ...admin, handler: listInstalls },
  { method: 'GET', path: '/admin/installs/:installed_app_id', ...admin, handler: showInstall },
  { method: 'DELETE', path: '/admin/installs/:installed_app_id', ...admin, handler: removeInstall },
  { method: 'POST', path: '/admin/installs/:installed_app_id/launch', ...admin, handler: launchInstall }
] as const satisfies readonly Row[]
