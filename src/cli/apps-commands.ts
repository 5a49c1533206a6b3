import type { Command } from 'commander'
import { PERMISSIONS } from '../apps/manifest.js'
import { developApp } from './apps-dev.js'
import { triggerEvent } from './apps-trigger.js'
import { installApp, launchApp, listApps, listDeliveries, listInstalls, redeliver, registerApp, removeApp, showApp, uninstallApp, updateApp } from './apps.js'

const DEV_HELP = `
It works in any order: where the app does not listen yet, it is installed as soon as it does. An app that checks signatures is
started second, with the signing secret that this shows first. What an earlier one has left at the same callback is taken over,
and its install on the instance ended; an app that apps register made is left alone. On Ctrl+C the app is told that it is uninstalled, and removed whatever it answers; --keep
leaves both, and the next start has the same secret. The gateway must allow apps on this machine: it does with --ephemeral, else start it
with APPS_ALLOW_LOCAL=true.`

const paged = (command: Command): Command => command
  .option('--limit <count>', 'how many, 100 without it')
  .option('--offset <count>', 'how many to pass over')

/** @param remote adds the options of every command that talks to a running gateway */
export function addAppCommands (program: Command, remote: (command: Command) => Command): void {
  const apps = program.command('apps').description('custom apps: registered, installed on instances, told of it and watched')
  remote(apps.command('register').description('register an app; the secret that its requests are signed with is shown this once')
    .argument('<manifest>', 'a JSON file with its manifest; - for standard input')).action(registerApp)
  remote(apps.command('list').description('all apps')).action(listApps)
  remote(apps.command('show').description('an app').argument('<app>')).action(showApp)
  remote(apps.command('update').description('change an app; what is installed keeps what it was granted').argument('<app>')
    .argument('<manifest>', 'a JSON file with the members that change; - for standard input')).action(updateApp)
  remote(apps.command('remove').description('remove an app that is installed nowhere').argument('<app>')).action(removeApp)
  remote(apps.command('install').description('install an app: its callback is sent a key of its own').argument('<app>'))
    .requiredOption('--instance <id>', 'the instance that it may use, as blnk-gateway instances list shows them')
    .option('--permissions <list>', `what to grant of what it asks for, with commas between: ${PERMISSIONS.join(', ')}; all of it without it`)
    .action(installApp)
  paged(remote(apps.command('installs').description('all installs, the newest first, ended ones too')))
    .option('--app <id>', 'only of this app')
    .option('--instance <id>', 'only on this instance')
    .action(listInstalls)
  remote(apps.command('uninstall').description('uninstall: where its callback does not take it, it stays').argument('<install>'))
    .option('--force', 'end it whatever the app answers')
    .action(uninstallApp)
  remote(apps.command('launch').description('ask an app for its portal, and print the address').argument('<install>')).action(launchApp)
  paged(remote(apps.command('deliveries').description('what apps were sent and how they answered, the newest first')))
    .option('--install <id>', 'only to this install')
    .action(listDeliveries)
  remote(apps.command('redeliver').description('send an uninstall or a launch again').argument('<delivery>')).action(redeliver)
  remote(apps.command('trigger').description('fire an event by hand, and show what was sent and answered; exit code 1 where the app did not take it')
    .argument('<event>', 'install, uninstall or launch'))
    .option('--install <id>', 'the install; an install event installs its app there once more')
    .option('--app <id>', 'the app, with --instance')
    .option('--instance <id>', 'the instance, with --app')
    .action(triggerEvent)
  remote(apps.command('dev').description('register and install an app that you write, show all that it sends and is sent, and undo it on Ctrl+C'))
    .requiredOption('--callback <url>', 'where installs and uninstalls are sent, such as http://localhost:5002/api/callback')
    .option('--portal <url>', 'where launches are sent; without it, portal beside the callback')
    .option('--permissions <list>', `what it asks for and is granted, with commas between; all without it: ${PERMISSIONS.join(', ')}`)
    .option('--instance <id>', 'the instance; without it, the sandbox')
    .option('--name <name>', 'what lists and logs call it')
    .option('--keep', 'leave it registered and installed at the end')
    .addHelpText('after', DEV_HELP)
    .action(developApp)
}
