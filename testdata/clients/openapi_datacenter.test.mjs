// A client generated from the document that Atlassian publishes for Data Center.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { ask, clientOf, missing } from './openapi.mjs';
import { serve } from './site.mjs';

const facts = `
+ exists user:ana@acme.example
+ exists group:staff
+ product group:staff = user
+ member group:staff user:ana@acme.example
`;

describe('a client of the published document for Data Center', { skip: missing }, () => {
  let site, dc;
  const clientWith = token => clientOf('datacenter-10.0.3.json', site.url, { Authorization: `Bearer ${token}` });
  before(async () => {
    site = await serve(facts, { dialect: 'datacenter' });
    dc = clientWith(site.token);
  });
  after(() => site?.stop());

  const pair = text => {
    const [targetType, operationKey] = text.split(' ');
    return { targetType, operationKey };
  };
  const pairs = rows => rows.map(r => `${r.operation.targetType} ${r.operation.operationKey}`).sort();

  test('the site takes writes', async () => {
    assert.equal(await ask(dc, 'getAccessModeStatus'), 'READ_WRITE');
  });

  test('groups and members', async () => {
    await ask(dc, 'post /rest/api/admin/group', null, { type: 'group', name: 'writers' });
    const names = async () => (await ask(dc, 'get /rest/api/group', { limit: 200 })).results.map(g => g.name);
    assert.ok((await names()).includes('writers'));
    const members = async groupName => (await ask(dc, 'getMembers', { groupName })).results.map(u => u.username);
    const [username] = await members('staff');
    await ask(dc, 'put /rest/api/user/{username}/group/{groupName}', { username, groupName: 'writers' });
    assert.deepEqual(await members('writers'), [username]);
    await ask(dc, 'delete /rest/api/user/{username}/group/{groupName}', { username, groupName: 'writers' });
    assert.deepEqual(await members('writers'), []);
  });

  test('global permissions', async () => {
    const held = async () => pairs(await ask(dc, 'getPermissionsGrantedToGroup', { groupName: 'writers' }));
    await ask(dc, 'grantPermissionsToGroup', { groupName: 'writers' }, [pair('application use'), pair('space create')]);
    assert.deepEqual(await held(), ['application use', 'space create']);
    await ask(dc, 'revokePermissionsFromGroup', { groupName: 'writers' }, [pair('space create')]);
    assert.deepEqual(await held(), ['application use']);
    await ask(dc, 'revokePermissionsFromGroup', { groupName: 'writers' }, [pair('application use')]);
    assert.deepEqual(await held(), []);
  });

  test('space permissions', async () => {
    await ask(dc, 'post /rest/api/space', null, { key: 'OPS', name: 'Operations' });
    const at = { spaceKey: 'OPS', groupName: 'writers' };
    const held = async () => pairs(await ask(dc, 'getPermissionsGrantedToGroup_1', at));
    assert.deepEqual(await held(), []);
    await ask(dc, 'grantPermissionsToGroup_1', at, [pair('space read'), pair('page create')]);
    assert.deepEqual(await held(), ['page create', 'space read']);
    await ask(dc, 'revokePermissionsFromGroup_1', at, [pair('page create')]);
    assert.deepEqual(await held(), ['space read']);
  });

  test('restrictions', async () => {
    const { homepage: { id } } = await ask(dc, 'get /rest/api/space/{spaceKey}', { spaceKey: 'OPS', expand: 'homepage' });
    const me = (await ask(dc, 'getCurrent')).username;
    const expand = 'restrictions.user,restrictions.group';
    const held = async () => (await ask(dc, 'forOperation', { id, operationKey: 'read', expand })).restrictions.user.results.map(u => u.username);
    await ask(dc, 'updateRestrictions', { id }, [{ operation: 'read', restrictions: { user: [{ type: 'known', username: me }] } }]);
    assert.deepEqual(await held(), [me]);
    await ask(dc, 'updateRestrictions', { id }, [{ operation: 'read', restrictions: { user: [], group: [] } }]);
    assert.deepEqual(await held(), []);
  });

  test('a wrong token is refused', async () => {
    assert.equal((await clientWith('not-a-token')('getCurrent')).status, 401);
  });
});
