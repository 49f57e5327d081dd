// Clients generated from the documents that Atlassian publishes: another
// author, another transport and another validator than confluence.js.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { answering } from './control.mjs';
import { ask, clientOf, met, missing } from './openapi.mjs';
import { serve } from './site.mjs';

// The places where the documents are wrong.
const knownWrong = [
  // Null on live sites for a space without an alias.
  'getSpaces 200 /results/N/currentActiveAlias type',
  // Live sites list more operations than these, and classes of people.
  'getSpacePermissionsAssignments 200 /results/N/operation/key enum',
  'getSpacePermissionsAssignments 200 /results/N/principal/type enum',
];

const basic = (site, token = site.token) => ({ Authorization: `Basic ${btoa(`${site.account}:${token}`)}` });
const v1Of = (site, ...token) => clientOf('cloud-v1.json', site.url, basic(site, ...token), knownWrong);
const v2Of = (site, ...token) => clientOf('cloud-v2.json', `${site.url}/wiki/api/v2`, basic(site, ...token), knownWrong);

const facts = `
+ exists user:ana@acme.example
+ exists user:bo@acme.example
+ exists group:staff
+ product group:staff = user
+ member group:staff user:ana@acme.example
+ member group:staff user:bo@acme.example
+ exists group:writers
+ exists space:ENG
+ name space:ENG = Engineering
+ role space:ENG group:staff = admin
`;

describe('clients of the published documents', { skip: missing }, () => {
  let site, v1, v2, organisation, accounts;
  before(async () => {
    site = await serve(facts);
    const bearer = { Authorization: `Bearer ${site.orgKey}` };
    v1 = v1Of(site);
    v2 = v2Of(site);
    organisation = clientOf('admin-organization-2022.json', `${site.url}/admin/v1`, bearer);
    accounts = clientOf('admin-user-management-2022.json', site.url, bearer);
  });
  after(() => site?.stop());

  const groupId = async name => (await ask(v1, 'searchGroups', { query: name })).results.find(g => g.name === name).id;
  const members = async id => (await ask(v1, 'getGroupMembersByGroupId', { groupId: id, limit: 200 })).results;
  const spaceId = async key => (await ask(v2, 'getSpaces', { keys: [key] })).results[0].id;
  const roleId = async name => (await ask(v2, 'getAvailableSpaceRoles', { limit: 250 })).results.find(r => r.name === name).id;

  test('a wrong answer is noticed', async () => {
    const answer = body => answering(body, url => clientOf('cloud-v2.json', url, {})('getSpaceRoleMode'));
    assert.equal((await answer({ mode: 'ROLES' })).data.mode, 'ROLES');
    await assert.rejects(answer({ mode: 'NONE' }), { name: 'AssertionError' });
  });

  test('groups and members', async () => {
    const made = await ask(v1, 'createGroup', null, { name: 'auditors' });
    assert.equal((await ask(v1, 'getGroupByGroupId', { id: made.id })).name, 'auditors');
    const ana = (await members(await groupId('staff'))).find(u => u.publicName === 'ana');
    await ask(v1, 'addUserToGroupByGroupId', { groupId: made.id }, { accountId: ana.accountId });
    assert.deepEqual((await members(made.id)).map(u => u.publicName), ['ana']);
    await ask(v1, 'removeMemberFromGroupByGroupId', { groupId: made.id, accountId: ana.accountId });
    assert.deepEqual(await members(made.id), []);
    await ask(v1, 'removeGroupById', { id: made.id });
    assert.equal((await v1('getGroupByGroupId', { id: made.id })).status, 404);
  });

  test('people', async () => {
    const people = await members(await groupId('staff'));
    const ids = people.map(u => u.accountId);
    const many = await ask(v1, 'getBulkUserLookup', { accountId: ids });
    assert.deepEqual(many.results.map(u => u.publicName).sort(), ['ana', 'bo']);
    const bulk = await ask(v2, 'createBulkUserLookup', null, { accountIds: ids });
    assert.deepEqual(bulk.results.map(u => u.accountId), ids);
    assert.equal((await ask(v1, 'getCurrentUser')).email, site.account);
  });

  test('spaces', async () => {
    const made = await ask(v2, 'createSpace', null, { name: 'Lab', key: 'LAB' });
    assert.equal((await ask(v2, 'getSpaceById', { id: made.id })).name, 'Lab');
    // A new space is everybody's to write in; what roles give shows as permissions.
    const rows = (await ask(v2, 'getSpacePermissionsAssignments', { id: made.id, limit: 250 })).results;
    assert.ok(rows.some(r => r.principal.id === 'all-licensed-users' && r.operation.key === 'create'));
    await ask(v1, 'updateSpace', { spaceKey: 'LAB' }, { name: 'Laboratory' });
    assert.equal((await ask(v2, 'getSpaceById', { id: made.id })).name, 'Laboratory');
    const task = await ask(v1, 'deleteSpace', { spaceKey: 'LAB' });
    assert.equal((await ask(v1, 'getTask', { id: task.id })).finished, true);
    assert.equal((await v2('getSpaceById', { id: made.id })).status, 404);
  });

  test('roles and role assignments', async () => {
    assert.equal((await ask(v2, 'getSpaceRoleMode')).mode, 'ROLES');
    const catalogue = (await ask(v2, 'getAvailableSpacePermissions', { limit: 250 })).results.map(p => p.id);
    assert.ok(catalogue.includes('read/space'));
    const role = await ask(v2, 'createSpaceRole', null, { name: 'Reviewer', description: 'Reads', spacePermissions: ['read/space'] });
    const id = await spaceId('ENG');
    const principal = { principalType: 'GROUP', principalId: await groupId('writers') };
    const held = async () => (await ask(v2, 'getSpaceRoleAssignments', { id, 'principal-type': 'GROUP', 'principal-id': principal.principalId })).results;
    await ask(v2, 'setSpaceRoleAssignments', { id }, [{ principal, roleId: role.id }]);
    assert.deepEqual(await held(), [{ principal, roleId: role.id }]);
    await ask(v2, 'setSpaceRoleAssignments', { id }, [{ principal, roleId: await roleId('Viewer') }]);
    assert.deepEqual(await held(), [{ principal, roleId: await roleId('Viewer') }]);
    await ask(v2, 'setSpaceRoleAssignments', { id }, [{ principal }]);
    assert.deepEqual(await held(), []);
    const gone = await ask(v2, 'deleteSpaceRole', { id: role.id });
    assert.equal((await ask(v1, 'getTask', { id: gone.taskId })).successful, true);
    assert.equal((await v2('getSpaceRolesById', { id: role.id })).status, 404);
  });

  test('restrictions', async () => {
    // Whoever makes a space is its admin.
    await ask(v2, 'createSpace', null, { name: 'Documents', key: 'DOC' });
    const { results: [{ homepageId: id }] } = await ask(v2, 'getSpaces', { keys: ['DOC'] });
    const me = (await ask(v1, 'getCurrentUser')).accountId;
    const writers = await groupId('writers');
    const expand = ['restrictions.user', 'restrictions.group'];
    const held = async () => (await ask(v1, 'getRestrictions', { id, expand })).results
      .map(r => [r.operation, r.restrictions.user.results.map(u => u.accountId), r.restrictions.group.results.map(g => g.id)]);
    await ask(v1, 'updateRestrictions', { id }, [
      { operation: 'read', restrictions: { user: [{ type: 'known', accountId: me }], group: [{ type: 'group', id: writers }] } },
    ]);
    assert.deepEqual(await held(), [['read', [me], [writers]], ['update', [], []]]);
    await ask(v1, 'removeGroupFromContentRestriction', { id, operationKey: 'read', groupId: writers });
    assert.deepEqual(await held(), [['read', [me], []], ['update', [], []]]);
    const found = await ask(v1, 'searchContentByCQL', { cql: 'space=DOC and type=page', expand: ['restrictions.read.restrictions.user', 'ancestors'] });
    assert.deepEqual(found.results[0].restrictions.read.restrictions.user.results.map(u => u.accountId), [me]);
    await ask(v1, 'deleteRestrictions', { id });
    assert.deepEqual(await held(), [['read', [], []], ['update', [], []]]);
  });

  test('the organisation and its accounts', async () => {
    assert.deepEqual((await ask(organisation, 'getOrgs')).data.map(o => o.id), [site.org]);
    assert.equal((await ask(organisation, 'getOrgById', { orgId: site.org })).data.id, site.org);
    const listed = await ask(organisation, 'getUsers', { orgId: site.org });
    assert.ok(listed.data.some(u => u.email === 'bo@acme.example'));
    await ask(organisation, 'getDomains', { orgId: site.org });
    await ask(organisation, 'getEventActions', { orgId: site.org });
    const bo = (await members(await groupId('staff'))).find(u => u.publicName === 'bo').accountId;
    const status = async () => (await ask(v2, 'createBulkUserLookup', null, { accountIds: [bo] })).results[0].accountStatus;
    await ask(accounts, 'get /users/{account_id}/manage', { account_id: bo });
    await ask(accounts, 'post /users/{account_id}/manage/lifecycle/disable', { account_id: bo }, { message: 'on leave' });
    assert.equal(await status(), 'inactive');
    await ask(accounts, 'post /users/{account_id}/manage/lifecycle/enable', { account_id: bo });
    assert.equal(await status(), 'active');
    assert.ok((await ask(organisation, 'getEvents', { orgId: site.org })).data.length >= 2);
  });

  test('a wrong token is refused', async () => {
    const wrong = 'ATATT-not-a-token';
    assert.equal((await v1Of(site, wrong)('getCurrentUser')).status, 401);
    assert.equal((await v2Of(site, wrong)('getSpaces')).status, 401);
    const key = { Authorization: 'Bearer ATCTT-not-a-key' };
    assert.equal((await clientOf('admin-organization-2022.json', `${site.url}/admin/v1`, key)('getOrgs')).status, 401);
  });
});

