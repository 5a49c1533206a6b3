export { authorize, decide } from './authorize.js'
export { clientChangeBody, createClient, listClients, newClientBody, revokeClient, showClient, updateClient } from './clients.js'
export { showResource, showServer } from './metadata.js'
export { revoke, token } from './token.js'
