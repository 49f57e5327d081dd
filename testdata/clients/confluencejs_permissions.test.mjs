// confluence.js and the permissions that no role holds: a site from before
// roles, and one on its way to them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { clientsOf, drift, lookupsOf, refusedWith } from './confluencejs.mjs';
import { serve } from './site.mjs';

const facts = `
+ exists user:ana@acme.example
+ exists group:staff
+ product group:staff = user
+ member group:staff user:ana@acme.example
+ exists group:writers
`;

for (const roleMode of ['PRE_ROLES', 'ROLES_TRANSITION']) {
  describe(`a site in mode ${roleMode}`, () => {
    let site, v1, v2, the, id, writers;
    const spaceKey = 'OPS';
    before(async () => {
      site = await serve(facts, { roleMode });
      ({ v1, v2 } = clientsOf(site));
      the = lookupsOf({ v1, v2 });
      // Whoever makes a space is its admin.
      id = (await v1.space.createSpace({ name: 'Operations', key: spaceKey })).id;
      writers = (await the.group('writers')).id;
    });
    after(() => site?.stop());

    const add = (operation, subject = { type: 'group', identifier: writers }) => {
      const [key, target] = operation.split('/');
      return v1.spacePermissions.addPermissionToSpace({ spaceKey, subject, operation: { key, target } });
    };
    const rows = async (who = writers) => (await v2.spacePermissions.getSpacePermissionsAssignments({ id, limit: 250 }))
      .results.filter(r => r.principal.id === who);
    const held = async who => (await rows(who)).map(r => `${r.operation.key}/${r.operation.targetType}`).sort();

    test('the site tells its mode', async () => {
      assert.equal((await v2.spaceRoles.getSpaceRoleMode()).mode, roleMode);
    });

    test('permissions: add some, remove one, remove all', async () => {
      await assert.rejects(add('create/page'), refusedWith(400));
      const made = await add('read/space');
      assert.deepEqual(made.operation, { key: 'read', target: 'space' });
      assert.deepEqual(made.subject, { type: 'group', identifier: writers });
      assert.deepEqual(await held(), ['export_content/space', 'read/space']);
      await assert.rejects(add('read/space'), refusedWith(400));

      const page = await add('create/page');
      assert.deepEqual(await held(), ['create/page', 'export_content/space', 'read/space', 'update/page']);
      assert.ok((await rows()).some(r => r.id === String(page.id)), 'the same id in both versions');
      await v1.spacePermissions.removePermission({ spaceKey, id: page.id });
      assert.deepEqual(await held(), ['export_content/space', 'read/space']);

      await v1.spacePermissions.removePermission({ spaceKey, id: made.id });
      assert.deepEqual(await held(), []);
    });

    test('permissions of a person', async () => {
      const { ana } = await the.members('staff');
      const made = await add('read/space', { type: 'user', identifier: ana });
      assert.ok((await held(ana)).includes('read/space'));
      await v1.spacePermissions.removePermission({ spaceKey, id: made.id });
      assert.deepEqual(await held(ana), []);
    });

    test('a wrong token adds no permission', async () => {
      const stranger = clientsOf(site, 'ATATT-not-a-token').v1;
      const subject = { type: 'group', identifier: writers };
      await assert.rejects(stranger.spacePermissions.addPermissionToSpace({ spaceKey, subject, operation: { key: 'read', target: 'space' } }), refusedWith(401));
      assert.deepEqual(await held(), []);
    });
  });
}

test('the audit found no drift', () => assert.deepEqual(drift(), []));