describe('clients of the published documents, on a site from before roles', { skip: missing }, () => {
  let site;
  before(async () => { site = await serve(facts.replace(/.*space:ENG.*\n/g, ''), { roleMode: 'PRE_ROLES' }); });
  after(() => site?.stop());

  test('permissions', async () => {
    const [v1, v2] = [v1Of(site), v2Of(site)];
    const { id } = await ask(v1, 'createSpace', null, { name: 'Operations', key: 'OPS' });
    const group = (await ask(v1, 'searchGroups', { query: 'writers' })).results[0].id;
    const held = async () => (await ask(v2, 'getSpacePermissionsAssignments', { id, limit: 250 })).results
      .filter(r => r.principal.id === group).map(r => `${r.operation.key}/${r.operation.targetType}`).sort();
    const made = await ask(v1, 'addPermissionToSpace', { spaceKey: 'OPS' }, { subject: { type: 'group', identifier: group }, operation: { key: 'read', target: 'space' } });
    assert.deepEqual(await held(), ['export_content/space', 'read/space']);
    await ask(v1, 'removePermission', { spaceKey: 'OPS', id: made.id });
    assert.deepEqual(await held(), []);
  });
});

// The tests of a file run from top to bottom: this is the sum of them all.
test('the documents are still wrong where they were', { skip: missing }, () => {
  assert.deepEqual(knownWrong.filter(w => !met.has(w)), []);
});
